"""RewardBench 2: one right answer among four, and the Ties subset with several right ones.

Malik et al., "RewardBench 2: Advancing Reward Model Evaluation", arXiv 2506.01937; allenai/reward-bench.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from skillrm.benchmarks.benchmark import Benchmark, Upstream
from skillrm.benchmarks.files import Row
from skillrm.benchmarks.labelled import Label, LabelledSample, arranged
from skillrm.benchmarks.metrics import Line, Mark, Metrics, by_subset, line, overall
from skillrm.benchmarks.outcome import Ask, Result, apart, together
from skillrm.benchmarks.ties import gaps, kind_of, ties_score
from skillrm.types import Access, Sample

UPSTREAM = Upstream(
    project="allenai/reward-bench",
    paper="arXiv 2506.01937",
    files=("*.jsonl", "*.parquet", "data/*.parquet"),
    get="the data set allenai/reward-bench-2 on Hugging Face",
)
TIES = "Ties"
UNREADABLE = 0.25
"""Upstream's credit for a judgment that names nobody."""


def label(row: Row, access: Access, seed: int) -> LabelledSample:
    """`chosen` and `rejected` are lists; the first `num_correct` answers are the right ones."""
    subset, identity = row.text("subset"), row.text("id")
    chosen, rejected = row.listed("chosen"), row.listed("rejected")
    group = arranged([*chosen, *rejected], seed, subset, identity)
    right = frozenset(group.names[: len(chosen)])
    sample = Sample(id=identity, prompt=row.text("prompt"), candidates=group.candidates)
    return LabelledSample(sample, subset, Label(given=group.names, right=right))


def selecting(item: LabelledSample) -> tuple[Ask, ...]:
    """The best of four; Ties are always scored answer by answer."""
    return apart(item) if item.subset == TIES else together(item)


def mark_selection(result: Result) -> Mark:
    """1 if the right one is named, 0 if another, 0.25 if nobody."""
    if result.subset == TIES:
        return _ties_mark(result)
    choice = next((outcome.choice for outcome in result.outcomes), None)
    upstream = UNREADABLE if choice is None else float(choice in result.label.right)
    return Mark(result.key, upstream, result.expected(), bool(result.top))


def mark_rating(result: Result) -> Mark:
    """The right one's share of the first place among the scores that are known; 0.25 if none is."""
    if result.subset == TIES:
        return _ties_mark(result)
    known = {label: score for label, score in result.scores.items() if score is not None}
    best = max(known.values(), default=0.0)
    top = [label for label, score in known.items() if score == best]
    upstream = len(result.label.right.intersection(top)) / len(top) if top else UNREADABLE
    return Mark(result.key, upstream, result.expected(), bool(result.top))


def _ties_mark(result: Result) -> Mark:
    return Mark(
        result.key,
        float(gaps(result, strict=False).accurate),
        float(gaps(result, strict=True).accurate),
        None not in result.scores.values(),
    )


def summed(benchmark: Benchmark, results: Sequence[Result]) -> Metrics:
    """The unweighted mean of the subsets, as the leaderboard has it; Ties by its own formula."""
    groups = by_subset([benchmark.mark(result) for result in results])
    lines = {name: line(marks) for name, marks in groups.items()}
    figures: dict[str, float] = {}
    ties = [result for result in results if result.subset == TIES]
    if ties:
        lines[TIES] = _ties_line(lines[TIES], ties)
        for kind in ("tied", "ref"):
            marks = [mark.headline for mark in groups[TIES] if kind_of(mark.key)[0] == kind]
            if marks:
                figures[f"ties_accuracy_{kind}"] = sum(marks) / len(marks)
    return Metrics(
        benchmark=benchmark.name,
        mode=benchmark.mode,
        overall=overall([mark for marks in groups.values() for mark in marks], "subsets", lines),
        subsets=lines,
        figures=figures,
    )


def _ties_line(plain: Line, ties: Sequence[Result]) -> Line:
    """The interval stays that of the accuracy, which is six tenths of the score."""
    update: Mapping[str, float] = {
        "upstream": ties_score(ties, strict=False),
        "headline": ties_score(ties, strict=True),
    }
    return plain.model_copy(update=update)


REWARDBENCH2 = Benchmark(
    name="rewardbench2",
    mode="select",
    summary="the best of four in one judgment; Ties answer by answer",
    upstream=UPSTREAM,
    label=label,
    asks=selecting,
    mark=mark_selection,
    summed=summed,
)
REWARDBENCH2_RATE = Benchmark(
    name="rewardbench2",
    mode="rate",
    summary="every answer scored alone; the best score wins, a shared first place counts its share",
    upstream=UPSTREAM,
    label=label,
    asks=apart,
    mark=mark_rating,
    summed=summed,
)
