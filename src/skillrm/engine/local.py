"""The engine: workers that take rows one by one, judge them, and hand every outcome on as it comes."""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import logging
import math
from collections import OrderedDict
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field

from skillrm.backends import Budget
from skillrm.engine.source import Rows, Source
from skillrm.errors import ClusterLost, Fault, InputError, SkillRMError, StoreError
from skillrm.judgment import Judgment
from skillrm.reading import Row
from skillrm.store import Run, key_of
from skillrm.types import Goal, Sample, Status

Judge = Callable[[Sample, Goal], Awaitable[Judgment]]
_log = logging.getLogger(__name__)
FINAL: frozenset[Status] = frozenset({"ok", "abstained"})
"""What is stored with one of these is not judged again."""
_RECENT = 256
"""Judgments that are remembered for equal rows that come soon after, where no run remembers all."""
_SHARED = 8
"""Equal rows that may wait for one judgment, per worker: a file of nothing else must not end up in memory."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A row and what came of it: a judgment, or the faults of a row that could not be judged."""

    row: Row
    status: Status | None
    judgment: Judgment | None
    """None for a row that could not be judged, and for a stored judgment that nobody wanted to see again."""
    faults: tuple[Fault, ...] = ()
    repeated: bool = False
    """The judgment was made for an equal row, or by an earlier run."""


@dataclass(slots=True)
class _Shared:
    """One judgment in flight, and the equal rows that wait for it."""

    done: asyncio.Future[Judged]
    rows: list[Row] = field(default_factory=list)


