"""Choices of raters, and how far they agree."""

from __future__ import annotations

import pytest

from skillrm.benching.agreement import TIE, agreement, choice, choices, gold, human
from skillrm.benchmarks import Label, Outcome, Result
from skillrm.errors import InputError


def row(identity: str, outcomes, given=("B", "A")):
    return Result(("s", identity), Label(given, frozenset(given[:1])), tuple(outcomes))


def test_a_judge_takes_what_every_order_names_and_else_has_a_tie():
    both = [Outcome(("A", "B"), winner="A"), Outcome(("B", "A"), winner="A")]
    assert choice(row("1", both)) == "A"
    assert choice(row("1", [both[0], Outcome(("B", "A"), winner="B")])) == TIE
    assert choice(row("1", [both[0], Outcome(("B", "A"), "abstained")])) == TIE
    assert choice(row("1", [Outcome(("A",), scores={"A": 0.1}), Outcome(("B",), scores={"B": 0.4})])) == "B"


def test_rows_of_which_only_pairs_were_asked_are_left_out():
    pairs = row("1", [Outcome(("A", "B"), winner="A")], given=("A", "B", "C"))
    assert choices([pairs]) == {}


def test_kappa_is_one_for_equal_choices_and_about_zero_for_unrelated_ones():
    keys = [("s", str(n)) for n in range(40)]
    one = {key: "AB"[n % 2] for n, key in enumerate(keys)}
    other = {key: "AB"[n // 2 % 2] for n, key in enumerate(keys)}
    assert agreement(one, one).kappa == 1
    assert agreement(one, other).kappa == pytest.approx(0)
    assert agreement(one, other).alike == 0.5
    assert agreement(one, {("other", "1"): "A"}) is None


def test_people_name_the_place_in_the_data(tmp_path):
    results = [row("1", []), row("2", []), row("3", [])]
    path = tmp_path / "people.jsonl"
    path.write_text('{"id": "1", "choice": 1}\n{"id": "2", "subset": "s", "choice": 2}\n{"id": "3", "choice": null}\n')
    assert human(path, results) == {("s", "1"): "B", ("s", "2"): "A", ("s", "3"): TIE}
    assert gold(results)["s", "1"] == "B"


def test_an_id_of_two_subsets_needs_the_subset(tmp_path):
    twice = [row("1", []), Result(("t", "1"), Label(("A", "B")), ())]
    path = tmp_path / "people.jsonl"
    path.write_text('{"id": "1", "choice": 1}\n')
    with pytest.raises(InputError, match="1 stands in s, t"):
        human(path, twice)
