"""Judge rows side by side and give them back in input order, with bounded memory; count what came of them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from skillrm.errors import Fault, InputError
from skillrm.judgment import Judgment
from skillrm.types import Goal

if TYPE_CHECKING:
    from skillrm.reading import Row
    from skillrm.reward_model import RewardModel


@dataclass(frozen=True, slots=True)
class Judged:
    """A row and what came of it: a judgment, or the faults of a row that could not be judged."""

    row: Row
    judgment: Judgment | None
    faults: tuple[Fault, ...] = ()


@dataclass(slots=True)
class Tally:
    """What a run has come to so far."""

    rows: int = 0
    ok: int = 0
    abstained: int = 0
    failed: int = 0
    unreadable: int = 0
    by_verifiers: int = 0
    by_judge: int = 0
    open: int = 0
    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def add(self, judged: Judged) -> None:
        self.rows += 1
        judgment = judged.judgment
        if judgment is None:
            self.unreadable += 1
            return
        setattr(self, judgment.status, getattr(self, judgment.status) + 1)
        for row in judgment.evidence:
            if row.decision == "not_applicable":
                continue
            if row.score is None:
                self.open += 1
            elif row.source == "judge":
                self.by_judge += 1
            else:
                self.by_verifiers += 1
        self.calls += judgment.usage.calls
        self.prompt_tokens += judgment.usage.prompt_tokens
        self.completion_tokens += judgment.usage.completion_tokens

    @property
    def all_fine(self) -> bool:
        return self.failed == 0 and self.unreadable == 0

    def __str__(self) -> str:
        states = ("ok", "abstained", "failed", "unreadable")
        parts = [f"{self.rows} rows: " + ", ".join(f"{getattr(self, state)} {state}" for state in states)]
        parts.append(f"cells: {self.by_verifiers} by verifiers, {self.by_judge} by the judge, {self.open} open")
        if self.calls:
            parts.append(f"{self.calls} calls, {self.prompt_tokens:,} + {self.completion_tokens:,} tokens")
        return "; ".join(parts)


async def judge_rows(
    model: RewardModel, rows: Iterable[Row], goal: Goal, concurrency: int, limit: int | None
) -> AsyncIterator[Judged]:
    """Each row's outcome in input order; at most `concurrency` rows are held at once."""
    waiting: deque[asyncio.Task[Judged]] = deque()
    try:
        for row in islice(rows, limit):
            waiting.append(asyncio.create_task(_judge_row(model, row, goal)))
            if len(waiting) >= concurrency:
                yield await waiting.popleft()
        while waiting:
            yield await waiting.popleft()
    finally:
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


async def _judge_row(model: RewardModel, row: Row, goal: Goal) -> Judged:
    if row.sample is None:
        return Judged(row, None, row.faults)
    try:
        return Judged(row, await model.judge(row.sample, goal))
    except InputError as error:
        return Judged(row, None, error.faults)
