"""Does a stated confidence come true? Reliability bins, expected calibration error, Brier score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum

from skillrm.benchmarks.outcome import Result
from skillrm.benchmarks.statistics import Interval, wilson

Claim = tuple[float, bool]
"""(confidence in [0, 1], whether it was right)."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Claims of similar confidence: one bar of the reliability diagram."""

    low: float
    high: float
    n: int
    confidence: float
    """Mean confidence of the claims."""
    accuracy: float
    interval: Interval
    """95 % of the accuracy."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Bins without claims are left out."""

    n: int
    bins: tuple[Bin, ...]
    ece: float
    """Mean of |confidence - accuracy| over the bins, by their size."""
    worst: float
    """The largest of them."""
    brier: float
    """Mean squared error of the confidence; lower is better."""


def claims_of_scores(results: Sequence[Result]) -> list[Claim]:
    """Every score in [0, 1] as the confidence that the candidate is right."""
    return [
        (score, name in result.label.right)
        for result in results
        for name, score in result.scores.items()
        if score is not None
    ]


def claims_of_choices(results: Sequence[Result]) -> list[Claim]:
    """Every choice between two scored candidates: confidence 0.5 plus half the lead, in [0.5, 1]."""
    found = []
    for result in results:
        for outcome in result.outcomes:
            scores = [score for name in outcome.shown if (score := outcome.scores.get(name)) is not None]
            if outcome.choice is not None and len(outcome.shown) == len(scores) == 2:
                lead = max(scores) - min(scores)
                found.append((0.5 + lead / 2, outcome.choice in result.label.right))
    return found


def calibration(claims: Sequence[Claim], bins: int = 10) -> Calibration:
    """Equal-width bins: (0, w], (w, 2w], ...; 0 falls into the first. Raises `ValueError` for claims outside [0, 1]."""
    if not claims or not all(0 <= confidence <= 1 for confidence, _ in claims):
        raise ValueError("calibration needs confidences in [0, 1], at least one")
    groups: dict[int, list[Claim]] = {}
    for confidence, right in claims:
        place = next(place for place in range(bins) if confidence <= (place + 1) / bins or place == bins - 1)
        groups.setdefault(place, []).append((confidence, right))
    found = tuple(_bin(place, bins, group) for place, group in sorted(groups.items()))
    gaps = [abs(one.confidence - one.accuracy) for one in found]
    return Calibration(
        n=len(claims),
        bins=found,
        ece=fsum(one.n * gap for one, gap in zip(found, gaps, strict=True)) / len(claims),
        worst=max(gaps),
        brier=fsum((confidence - right) ** 2 for confidence, right in claims) / len(claims),
    )


def _bin(place: int, bins: int, claims: Sequence[Claim]) -> Bin:
    right = sum(one for _, one in claims)
    confidence = fsum(one for one, _ in claims) / len(claims)
    around = wilson(right, len(claims))
    return Bin(place / bins, (place + 1) / bins, len(claims), confidence, right / len(claims), around)
