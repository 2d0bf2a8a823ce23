"""Two answers in both orders: JudgeBench's vote, LLMBar's mean, and unanimity."""

from __future__ import annotations

import pytest

from skillrm.benchmarks import Label, Outcome, Result, find
from skillrm.benchmarks.pairs import pair_figures

TIE = "tie"


def judged(*choices: str | None) -> Result:
    """A is right; the choice in the given order, then in the other."""
    orders = (("A", "B"), ("B", "A"))
    return Result(
        ("s", "1"),
        Label(given=("A", "B"), right=frozenset("A")),
        tuple(outcome(choice, shown) for choice, shown in zip(choices, orders, strict=False)),
    )


def outcome(choice: str | None, shown: tuple[str, str]) -> Outcome:
    if choice is None:
        return Outcome(shown, "failed")
    return Outcome(shown, scores=dict.fromkeys(shown, 0.5)) if choice == TIE else Outcome(shown, winner=choice)


@pytest.mark.parametrize(
    ("choices", "vote", "single", "unanimous", "decided"),
    [
        (("A", "A"), 1.0, 1.0, 1.0, True),
        (("A", "B"), 0.0, 0.5, 0.0, True),
        (("B", "B"), 0.0, 0.0, 0.0, True),
        (("A", TIE), 1.0, 0.5, 0.0, True),
        ((TIE, TIE), 0.0, 0.0, 0.0, True),
        (("A", None), 1.0, 0.5, 0.0, False),
        (("B", None), 0.0, 0.0, 0.0, False),
        ((None, None), 0.0, 0.0, 0.0, False),
        (("A",), 1.0, 1.0, 0.0, False),
    ],
)
def test_right_and_null_is_correct_upstream_and_not_here(choices, vote, single, unanimous, decided):
    result = judged(*choices)
    mark = find("judgebench").mark(result)
    assert (mark.upstream, mark.headline, mark.decided) == (vote, unanimous, decided)
    assert find("llmbar").mark(result).upstream == single


def test_a_single_order_counts_a_tie_half_and_silence_nothing():
    assert pair_figures([judged("A", TIE)])["single_order"] == 0.75
    assert pair_figures([judged("A", None)])["single_order"] == 0.5


def test_consistency_is_over_pairs_with_two_answers():
    figures = pair_figures([judged("A", "A"), judged("A", "B"), judged("A", None)])
    assert figures["position_consistency"] == 0.5
    assert figures["first_shown_chosen"] == 4 / 5  # all but the second order of the first pair


def test_silence_has_no_consistency_at_all():
    assert pair_figures([judged(None, None)]) == {"single_order": 0.0}
