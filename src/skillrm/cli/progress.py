"""How a run goes, while it goes: a live line in a terminal, a plain one now and then elsewhere."""

from __future__ import annotations

import asyncio
import sys
import time
from collections import deque
from types import TracebackType
from typing import TYPE_CHECKING, Self

from skillrm.cli.output import note

if TYPE_CHECKING:
    from skillrm.engine import Tally

_LIVE, _PLAIN = 0.25, 10.0
_SPAN = 20.0
"""Seconds over which the rate is measured."""


class Progress:
    """An async context manager beside the work; it reads the tally and prints, and holds nothing up."""

    def __init__(self, tally: Tally, total: int | None, *, shown: bool = True) -> None:
        self._tally, self._total, self._shown = tally, total, shown
        self._live = sys.stderr.isatty()
        self._seen: deque[tuple[float, int]] = deque([(time.monotonic(), 0)])
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        if self._shown:
            self._task = asyncio.create_task(self._tell())
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            if self._live:
                sys.stderr.write("\r\033[K")
                sys.stderr.flush()

    async def _tell(self) -> None:
        while True:
            await asyncio.sleep(_LIVE if self._live else _PLAIN)
            if self._live:
                width = _columns()
                sys.stderr.write(f"\r\033[K{self.line()[: width - 1]}")
                sys.stderr.flush()
            else:
                note(self.line())

    def line(self) -> str:
        """Rows, rate, what came of them, what it cost, and when it will be over."""
        tally, now = self._tally, time.monotonic()
        self._seen.append((now, tally.rows))
        while len(self._seen) > 2 and now - self._seen[0][0] > _SPAN:
            self._seen.popleft()
        then, rows = self._seen[0]
        rate = (tally.rows - rows) / (now - then) if now > then else 0.0
        of = f"/{self._total}" if self._total else ""
        parts = [f"{tally.rows}{of} rows", f"{rate:.1f}/s"]
        parts.append(f"{tally.ok} ok, {tally.abstained} abstained, {tally.failed} failed")
        if tally.unreadable:
            parts.append(f"{tally.unreadable} unreadable")
        if tally.calls:
            hits = f" ({tally.cached_calls / tally.calls:.0%} cached)" if tally.cached_calls else ""
            parts.append(f"{tally.calls} calls{hits}, {_short(tally.prompt_tokens + tally.completion_tokens)} tokens")
        if tally.cost_usd is not None:
            parts.append(f"${tally.cost_usd:.2f}")
        if self._total and rate > 0 and tally.rows < self._total:
            parts.append(f"{_time((self._total - tally.rows) / rate)} left")
        return ", ".join(parts)


def _columns() -> int:
    import shutil

    return shutil.get_terminal_size((100, 24)).columns


def _short(count: int) -> str:
    for size, letter in ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")):
        if count >= size:
            return f"{count / size:.1f}{letter}"
    return str(count)


def _time(seconds: float) -> str:
    whole = int(seconds + 0.5)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}h{minutes:02}m" if hours else f"{minutes}m{rest:02}s" if minutes else f"{rest}s"