class Engine:
    """Judges any number of rows with `concurrency` workers; memory does not grow with the rows.

    Equal rows are judged once and handed on each. With a `run`, an outcome is handed on only after it is stored, and
    what is stored already (ok or abstained) is not judged again. One bad row never ends the work; what the input or
    the store itself breaks with is raised. One engine serves one call of `outcomes`.
    """

    def __init__(
        self,
        judge: Judge,
        goal: Goal = "scores",
        *,
        concurrency: int = 64,
        run: Run | None = None,
        budget: Budget | None = None,
        window: int | None = None,
        reload: bool = True,
        final: frozenset[Status] = FINAL,
    ) -> None:
        """`window`: no row is taken that is so many rows ahead of the oldest one whose outcome is not fetched.
        `reload`: stored judgments are read again for rows that need none. `final`: stored judgments of these statuses
        are not made again.
        """
        self._judge, self._goal, self._run, self._budget = judge, goal, run, budget
        self._concurrency, self._window, self._reload = max(1, concurrency), window, reload
        self._final = final
        self._out: asyncio.Queue[Judged | Exception | None] = asyncio.Queue(maxsize=2 * self._concurrency)
        self._workers: set[asyncio.Task[None]] = set()
        self._turn, self._moved = asyncio.Lock(), asyncio.Event()
        self._in_flight: OrderedDict[int, None] = OrderedDict()
        self._shared: dict[bytes, _Shared] = {}
        self._recent: OrderedDict[bytes, Judged] = OrderedDict()
        self._waiting = 0
        self._broken: Exception | None = None
        self.stopped: str | None = None
        """Why no further row was taken, where a budget ended the work before the rows did."""
        self.read_all = False
        """The rows came to their end."""

    async def outcomes(self, rows: Rows) -> AsyncGenerator[Judged]:
        """Every row's outcome as it comes. Closing the iterator cancels what is in flight."""
        source = Source(rows)
        self._grow(source)
        try:
            while (outcome := await self._out.get()) is not None:
                if isinstance(outcome, Exception):
                    raise outcome
                self._in_flight.pop(outcome.row.ordinal, None)
                self._moved.set()
                yield outcome
        finally:
            for worker in self._workers:
                worker.cancel()
            await asyncio.gather(*self._workers, return_exceptions=True)
            await source.aclose()

    async def in_order(self, rows: Rows) -> AsyncGenerator[Judged]:
        """`outcomes` in the order of the rows. What is ahead of a slow row is held back: give the engine a window."""
        held: dict[int, Judged] = {}
        waiting: list[int] = []
        async with contextlib.aclosing(self.outcomes(rows)) as outcomes:
            async for outcome in outcomes:
                held[outcome.row.ordinal] = outcome
                heapq.heappush(waiting, outcome.row.ordinal)
                oldest = next(iter(self._in_flight), math.inf)
                while waiting and waiting[0] < oldest:
                    yield held.pop(heapq.heappop(waiting))

    def _grow(self, source: Source) -> None:
        """One more worker; they come one by one, so that ten rows never start a thousand."""
        if len(self._workers) < self._concurrency:
            worker = asyncio.ensure_future(self._work(source))
            self._workers.add(worker)
            worker.add_done_callback(self._workers.discard)

    async def _work(self, source: Source) -> None:
        try:
            while (row := await self._next(source)) is not None:
                self._grow(source)
                await self._do(row)
        except Exception as error:  # the store or the cluster broke: that ends the whole work
            await self._out.put(error)
        else:
            if len(self._workers) == 1:
                await self._out.put(self._broken)
            else:
                self._workers.discard(asyncio.current_task())

    async def _next(self, source: Source) -> Row | None:
        """The next row, in turn; None at the end, or when the budget is spent."""
        async with self._turn:
            while self._window is not None and self._in_flight:
                oldest = next(iter(self._in_flight))
                if source.count - oldest < self._window:
                    break
                self._moved.clear()
                await self._moved.wait()
            if self._budget is not None and (words := self._budget.exhausted) is not None:
                self.stopped = self.stopped or words
                return None
            try:
                row = await source.next()
            except Exception as error:  # raised at the end: the rows before it are judged
                self._broken, row = error, None
            if row is not None:
                self._in_flight[row.ordinal] = None
            else:
                self.read_all = self._broken is None
            return row

    async def _do(self, row: Row) -> None:
        """One row to its end, or handed to the worker that judges its equal."""
        if row.sample is None:
            await self._enter(row, None)
            await self._out.put(Judged(row, None, None, row.faults))
            return
        key = key_of(row.sample.digest, self._goal)
        await self._enter(row, key)
        if (stored := self._stored(row, key)) is not None:
            await self._out.put(stored)
        elif (shared := self._shared.get(key)) is None:
            await self._lead(row, row.sample, key)
        elif self._waiting < _SHARED * self._concurrency:
            shared.rows.append(row)
            self._waiting += 1
        else:
            await self._out.put(_for_equal(row, await asyncio.shield(shared.done)))

    async def _lead(self, row: Row, sample: Sample, key: bytes) -> None:
        """Judge for this row and for all equal ones that come meanwhile."""
        shared = self._shared[key] = _Shared(asyncio.get_running_loop().create_future())
        try:
            judged = await self._judged(row, sample)
            if self._run is not None and judged.judgment is not None:
                await self._run.keep(key, judged.judgment.status, judged.judgment.model_dump_json().encode())
        except BaseException:
            shared.done.cancel()
            raise
        finally:
            del self._shared[key]
        shared.done.set_result(judged)
        if self._run is None and judged.status in FINAL:
            self._recent[key] = judged
            if len(self._recent) > _RECENT:
                self._recent.popitem(last=False)
        self._waiting -= len(shared.rows)
        await self._out.put(judged)
        for equal in shared.rows:
            await self._out.put(_for_equal(equal, judged))

    async def _judged(self, row: Row, sample: Sample) -> Judged:
        try:
            judgment = await self._judge(sample, self._goal)
        except InputError as error:
            faults = row.located(error.faults)
            if self._run is not None:  # no judge can mend it: nothing to try again
                await self._run.enter(row.ordinal, row.line, row.id, None, None, faults)
            return Judged(row, None, None, faults)
        except (StoreError, ClusterLost):
            raise
        except SkillRMError as error:
            return Judged(row, None, None, row.located((Fault(str(error)),)))
        except Exception as error:  # ours to mend, but not this row's neighbours to suffer
            _log.exception("row %d broke the judging", row.ordinal)
            words = f"judging broke: {type(error).__name__}: {error}"[:500]
            return Judged(row, None, None, row.located((Fault(words, mend="please report it"),)))
        return Judged(row, judgment.status, judgment)

    async def _enter(self, row: Row, key: bytes | None) -> None:
        if self._run is not None:
            sample = row.sample.model_dump_json(exclude_defaults=True).encode() if row.sample is not None else None
            await self._run.enter(row.ordinal, row.line, row.id, key, sample, row.faults)

    def _stored(self, row: Row, key: bytes) -> Judged | None:
        if self._run is None:
            recent = self._recent.get(key)
            return _for_equal(row, recent) if recent is not None else None
        status = self._run.status(key)
        if status not in self._final:
            return None
        text = self._run.judgment(key) if self._reload else None
        judgment = Judgment.model_validate_json(text) if text is not None else None
        return _for_equal(row, Judged(row, status, judgment))


def _for_equal(row: Row, judged: Judged) -> Judged:
    """The same outcome for another row of equal content; the id is the row's own."""
    judgment = judged.judgment
    if judgment is not None and judgment.sample_id != row.id:
        judgment = judgment.model_copy(update={"sample_id": row.id})
    return Judged(row, judged.status, judgment, judged.faults, repeated=True)
