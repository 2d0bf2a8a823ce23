"""Intervals, comparison of two runs, agreement. Pure; whatever draws is seeded."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import comb, fsum, sqrt
from statistics import NormalDist

RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Interval:
    """Confidence interval, both ends included."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """A second run against a first one, on the rows that both have."""

    n: int
    first: float
    second: float
    difference: float
    """Mean of second minus first."""
    interval: Interval
    """95 % by paired bootstrap."""
    gained: int
    """Rows right in the second run only; a row is right from one half on."""
    lost: int
    p: float
    """Two-sided exact McNemar test of gained against lost."""


def mean(values: Sequence[float]) -> float:
    """Arithmetic mean, exactly summed. Raises `ValueError` when empty."""
    if not values:
        raise ValueError("the mean of no values")
    return fsum(values) / len(values)


def wilson(successes: int, n: int, level: float = 0.95) -> Interval:
    """Wilson score interval of a share (Wilson 1927). Raises `ValueError` unless 0 <= successes <= n, n > 0."""
    if not 0 <= successes <= n or n == 0:
        raise ValueError(f"{successes} of {n} is no share")
    z = NormalDist().inv_cdf(0.5 + level / 2)
    share, spread = successes / n, z * z / n
    centre = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * sqrt(share * (1 - share) / n + spread / (4 * n))
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    return Interval(low, 1.0 if successes == n else min(1.0, centre + half))


def bootstrap(
    strata: Sequence[Sequence[float]], *, level: float = 0.95, resamples: int = RESAMPLES, seed: int = 0
) -> Interval:
    """Percentile bootstrap of the mean of the strata's means, resampled within each stratum; one stratum: the mean."""
    drawn = random.Random(seed)
    means = sorted(
        fsum(fsum(drawn.choices(values, k=len(values))) / len(values) for values in strata) / len(strata)
        for _ in range(resamples)
    )
    tail = (1 - level) / 2
    return Interval(quantile(means, tail), quantile(means, 1 - tail))


def quantile(ordered: Sequence[float], share: float) -> float:
    """Linear interpolation between the order statistics of sorted values, `share` in [0, 1]."""
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def mcnemar(gained: int, lost: int) -> float:
    """Two-sided exact p: as many or more one-sided changes of `gained + lost` fair coin tosses."""
    n = gained + lost
    if n == 0:
        return 1.0
    tail = sum(comb(n, k) for k in range(min(gained, lost) + 1))
    return min(1.0, float(Fraction(2 * tail, 2**n)))


def compare(
    first: Mapping[Hashable, float], second: Mapping[Hashable, float], *, resamples: int = RESAMPLES, seed: int = 0
) -> Comparison:
    """Two runs row by row, by key; rows that only one has are left out. Raises `ValueError` without common rows."""
    keys = [key for key in first if key in second]
    if not keys:
        raise ValueError("the two runs have no row in common")
    differences = [second[key] - first[key] for key in keys]
    gained = sum(first[key] < 0.5 <= second[key] for key in keys)
    lost = sum(second[key] < 0.5 <= first[key] for key in keys)
    return Comparison(
        n=len(keys),
        first=mean([first[key] for key in keys]),
        second=mean([second[key] for key in keys]),
        difference=mean(differences),
        interval=bootstrap([differences], resamples=resamples, seed=seed),
        gained=gained,
        lost=lost,
        p=mcnemar(gained, lost),
    )


def kappa(one: Sequence[Hashable], other: Sequence[Hashable]) -> float | None:
    """Cohen's kappa of two raters; None where chance alone agrees always. Raises `ValueError` on unequal lengths."""
    if len(one) != len(other) or not one:
        raise ValueError(f"{len(one)} and {len(other)} ratings cannot be paired")
    n = len(one)
    agreed = sum(a == b for a, b in zip(one, other, strict=True)) / n
    left, right = Counter(one), Counter(other)
    chance = sum(left[word] * right[word] for word in left) / (n * n)
    return None if chance == 1 else (agreed - chance) / (1 - chance)
