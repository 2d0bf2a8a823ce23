"""IF-RewardBench's numbers: Kendall's tau of the preference graph, from checked constraints or from Elo."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from skillrm.benchmarks.benchmark import Benchmark
from skillrm.benchmarks.graph import Edge, Kept, elo, f1, kept
from skillrm.benchmarks.if_rewardbench import CHECK, TYPES, UPSTREAM, asked_once, label, rows_with_positions
from skillrm.benchmarks.metrics import Mark, Metrics, metrics
from skillrm.benchmarks.outcome import Result, apart
from skillrm.benchmarks.statistics import mean

SEED = 42
"""Upstream seeds Python's `random` with it once a run."""


@dataclass(frozen=True, slots=True)
class Graded:
    """One instruction under both rules."""

    result: Result
    upstream: Kept
    headline: Kept
    answered: float
    """Share of what was asked that has an answer."""
    f1: tuple[float, float] = (0.0, 0.0)
    """Positive and negative F1 of the constraint labels, upstream's rule."""
    strict_f1: tuple[float, float] = (0.0, 0.0)

    @property
    def mark(self) -> Mark:
        return Mark(self.result.key, self.upstream.kendall, self.headline.kendall, self.answered == 1)


def constraint(result: Result) -> Graded:
    """Each answer scores the mean of its constraint labels.

    Upstream takes a missing label for satisfied; ours takes it for wrong, and the edges of that answer for tied.
    """
    gold = result.label.followed
    said = {name: _labels(result, name, len(labels)) for name, labels in gold.items()}
    padded = {name: [True if one is None else one for one in labels] for name, labels in said.items()}
    scores = {name: mean([float(one) for one in labels]) for name, labels in padded.items()}
    known = {name for name, labels in said.items() if None not in labels}
    pairs = [(one, right) for name, labels in gold.items() for one, right in zip(said[name], labels, strict=True)]
    truth = [right for _, right in pairs]
    lenient = [True if one is None else one for one, _ in pairs]
    strict = [not right if one is None else one for one, right in pairs]
    edges = result.label.better
    return Graded(
        result,
        kept(edges, scores),
        kept(edges, scores, lambda edge: known.issuperset(edge)),
        mean([float(one is not None) for one, _ in pairs]),
        (f1(lenient, truth, True), f1(lenient, truth, False)),
        (f1(strict, truth, True), f1(strict, truth, False)),
    )


def _labels(result: Result, name: str, size: int) -> list[bool | None]:
    cells = {
        criterion: score
        for outcome in result.outcomes
        if outcome.status != "failed"
        for criterion, score in outcome.cells.get(name, {}).items()
    }
    scores = [cells.get(f"{CHECK}{n}") for n in range(1, size + 1)]
    return [None if score is None else score == 1 for score in scores]


def overall(result: Result, drawn: random.Random) -> Graded:
    """Elo from the verdicts; in ours an edge whose own pair has no verdict counts as tied."""
    by_shown = {outcome.shown: outcome for outcome in result.outcomes}
    verdicts: list[Edge] = []
    for one, two in result.label.asked:
        choice = by_shown[one, two].choice if (one, two) in by_shown else None
        if choice is not None:
            verdicts.append((one, two) if choice == one else (two, one))
    ratings = elo(result.label.given, verdicts, drawn)
    answered = {frozenset(shown) for shown, outcome in by_shown.items() if outcome.top}
    edges = result.label.better
    return Graded(
        result,
        kept(edges, ratings),
        kept(edges, ratings, lambda edge: frozenset(edge) in answered),
        mean([float(frozenset(pair) in answered) for pair in result.label.asked]) if result.label.asked else 0.0,
    )


def constraint_summed(benchmark: Benchmark, results: Sequence[Result]) -> Metrics:
    """Means by instruction type, then of the types."""
    graded = [constraint(result) for result in results]
    figures = _figures(graded)
    for place, name in enumerate(("positive_f1", "negative_f1")):
        figures[name] = _across_types(graded, [one.f1[place] for one in graded])
        figures[f"headline_{name}"] = _across_types(graded, [one.strict_f1[place] for one in graded])
    return metrics(benchmark.name, benchmark.mode, [one.mark for one in graded], "subsets", figures)


def overall_summed(benchmark: Benchmark, results: Sequence[Result]) -> Metrics:
    """As upstream walks the file: one generator for all rows, so their order matters when verdicts contradict."""
    drawn = random.Random(SEED)
    graded = [overall(result, drawn) for result in results]
    return metrics(benchmark.name, benchmark.mode, [one.mark for one in graded], "subsets", _figures(graded))


def _figures(graded: Sequence[Graded]) -> dict[str, float]:
    return {
        "accuracy": _across_types(graded, [one.upstream.accuracy for one in graded]),
        "kendall": _across_types(graded, [one.upstream.kendall for one in graded]),
        "headline_accuracy": _across_types(graded, [one.headline.accuracy for one in graded]),
        "answered": mean([one.answered for one in graded]),
    }


def _across_types(graded: Sequence[Graded], values: Sequence[float]) -> float:
    """Unweighted mean over upstream's instruction types; 0 when none of them is there."""
    groups = [[value for one, value in zip(graded, values, strict=True) if one.result.subset == name] for name in TYPES]
    means = [mean(group) for group in groups if group]
    return mean(means) if means else 0.0


IF_REWARDBENCH = Benchmark(
    name="if-rewardbench",
    mode="overall",
    summary="every pair once in upstream's order, Elo, Kendall's tau of the preference graph",
    upstream=UPSTREAM,
    label=label,
    asks=asked_once,
    mark=lambda result: overall(result, random.Random(SEED)).mark,
    summed=overall_summed,
    rows=rows_with_positions,
)
IF_REWARDBENCH_CONSTRAINT = Benchmark(
    name="if-rewardbench",
    mode="constraint",
    summary="every answer alone against the checklist; F1 of the labels, Kendall's tau (needs --access sample)",
    upstream=UPSTREAM,
    label=label,
    asks=apart,
    mark=lambda result: constraint(result).mark,
    summed=constraint_summed,
)
