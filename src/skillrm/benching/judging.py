"""Every ask of a benchmark through the engine; what comes back, reduced to what the metrics read."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from skillrm import Judgment, Sample
from skillrm.benching.survey import Survey, Task
from skillrm.benchmarks import Outcome, Result
from skillrm.benchmarks.compute import Spent, spent_of
from skillrm.benchmarks.outcome import Strategy
from skillrm.engine import Engine, Judged
from skillrm.judgment import Usage
from skillrm.selection import select
from skillrm.store import Run, key_of
from skillrm.types import Goal

Judge = Callable[[Sample, Goal], Awaitable[Judgment]]


@dataclass(slots=True)
class Answers:
    """What a judge said to a survey's asks so far."""

    survey: Survey
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    """By ordinal of the ask."""
    usages: dict[bytes, Usage] = field(default_factory=dict)
    """By judgment: equal asks are judged once."""
    verifiers: dict[str, str] = field(default_factory=dict)
    """Versions of those that ran."""
    stopped: str | None = None
    """Why the work ended before the rows did."""

    def take(self, judged: Judged, goal: Goal) -> None:
        """One outcome of the engine. What could not be judged at all says nothing of any candidate."""
        sample, judgment = judged.row.sample, judged.judgment
        if sample is None:
            return
        if judgment is None:
            self.outcomes[judged.row.ordinal] = Outcome(sample.labels, "failed")
            return
        self.outcomes[judged.row.ordinal] = Outcome.of(judgment)
        self.usages[key_of(sample.digest, goal)] = judgment.usage
        self.verifiers.update(judgment.versions.verifiers)

    @property
    def complete(self) -> bool:
        return len(self.outcomes) == self.survey.judgments

    @property
    def results(self) -> list[Result]:
        """The rows whose every ask has its outcome, in the data's order."""
        found = []
        for entry in self.survey.entries.values():
            given = [self.outcomes.get(entry.first + n) for n in range(len(entry.asks))]
            outcomes = tuple(one for one in given if one is not None)
            if len(outcomes) == len(given):
                found.append(Result(entry.key, entry.label, outcomes, entry.sizes))
        return found

    @property
    def spent(self) -> Spent:
        return spent_of(self.usages.values())


async def answers(
    task: Task,
    survey: Survey,
    judge: Judge,
    *,
    run: Run | None = None,
    engine: Callable[[Judge, Goal], Engine] | None = None,
    seen: Callable[[Judged], None] = lambda _: None,
) -> Answers:
    """Judge a survey's asks; with a `run`, only those that are not stored. Raises what the engine raises.

    `engine` makes the engine of one pass (concurrency, budget); asks with different goals take a pass each.
    """
    found = Answers(survey)
    for goal, strategy in survey.groups:
        asked = _by(judge, strategy, task.seed)
        through = engine(asked, goal) if engine is not None else Engine(asked, goal, run=run)
        async with contextlib.aclosing(through.outcomes(task.rows(survey, (goal, strategy)))) as outcomes:
            async for judged in outcomes:
                found.take(judged, goal)
                seen(judged)
        if through.stopped is not None:
            found.stopped = through.stopped
            break
    return found


def _by(judge: Judge, strategy: Strategy, seed: int) -> Judge:
    if strategy == "listwise":
        return judge

    async def best(sample: Sample, goal: Goal) -> Judgment:
        return await select(judge, sample, strategy, seed)

    return best
