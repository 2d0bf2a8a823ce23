"""Choices counted from outcomes: pairs need both orders, rows need a top of one kind, and some rows offer no choice."""

from __future__ import annotations

import pytest

from skillrm.benching.choices import claims, counted
from skillrm.benchmarks import Label, Outcome, Result

PAIR = Label(given=("A", "B"), right=frozenset("A"), better=(("A", "B"),))


def pair(*winners: str | None, sizes=None, scores=None):
    shown = (("A", "B"), ("B", "A"))
    outcomes = tuple(
        Outcome(order, winner=one, scores=scores or dict.fromkeys("AB", None))
        for order, one in zip(shown, winners, strict=False)
    )
    return Result(("s", "1"), PAIR, outcomes, sizes or {"A": 5, "B": 9})


def counts(*results: Result):
    found = counted(results)
    return found.right, found.wrong, found.undecided


def test_a_pair_is_decided_when_both_orders_agree():
    assert counts(pair("A", "A")) == (1, 0, 0)
    assert counts(pair("B", "B")) == (0, 1, 0)
    assert counts(pair("A", "B")) == (0, 0, 1)
    assert counts(pair("A", None)) == (0, 0, 1)


def test_the_longest_answer_earns_its_share_where_several_are():
    assert counted([pair("A", "A")]).longest == 0
    assert counted([pair("A", "A", sizes={"A": 9, "B": 9})]).longest == 0.5


def selection(worth, scores, winner=None):
    right = frozenset(name for name, value in worth.items() if value == 1)
    outcome = Outcome(tuple(worth), winner=winner, scores=scores)
    return Result(("s", "1"), Label(tuple(worth), right, worth=worth), (outcome,), dict.fromkeys(worth, 1))


def test_a_row_is_right_when_all_at_the_top_are_and_undecided_when_only_some_are():
    worth = {"A": 1.0, "B": 1.0, "C": 0.0}
    assert counts(selection(worth, {"A": 0.9, "B": 0.9, "C": 0.1})) == (1, 0, 0)
    assert counts(selection(worth, {"A": 0.9, "B": 0.2, "C": 0.9})) == (0, 0, 1)
    assert counts(selection(worth, {"A": 0.1, "B": 0.2, "C": 0.9})) == (0, 1, 0)
    assert counts(selection(worth, dict.fromkeys("ABC", None))) == (0, 0, 1)
    assert counted([selection(worth, {"A": 0.9, "B": 0.9, "C": 0.1})]).random == pytest.approx(2 / 3)


def test_a_row_whose_answers_are_all_alike_offers_no_choice():
    for value in (0.0, 1.0):
        assert counted([selection(dict.fromkeys("ABC", value), dict.fromkeys("ABC", 0.5))]).n == 0


def test_pairs_by_scores_where_each_was_scored_alone():
    alone = (Outcome(("A",), scores={"A": 0.8}), Outcome(("B",), scores={"B": 0.3}))
    assert counts(Result(("s", "1"), PAIR, alone)) == (1, 0, 0)
    unknown = (Outcome(("A",), scores={"A": 0.8}), Outcome(("B",), "abstained", scores={"B": None}))
    assert counts(Result(("s", "1"), PAIR, unknown)) == (0, 0, 1)


def test_two_scores_claim_one_half_and_half_their_difference():
    of, found = claims([pair("A", "B", scores={"A": 0.9, "B": 0.5})])
    assert of == "pairs"
    assert found == [(pytest.approx(0.7), True), (pytest.approx(0.7), False)]


def test_a_score_claims_that_the_answer_is_right_where_right_is_absolute():
    of, found = claims([selection({"A": 1.0, "B": 0.0}, {"A": 0.9, "B": None})])
    assert of == "answers"
    assert found == [(0.9, True)]
