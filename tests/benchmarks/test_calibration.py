"""Confidence against truth."""

from __future__ import annotations

import pytest

from skillrm.benchmarks import Label, Outcome, Result
from skillrm.benchmarks.calibration import calibration, claims_of_choices, claims_of_scores


def test_confidence_that_comes_true_has_no_error():
    claims = [(0.75, True)] * 3 + [(0.75, False)] + [(0.25, True)] + [(0.25, False)] * 3
    found = calibration(claims, bins=2)
    assert (found.ece, found.worst, found.n) == (0.0, 0.0, 8)
    assert found.brier == pytest.approx(0.75 * 0.25)
    assert [(one.low, one.high, one.n, one.accuracy) for one in found.bins] == [(0, 0.5, 4, 0.25), (0.5, 1, 4, 0.75)]


def test_the_error_is_the_gap_of_each_bin_by_its_size():
    claims = [(0.95, True), (0.95, False), (0.65, True)]
    found = calibration(claims)
    assert found.ece == pytest.approx((2 * 0.45 + 0.35) / 3)
    assert found.worst == pytest.approx(0.45)


def test_a_bin_holds_its_upper_end_and_zero_is_in_the_first():
    found = calibration([(0.0, False), (0.1, False), (0.3, True), (1.0, True)])
    assert [(round(one.low, 1), one.n) for one in found.bins] == [(0.0, 2), (0.2, 1), (0.9, 1)]


def test_every_accuracy_has_its_interval():
    (bar,) = calibration([(0.9, True)] * 10).bins
    assert bar.interval.low < 0.9 < bar.interval.high == 1.0


@pytest.mark.parametrize("claims", [[], [(1.2, True)], [(-0.1, False)]])
def test_what_is_no_confidence_is_refused(claims):
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        calibration(claims)


def row(*outcomes: Outcome) -> Result:
    return Result(("s", "1"), Label(given=("A", "B"), right=frozenset("A")), outcomes)


def test_a_choice_is_as_confident_as_its_lead():
    ahead = Outcome(("A", "B"), winner="A", scores={"A": 0.9, "B": 0.5})
    behind = Outcome(("B", "A"), winner="B", scores={"A": 0.0, "B": 1.0})
    assert claims_of_choices([row(ahead, behind)]) == [(pytest.approx(0.7), True), (1.0, False)]


def test_ties_and_silence_claim_nothing():
    tie = Outcome(("A", "B"), scores={"A": 0.5, "B": 0.5})
    assert claims_of_choices([row(tie, Outcome(("B", "A"), "failed"))]) == []


def test_every_known_score_claims_that_its_candidate_is_right():
    outcome = Outcome(("A", "B"), scores={"A": 0.9, "B": None})
    assert claims_of_scores([row(outcome)]) == [(0.9, True)]
