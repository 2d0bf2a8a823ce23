"""An event loop in which waiting takes no time: when nothing is ready, its clock goes on to the next timer."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any


class Deadlock(AssertionError):
    """Everybody waits, and nothing will ever happen."""


class Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.now = 0.0
        super().__init__(_Clock(self))

    def time(self) -> float:
        return self.now


class _Clock(selectors.SelectSelector):
    def __init__(self, loop: Loop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[Any]:
        ready = super().select(0)
        if not ready and timeout is None:
            raise Deadlock
        self._loop.now += timeout if timeout is not None and not ready else 0.0
        return ready


def run(work: Coroutine[Any, Any, Any]) -> tuple[Any, list[dict[str, Any]]]:
    """What it gives, and what the loop had to complain of: exceptions that nobody saw."""
    complaints: list[dict[str, Any]] = []
    with asyncio.Runner(loop_factory=Loop) as runner:
        runner.get_loop().set_exception_handler(lambda _, context: complaints.append(context))
        return runner.run(work), complaints
