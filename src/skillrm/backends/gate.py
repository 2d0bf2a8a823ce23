"""Which call goes out next, and to which endpoint."""

from __future__ import annotations

import asyncio
import heapq
import math
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count

from skillrm.backends.endpoints import Endpoint
from skillrm.backends.failures import Failure
from skillrm.backends.pace import Pace
from skillrm.errors import BackendTransportError, DeadlineExceeded, SkillRMError

_NEVER_ANSWERED = 5.0
"""Seconds a call waits for endpoints of which none has ever answered: mostly the address is wrong."""


@dataclass(slots=True)
class Call:
    """One chat call over all its attempts."""

    since: float
    until: float
    """Its deadline; infinite without one."""
    place: int = -1
    """In the queue, by arrival: an attempt that was refused does not lose its place."""
    last: Pace | None = None
    """The endpoint of its latest attempt."""
    probe: bool = False
    """That attempt was a probe."""
    began: float = 0.0
    crowd: int = 0
    """Calls at that endpoint when it began, with it."""
    attempts: int = 0


@dataclass(slots=True, order=True)
class _Waiting:
    place: int
    call: Call = field(compare=False)
    turn: asyncio.Future[Pace] = field(compare=False)


class Gate:
    """Lets calls through in order of arrival, each to the endpoint with the fewest calls that has room.

    Belongs to one event loop. While no endpoint answers, calls wait for a probe to get through: as long as one attempt
    may take (`timeout`), 5 s where nothing has ever answered; so a short outage costs no call, and a long one fails
    them one after another, not all at once.
    """

    def __init__(self, endpoints: Iterable[Endpoint], timeout: float, concurrency: int | None) -> None:
        self.paces = tuple(Pace(endpoint, timeout) for endpoint in endpoints)
        self._timeout = timeout
        self._most = math.inf if concurrency is None else concurrency
        self._outstanding = 0
        self._queue: list[_Waiting] = []
        self._places, self._calls = count(), count(1)
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    async def enter(self, call: Call) -> Pace:
        """Wait for an endpoint. Raises `DeadlineExceeded`, and `BackendTransportError` when none can be had.

        Whoever entered calls `answer`, `fail` or `leave`, once.
        """
        if self._closed:
            raise BackendTransportError("this backend was closed")
        now = time.monotonic()
        if now >= call.until:
            raise DeadlineExceeded("no time is left for a call")
        if not self._queue:
            pace = self._free(now, call)
            if pace is not None:
                return self._let(call, pace, now)
        if min(pace.ready_at for pace in self.paces) >= call.until:
            raise DeadlineExceeded("no server can be asked again before the judgment's deadline")
        return await self._wait(call, now)

    async def _wait(self, call: Call, now: float) -> Pace:
        if call.place < 0:
            call.place = next(self._places)
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[Pace] = loop.create_future()
        heapq.heappush(self._queue, _Waiting(call.place, call, turn))
        late = None if call.until == math.inf else loop.call_later(call.until - now, self._late, turn)
        self._drain(now)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self.leave(call, turn.result())  # its turn came in the same moment
            raise
        finally:
            if late is not None:
                late.cancel()

    def answer(self, call: Call, pace: Pace) -> None:
        """The attempt has ended with a reply."""
        now = time.monotonic()
        self._outstanding -= 1
        pace.answer(call.began, now)
        if self._queue:
            self._drain(now)

    def fail(self, call: Call, pace: Pace, failure: Failure) -> None:
        """The attempt has ended with `failure`."""
        now = time.monotonic()
        self._outstanding -= 1
        pace.fail(failure, now, crowd=call.crowd, probe=call.probe)
        if failure.down:
            call.place = -1  # whatever it did to the server, others go first
        if self._queue:
            self._drain(now)

    def leave(self, call: Call, pace: Pace) -> None:
        """The attempt has ended without telling anything about the endpoint."""
        self._outstanding -= 1
        pace.leave()
        if self._queue:
            self._drain(time.monotonic())

    def tells_when(self, call: Call) -> bool:
        """Whether `enter` knows better when to try again than a random wait: the endpoint of the latest attempt is gone
        or paused, and others may have room.
        """
        last = call.last
        return last is not None and (last.open_since is not None or last.ready_at > time.monotonic())

    def close(self) -> None:
        """Whoever waits, fails."""
        self._closed = True
        self._give_up(self._queue, BackendTransportError("this backend was closed"))
        self._queue = []
        self._tick_at(math.inf, 0.0)

    def _free(self, now: float, call: Call) -> Pace | None:
        if self._outstanding >= self._most:
            return None
        if len(self.paces) == 1:
            return self.paces[0] if self.paces[0].has_room(now) else None
        free = [pace for pace in self.paces if pace.has_room(now)]
        last = call.last  # which has just failed: not again, if there is another
        return min(free, key=lambda pace: (pace is last, pace.outstanding, pace.served), default=None)

    def _let(self, call: Call, pace: Pace, now: float) -> Pace:
        self._outstanding += 1
        call.attempts += 1
        pace.served = next(self._calls)
        call.last, call.began, call.probe, call.crowd = pace, now, pace.begin(now), pace.outstanding
        return pace

    def _drain(self, now: float) -> None:
        queue = self._queue
        while queue:
            if queue[0].turn.done():
                heapq.heappop(queue)
                continue
            pace = self._free(now, queue[0].call)
            if pace is None:
                break
            waiting = heapq.heappop(queue)
            waiting.turn.set_result(self._let(waiting.call, pace, now))
        wake = self._sweep(now) if queue else math.inf
        self._tick_at(wake, now)

    def _sweep(self, now: float) -> float:
        """Fail whoever has waited long enough for endpoints that are gone; when to look again."""
        wake = min((pace.ready_at for pace in self.paces if pace.ready_at > now), default=math.inf)
        opened = [pace.open_since for pace in self.paces if pace.open_since is not None]
        if len(opened) < len(self.paces):
            return wake
        dark = max(opened)
        patience = self._timeout if any(pace.answered for pace in self.paces) else min(_NEVER_ANSWERED, self._timeout)
        over = [waiting for waiting in self._queue if max(waiting.call.since, dark) + patience <= now]
        if over:
            latest = max(self.paces, key=lambda pace: pace.served)
            reason = f"no server has answered for {patience:g} s; the last attempt: {latest.error}"
            self._give_up(over, BackendTransportError(reason))
            self._queue = [waiting for waiting in self._queue if not waiting.turn.done()]
            heapq.heapify(self._queue)
        ends = (max(waiting.call.since, dark) + patience for waiting in self._queue)
        return min(wake, min(ends, default=math.inf))

    def _give_up(self, waiting: Iterable[_Waiting], error: SkillRMError) -> None:
        for one in waiting:
            if not one.turn.done():
                one.turn.set_exception(type(error)(*error.args))

    def _late(self, turn: asyncio.Future[Pace]) -> None:
        if not turn.done():
            turn.set_exception(DeadlineExceeded("the deadline passed before a call was free"))

    def _tick_at(self, wake: float, now: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if wake < math.inf:
            self._timer = asyncio.get_running_loop().call_later(max(0.0, wake - now), self._tick)

    def _tick(self) -> None:
        self._timer = None
        self._drain(time.monotonic())
