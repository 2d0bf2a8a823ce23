"""JETTS: what is kept of up to ten answers."""

from __future__ import annotations

import pytest

from skillrm.benchmarks import Label, Outcome, Result, find
from skillrm.benchmarks.jetts import by_wins

LABEL = Label(given=("A", "B", "C"), worth={"A": 1.0, "B": 0.0, "C": 0.5})
PAIRS = (("A", "B"), ("A", "C"), ("B", "C"))


def matches(*winners: str | None) -> Result:
    outcomes = tuple(
        Outcome(shown, winner=winner) if winner else Outcome(shown, "failed")
        for shown, winner in zip(PAIRS, winners, strict=True)
    )
    return Result(("s", "1"), LABEL, outcomes)


@pytest.mark.parametrize(
    ("winners", "top"),
    [(("A", "A", "B"), "A"), (("A", "C", "B"), "ABC"), (("B", None, None), "B"), ((None, None, None), "")],
)
def test_round_robin_keeps_who_wins_most(winners, top):
    assert by_wins(matches(*winners)) == frozenset(top)


def test_a_cycle_is_worth_its_mean_and_silence_is_a_draw_upstream_and_nothing_here():
    mark = find("jetts", "round-robin").mark
    assert mark(matches("A", "C", "B")).upstream == mark(matches("A", "C", "B")).headline == pytest.approx(0.5)
    silent = mark(matches(None, None, None))
    assert (silent.upstream, silent.headline, silent.decided) == (pytest.approx(0.5), 0.0, False)


def test_the_lines_without_a_judge():
    result = Result(("s", "1"), LABEL, (Outcome(LABEL.given, winner="C"),), {"A": 1, "B": 9, "C": 9})
    figures = find("jetts").figures([result])
    assert figures == {"random": 0.5, "first": 1.0, "longest": 0.25, "oracle": 1.0}
    assert find("jetts").mark(result).headline == 0.5


@pytest.mark.data
def test_the_lines_of_the_real_rows(real):
    benchmark = find("jetts")
    items = real(benchmark)
    figures = benchmark.figures([Result.of(item, []) for item in items])
    assert figures["random"] == pytest.approx(295 / 1640)
    assert figures["random"] < figures["oracle"] < 1
    assert all(len(item.sample.candidates) == 10 for item in items)
