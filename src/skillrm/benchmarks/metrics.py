"""Marks of rows, and how they are summed up: two named columns, each by subset and overall."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum
from typing import Literal

from pydantic import Field

from skillrm.benchmarks.labelled import Key
from skillrm.benchmarks.statistics import Interval, bootstrap, mean, wilson
from skillrm.types import Access, Frozen

Across = Literal["rows", "subsets"]


@dataclass(frozen=True, slots=True)
class Mark:
    """What one row scores."""

    key: Key
    upstream: float
    """By upstream's rule, whatever it makes of an answer that is missing."""
    headline: float
    """Ours: a row without an answer is not correct, a sure tie earns what a draw among the tied would."""
    decided: bool
    """The judge answered, rightly or not."""


class Line(Frozen):
    """The marks of one subset; shares in [0, 1] unless the benchmark says otherwise."""

    n: int
    upstream: float
    headline: float
    low: float
    """95 % interval of `headline`."""
    high: float
    coverage: float
    """Share of rows with an answer."""


class Metrics(Frozen):
    """All numbers of one benchmark run; what stands in `metrics.json`."""

    benchmark: str
    mode: str
    access: Access = "open"
    overall: Line
    subsets: dict[str, Line]
    figures: dict[str, float] = Field(default_factory=dict)
    """Further numbers by name, such as `position_consistency`."""


def line(marks: Sequence[Mark]) -> Line:
    """One subset. Raises `ValueError` without marks."""
    values = [mark.headline for mark in marks]
    binary = all(value in (0.0, 1.0) for value in values)
    around = wilson(round(fsum(values)), len(values)) if binary else bootstrap([values])
    return _line(marks, mean([mark.upstream for mark in marks]), mean(values), around)


def by_subset(marks: Sequence[Mark]) -> dict[str, list[Mark]]:
    """Marks by subset, in the order in which the subsets first come."""
    groups: dict[str, list[Mark]] = {}
    for mark in marks:
        groups.setdefault(mark.key[0], []).append(mark)
    return groups


def overall(marks: Sequence[Mark], across: Across, lines: Mapping[str, Line] | None = None) -> Line:
    """All rows alike, or the unweighted mean of the subsets; `lines` where those are not means of their rows."""
    if across == "rows":
        return line(marks)
    groups = by_subset(marks)
    lines = lines or {name: line(group) for name, group in groups.items()}
    around = bootstrap([[mark.headline for mark in group] for group in groups.values()])
    if around.low == around.high:  # all alike within each subset: resampling shows no doubt where there is some
        around = Interval(mean([one.low for one in lines.values()]), mean([one.high for one in lines.values()]))
    upstream, headline = (mean([getattr(one, column) for one in lines.values()]) for column in ("upstream", "headline"))
    return _line(marks, upstream, headline, around)


def metrics(
    benchmark: str, mode: str, marks: Sequence[Mark], across: Across, figures: Mapping[str, float] | None = None
) -> Metrics:
    """Sum up a benchmark whose subsets are means of their rows."""
    return Metrics(
        benchmark=benchmark,
        mode=mode,
        overall=overall(marks, across),
        subsets={name: line(group) for name, group in by_subset(marks).items()},
        figures=dict(figures or {}),
    )


def _line(marks: Sequence[Mark], upstream: float, headline: float, around: Interval) -> Line:
    return Line(
        n=len(marks),
        upstream=upstream,
        headline=headline,
        low=around.low,
        high=around.high,
        coverage=sum(mark.decided for mark in marks) / len(marks),
    )
