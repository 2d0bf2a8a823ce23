"""Ends what takes too long: one timer for all attempts of a loop, where `asyncio.timeout` starts one for each.

Attempts mostly end long before their time, so the timer rings for the earliest alone, and then looks for the next.
"""

from __future__ import annotations

import asyncio
import math
import time
from types import TracebackType
from typing import Any

_LEAST = 0.005
"""Seconds between two looks, so that many deadlines at nearly the same time are one look."""


class Deadlines:
    """Belongs to one event loop.

    with deadlines.until(time.monotonic() + 5):  # TimeoutError after five seconds
        await something()
    """

    __slots__ = ("_timer", "running", "wakes")

    def __init__(self) -> None:
        self.running: dict[_Until, float] = {}
        self._timer: asyncio.TimerHandle | None = None
        self.wakes = math.inf

    def until(self, when: float) -> _Until:
        """A context that raises `TimeoutError` at `when`, in `time.monotonic()` seconds; as `asyncio.timeout` does."""
        return _Until(self, when)

    def look_at(self, when: float, now: float) -> None:
        if when >= self.wakes:  # it rings before
            return
        if self._timer is not None:
            self._timer.cancel()
        self.wakes = when
        self._timer = asyncio.get_running_loop().call_later(max(when - now, _LEAST), self._look)

    def _look(self) -> None:
        self._timer, self.wakes = None, math.inf
        now = time.monotonic()
        for attempt, when in list(self.running.items()):
            if when <= now:
                attempt.expire()
        self.look_at(min(self.running.values(), default=math.inf), now)


class _Until:
    __slots__ = ("_cancelling", "_deadlines", "_expired", "_task", "_when")

    def __init__(self, deadlines: Deadlines, when: float) -> None:
        self._deadlines, self._when, self._expired = deadlines, when, False

    def __enter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._task: asyncio.Task[Any] = task
        self._cancelling = task.cancelling()
        self._deadlines.running[self] = self._when
        if self._when < self._deadlines.wakes:
            self._deadlines.look_at(self._when, time.monotonic())

    def expire(self) -> None:
        self._deadlines.running.pop(self, None)
        self._expired = True
        self._task.cancel()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._deadlines.running.pop(self, None)
        if self._expired and self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise TimeoutError from error
