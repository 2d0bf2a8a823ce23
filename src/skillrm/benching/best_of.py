"""Any benchmark as best of N: every answer scored in one table, the best one kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from skillrm.benching.survey import Task
from skillrm.benchmarks import Ask, Benchmark, LabelledSample, Mark, Result
from skillrm.benchmarks.labelled import Key
from skillrm.benchmarks.outcome import together
from skillrm.benchmarks.statistics import mean
from skillrm.errors import ConfigError, Fault

MODE = "bon"
_STATED = 0.8
"""Share of answers with a final answer from which a vote among them means something."""


def best_of(benchmark: Benchmark) -> Benchmark:
    """The benchmark's rows, all answers of a row at once."""
    return replace(
        benchmark,
        mode=MODE,
        summary="every answer scored in one table; the mean worth of the best",
        asks=at_once,
        mark=mark,
        across="rows",
        figures=lines,
        summed=None,
    )


def at_once(item: LabelledSample) -> tuple[Ask, ...]:
    """For the goal winner, so that evidence about the group counts. Raises `ConfigError` where no answer is right."""
    if not item.label.right and not item.label.worth:
        words = "says of pairs which is better, but of no answer whether it is right"
        raise ConfigError(Fault(words, mend="choose a benchmark with right answers, such as jetts or ifeval"))
    return together(item, "winner")


def worths(result: Result) -> Mapping[str, float]:
    """What choosing each answer is worth."""
    gold = result.label
    return gold.worth or {name: float(name in gold.right) for name in gold.given}


def mark(result: Result) -> Mark:
    """The worth of the best ranked, ties in expectation; where nobody is, a draw (upstream) or 0 (headline)."""
    known = {name: score for name, score in result.standing.items() if score is not None}
    best = [name for name, score in known.items() if score == max(known.values())]
    if len(best) == len(known) and None in result.scores.values():
        best = []  # nothing is known of anybody
    worth = worths(result)
    value = mean([worth[name] for name in best]) if best else None
    return Mark(result.key, mean(list(worth.values())) if value is None else value, value or 0.0, bool(best))


def lines(results: Sequence[Result]) -> dict[str, float]:
    """A draw and the best there is."""
    rows = [list(worths(result).values()) for result in results]
    return {"random": mean([mean(row) for row in rows]), "oracle": mean([max(row) for row in rows])}


def final_answers(task: Task, wanted: bool | None = None) -> dict[Key, tuple[str | None, ...]]:
    """Each row's final answers in upstream's order, for the majority line; empty where most answers state none.

    `wanted`: True reads them whatever they are, False never.
    """
    from skillrm.verifiers.consensus.answers import vote

    if wanted is False:
        return {}
    found: dict[Key, tuple[str | None, ...]] = {}
    for item in task.items():
        texts = {one.label: one.final for one in item.sample.candidates}
        found[item.key] = tuple(vote(item.sample, texts[name]) for name in item.label.given)
    said = [answer is not None for answers in found.values() for answer in answers]
    return found if wanted or (said and mean([float(one) for one in said]) >= _STATED) else {}
