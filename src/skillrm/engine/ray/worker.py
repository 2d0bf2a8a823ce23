"""A worker of the cluster: an actor, in a process of its own on some node."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from skillrm.errors import Fault, InputError, SkillRMError
from skillrm.judgment import Judgment
from skillrm.types import Goal, Sample

_log = logging.getLogger(__name__)
_BEAT = 2.0
"""Seconds after which a worker answers although nothing is done."""
Answer = Judgment | tuple[Fault, ...]


class Judging(Protocol):
    """What a worker needs of a reward model."""

    @property
    def identity(self) -> dict[str, Any]: ...
    async def judge(self, sample: Sample, goal: Goal = "scores") -> Judgment: ...
    async def aclose(self) -> None: ...


Make = Callable[[], Awaitable[Judging]]


class Worker:
    """Takes rows, gives back what is done, in whatever order."""

    def __init__(self) -> None:
        self._model: Judging
        self._done: list[tuple[int, Answer]] = []
        self._some = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self, make: Make, secrets: dict[str, str]) -> dict[str, Any] | tuple[Fault, ...]:
        """The identity of what judges here, or why nothing does."""
        os.environ.update(secrets)
        try:
            self._model = await make()
        except InputError as error:
            return error.faults
        except SkillRMError as error:
            return (Fault(str(error)),)
        return self._model.identity

    async def take(self, rows: list[tuple[int, Sample, Goal]]) -> None:
        for number, sample, goal in rows:
            task = asyncio.ensure_future(self._judge(number, sample, goal))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def give(self) -> list[tuple[int, Answer]]:
        """What was done since the last time; waits for something, but no longer than a beat."""
        if not self._done:
            self._some.clear()
            try:
                await asyncio.wait_for(self._some.wait(), _BEAT)
            except TimeoutError:
                return []
        done, self._done = self._done, []
        return done

    async def aclose(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._model.aclose()

    async def _judge(self, number: int, sample: Sample, goal: Goal) -> None:
        answer: Answer
        try:
            answer = await self._model.judge(sample, goal)
        except InputError as error:
            answer = error.faults
        except SkillRMError as error:
            answer = (Fault(str(error)),)
        except Exception as error:
            _log.exception("a row broke the judging")
            words = f"judging broke: {type(error).__name__}: {error}"[:500]
            answer = (Fault(words, mend="please report it"),)
        self._done.append((number, answer))
        self._some.set()
