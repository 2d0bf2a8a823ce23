"""JETTS reranking: which of up to ten answers of one model to keep.

Zhou et al., "Evaluating Judges as Evaluators: The JETTS Benchmark of LLM-as-Judges as Test-Time Scaling Evaluators",
arXiv 2504.15253; SalesforceAIResearch/jetts-benchmark.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import combinations

from skillrm.benchmarks.benchmark import Benchmark, Upstream
from skillrm.benchmarks.files import Row
from skillrm.benchmarks.labelled import Label, LabelledSample, arranged
from skillrm.benchmarks.metrics import Mark
from skillrm.benchmarks.outcome import Ask, Result, apart, together
from skillrm.benchmarks.statistics import mean
from skillrm.types import Access, Sample

UPSTREAM = Upstream(
    project="SalesforceAIResearch/jetts-benchmark",
    paper="arXiv 2504.15253",
    files=("*.jsonl", "reranking_and_refinement/*.jsonl"),
    get="reranking_and_refinement.tar.gz from the storage bucket that its README names",
)


def label(row: Row, access: Access, seed: int) -> LabelledSample:
    """Of `query` only `content` is read: `query.metadata` holds the gold answer. The subset is the file."""
    query = row.need("query")
    if not isinstance(query, Mapping) or not isinstance(query.get("content"), str):
        raise row.fault("must be an object with a text `content`", "query")
    subset, identity = row.file.stem, str(row.ordinal)
    responses = row.objects("responses")
    group = arranged([one.answer("content") for one in responses], seed, subset, identity)
    worth = {name: _score(one) for one, name in zip(responses, group.names, strict=True)}
    gold = Label(given=group.names, right=_right(worth), worth=worth)
    return LabelledSample(Sample(id=identity, prompt=query["content"], candidates=group.candidates), subset, gold)


def _score(response: Row) -> float:
    metadata = response.need("metadata")
    score = metadata.get("score") if isinstance(metadata, Mapping) else None
    if not isinstance(score, (int, float)):
        raise response.fault("holds no number `score`", "responses.metadata")
    return float(score)


def _right(worth: Mapping[str, float]) -> frozenset[str]:
    best = max(worth.values())
    return frozenset(name for name, value in worth.items() if value == best and value > 0)


def each_pair_once(item: LabelledSample) -> tuple[Ask, ...]:
    """Every two candidates once, as they stand."""
    return tuple(Ask(pair) for pair in combinations(item.sample.labels, 2))


def by_wins(result: Result) -> frozenset[str]:
    """Round robin: who has most wins, a tie counting half to each; nobody when no match was judged."""
    wins = dict.fromkeys(result.label.given, 0.0)
    judged = [outcome.top for outcome in result.outcomes if outcome.top]
    for top in judged:
        for name in top:
            wins[name] += 1 / len(top)
    best = max(wins.values())
    return frozenset(name for name, count in wins.items() if count == best) if judged else frozenset()


def kept(result: Result, top: Collection[str], answered: bool) -> Mark:
    """The worth of what is kept; ties in expectation. Upstream draws at random where there is no answer."""
    worth = result.label.worth
    value = mean([worth[name] for name in top]) if top else None
    chance = mean(list(worth.values()))
    return Mark(result.key, chance if value is None else value, value or 0.0, answered)


def mark(result: Result) -> Mark:
    return kept(result, result.top, bool(result.top))


def mark_round_robin(result: Result) -> Mark:
    return kept(result, by_wins(result), bool(result.outcomes) and all(outcome.top for outcome in result.outcomes))


def lines(results: Sequence[Result]) -> dict[str, float]:
    """What needs no judge: a draw, upstream's first answer, the longest, the best there is."""
    return {
        "random": mean([mean(list(result.label.worth.values())) for result in results]),
        "first": mean([result.label.worth[result.label.given[0]] for result in results]),
        "longest": mean([_longest(result) for result in results]),
        "oracle": mean([max(result.label.worth.values()) for result in results]),
    }


def _longest(result: Result) -> float:
    most = max(result.sizes.values(), default=0)
    return mean([result.label.worth[name] for name, size in result.sizes.items() if size == most] or [0.0])


JETTS = Benchmark(
    name="jetts",
    mode="listwise",
    summary="the best of all candidates in one judgment; the mean score of what is kept",
    upstream=UPSTREAM,
    label=label,
    asks=together,
    mark=mark,
    figures=lines,
)
JETTS_POINTWISE = Benchmark(
    name="jetts",
    mode="pointwise",
    summary="every candidate scored alone; the mean score of what is kept",
    upstream=UPSTREAM,
    label=label,
    asks=apart,
    mark=mark,
    figures=lines,
)
JETTS_KNOCKOUT = Benchmark(
    name="jetts",
    mode="knockout",
    summary="a shuffled bracket of matches; the mean score of what is kept",
    upstream=UPSTREAM,
    label=label,
    asks=lambda item: together(item, strategy="knockout"),
    mark=mark,
    figures=lines,
)
JETTS_ROUND_ROBIN = Benchmark(
    name="jetts",
    mode="round-robin",
    summary="every two candidates once, most wins; the mean score of what is kept",
    upstream=UPSTREAM,
    label=label,
    asks=each_pair_once,
    mark=mark_round_robin,
    figures=lines,
)
