"""What a judge leans to besides the truth."""

from __future__ import annotations

import pytest

from skillrm.benchmarks import Label, LabelledSample, Outcome, Result
from skillrm.benchmarks.tendencies import (
    Positions,
    lean,
    length_bias,
    markup,
    position_consistency,
    self_consistency,
)
from skillrm.types import Candidate, Sample

PAIR = (("A", "B"), ("B", "A"))


def result(right: str, choices: tuple[str | None, str | None], sizes: dict[str, int], key: str = "1") -> Result:
    outcomes = tuple(
        Outcome(shown, winner=choice) if choice else Outcome(shown, "abstained")
        for shown, choice in zip(PAIR, choices, strict=True)
    )
    return Result(("s", key), Label(given=("A", "B"), right=frozenset(right)), outcomes, sizes)


def test_a_judge_that_takes_the_longer_one_is_biased_by_how_often_that_is_wrong():
    rows = [result("A", ("A", "A"), {"A": 90, "B": 10}), result("B", ("A", "A"), {"A": 90, "B": 10})]
    found = length_bias(rows)
    assert (found.n, found.chosen, found.right, found.bias) == (4, 1.0, 0.5, 0.5)
    assert (found.accuracy_more, found.accuracy_less) == (1.0, 0.0)


def test_a_perfect_judge_is_not_biased_even_where_the_longer_one_is_mostly_right():
    rows = [result("A", ("A", "A"), {"A": 90, "B": 10})] * 3 + [result("B", ("B", "B"), {"A": 90, "B": 10})]
    found = length_bias(rows)
    assert (found.chosen, found.right, found.bias) == (0.75, 0.75, 0.0)


def test_equal_lengths_and_missing_choices_say_nothing_of_length():
    assert length_bias([result("A", ("A", "A"), {"A": 5, "B": 5}), result("A", (None, None), {"A": 9, "B": 5})]) is None


def test_style_is_counted_in_markdown_marks():
    answers = {"A": "# Title\n- one\n- two\n**bold** word", "B": "Plain words, 2 * 3 * 4, and a - b."}
    candidates = tuple(Candidate(label=name, text=text) for name, text in answers.items())
    item = LabelledSample(Sample(prompt="p", candidates=candidates), "s", Label(given=("A", "B")))
    found = markup([item])[item.key]
    assert found["A"] == pytest.approx(1000 * 4 / len(answers["A"]))
    assert found["B"] == 0
    assert lean([result("B", ("A", "A"), {})], lambda _: found).bias == 1.0


def test_position_consistency_counts_agreement_and_which_place_wins():
    rows = [
        result("A", ("A", "A"), {}),
        result("A", ("A", "B"), {}),
        result("A", ("B", "A"), {}),
        result("A", ("B", "B"), {}),
        result("A", ("A", None), {}),
    ]
    assert position_consistency(rows) == Positions(pairs=4, consistent=0.5, first=0.25, second=0.25)
    assert position_consistency([rows[-1]]) is None


def test_a_tie_in_both_orders_is_consistent():
    tie = Outcome(("A", "B"), scores={"A": 0.5, "B": 0.5}), Outcome(("B", "A"), scores={"A": 0.5, "B": 0.5})
    row = Result(("s", "1"), Label(given=("A", "B"), right=frozenset("A")), tie)
    assert position_consistency([row]) == Positions(1, 1.0, 0.0, 0.0)


def test_self_consistency_is_the_agreement_of_two_runs_on_a_row():
    one, two = ("s", "1"), ("s", "2")
    runs = [{one: "A", two: "A"}, {one: "A", two: "B"}, {one: "A", two: "A"}]
    assert self_consistency(runs) == pytest.approx((1 + 1 / 3) / 2)
    assert self_consistency([{one: "A"}, {one: None}]) is None
