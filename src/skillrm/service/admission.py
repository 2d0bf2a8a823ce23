"""How much is taken in at once: requests that may wait, bytes they may hold, judgments that run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from skillrm.service.refusing import Refused
from skillrm.service.visit import Visit

_BODIES = 8
"""Largest bodies that may be in the house at the same time."""
_RECENT = 0.05


class Admission:
    """A bounded queue: what does not fit is told at once when to come back."""

    def __init__(self, concurrency: int, queue: int, max_body: int, timeout: float, parked: int) -> None:
        """`parked`: requests that may wait for their group at the same time."""
        self.concurrency, self.timeout = concurrency, timeout
        self._most_parked = parked
        self._most = concurrency + queue
        self._most_bytes = _BODIES * max_body
        self._slots = asyncio.Semaphore(concurrency)
        self._seconds = 0.1
        self.requests = 0
        self.bytes = 0
        self.judging = 0
        self.waiting_for_group = 0

    @property
    def retry_after(self) -> float:
        """Seconds until what is in the house is probably done."""
        return min(30.0, max(1.0, self._seconds * self.requests / self.concurrency))

    def enter(self) -> None:
        """Raises `Refused` (429) when too many are in the house."""
        if self.requests >= self._most:
            raise Refused(429, "too many requests wait", retry_after=self.retry_after)
        self.requests += 1

    def leave(self, size: int, seconds: float) -> None:
        self.requests -= 1
        self.bytes -= size
        self._seconds += _RECENT * (seconds - self._seconds)

    def hold(self, size: int) -> None:
        """So many more bytes of bodies. Raises `Refused` (429) when they would be too many."""
        if self.bytes and self.bytes + size > self._most_bytes:
            raise Refused(429, "too much is held by waiting requests", retry_after=self.retry_after, close=True)
        self.bytes += size

    @contextmanager
    def parked(self, visit: Visit) -> Iterator[None]:
        """While it waits for the others of its group, a request takes no room; what it holds is still counted.

        Raises `Refused` (429) when too many wait so.
        """
        if not visit.parked and self.waiting_for_group >= self._most_parked:
            words = "too many requests wait for their group"
            raise Refused(429, words, retry_after=self.retry_after, close=True)
        self._park(visit, 1)
        try:
            yield
        finally:
            self._park(visit, -1)

    def _park(self, visit: Visit, change: int) -> None:
        """A request with several answers is parked as long as any of them waits."""
        before = visit.parked > 0
        visit.parked += change
        parked = (visit.parked > 0) - before
        self.requests -= parked
        self.waiting_for_group += parked

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """The turn of one judgment. Raises `Refused` (503) when it does not come in time."""
        if self._slots.locked():
            try:
                async with asyncio.timeout(self.timeout):
                    await self._slots.acquire()
            except TimeoutError:
                raise Refused(503, "no turn came in time", retry_after=self.retry_after) from None
        else:
            await self._slots.acquire()
        self.judging += 1
        try:
            yield
        finally:
            self.judging -= 1
            self._slots.release()
