"""A barrier by prompt, for trainers that call per sample: the rollouts of one prompt wait for one another.

A group is judged once `size` answers are there, or `wait` seconds after its first. Who comes later is judged alone,
against what is frozen by then; what was given does not change. Equal answers are judged once.
"""

from __future__ import annotations

import asyncio
import math
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from skillrm.errors import NoReward
from skillrm.rewards.reward import Reward

_KEPT = 4096
"""Groups whose rewards are remembered."""
_LAPSE = 10.0
"""Times `wait`: how long after it was judged an unfilled group takes late answers, and knows those it has."""


@dataclass(frozen=True, slots=True)
class Group:
    """What a judged group was given, in order of arrival."""

    rewards: tuple[Reward | NoReward, ...]
    """An error is raised for that member alone."""
    places: tuple[float, ...] = ()
    """The standings of the valid ones, to compare a late answer with."""
    values: tuple[float, ...] = ()
    """Their rewards, for the mean of the group."""


@dataclass(slots=True)
class _Gathering:
    """One group on its way."""

    row: Mapping[str, Any]
    judged: asyncio.Future[Group]
    arrived: list[tuple[str, Any]] = field(default_factory=list)
    """Key and answer of everybody who came before it was closed."""
    seats: dict[str, asyncio.Future[Reward]] = field(default_factory=dict)
    """By the answer's key, so that equal answers share one."""
    came: int = 0
    closed: bool = False
    lapses: float = math.inf
    timer: asyncio.TimerHandle | None = None


class Barrier:
    """`judge` judges a whole group, `late` one answer beside a judged group. What they raise, their members get."""

    def __init__(
        self,
        size: int,
        wait: float,
        judge: Callable[[Mapping[str, Any], Sequence[Any]], Awaitable[Group]],
        late: Callable[[Mapping[str, Any], Any, Group], Awaitable[Reward]],
    ) -> None:
        self._size, self._wait = size, wait
        self._judge, self._late = judge, late
        self._loops: WeakKeyDictionary[asyncio.AbstractEventLoop, OrderedDict[str, _Gathering]] = WeakKeyDictionary()
        self._tasks: set[asyncio.Task[None]] = set()

    async def join(self, key: str, row: Mapping[str, Any], answer_key: str, answer: Any) -> Reward:
        """The reward of one answer, once its group is judged. A caller that is cancelled leaves its answer there."""
        loop = asyncio.get_running_loop()
        groups = self._loops.setdefault(loop, OrderedDict())
        group = groups.get(key)
        if group is None or not self._takes(group, answer_key, loop.time()):
            group = groups[key] = self._opened(row, loop)
        groups.move_to_end(key)
        while len(groups) > _KEPT and next(iter(groups.values())).judged.done():
            groups.popitem(last=False)
        seat = self._seated(group, answer_key, answer, loop)
        return await asyncio.shield(seat)

    def hurry(self) -> None:
        """From now on nobody is waited for: the end is near. To be called in the loop that is ending."""
        self._wait = 0.0
        for group in tuple(self._loops.get(asyncio.get_running_loop(), OrderedDict()).values()):
            self._close(group)

    def _takes(self, group: _Gathering, answer_key: str, now: float) -> bool:
        """Whether one more belongs to this group. A full one still knows its own answers: trainers pad with copies."""
        return now <= group.lapses and (group.came < self._size or answer_key in group.seats)

    def _opened(self, row: Mapping[str, Any], loop: asyncio.AbstractEventLoop) -> _Gathering:
        group = _Gathering(row, loop.create_future())
        group.judged.add_done_callback(_seen)
        group.timer = loop.call_later(self._wait, self._close, group)
        return group

    def _seated(
        self, group: _Gathering, answer_key: str, answer: Any, loop: asyncio.AbstractEventLoop
    ) -> asyncio.Future[Reward]:
        group.came += 1
        if not group.closed:
            group.arrived.append((answer_key, answer))
        seat = group.seats.get(answer_key)
        if seat is None or _failed(seat):  # another try is a late one
            seat = group.seats[answer_key] = loop.create_future()
            seat.add_done_callback(_seen)
            if group.closed:
                self._spawn(self._fill_late(group, answer, seat))
        if group.came >= self._size:
            self._close(group)
        return seat

    def _close(self, group: _Gathering) -> None:
        """Nobody else is waited for."""
        if group.closed:
            return
        group.closed = True
        if group.timer is not None:
            group.timer.cancel()
        self._spawn(self._fill(group))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _fill(self, group: _Gathering) -> None:
        """Judge everybody who came in time."""
        seats = [group.seats[key] for key, _ in group.arrived]
        try:
            judged = await self._judge(group.row, [answer for _, answer in group.arrived])
        except BaseException as error:
            group.lapses = 0.0  # whoever comes now begins anew
            _fail(group.judged, error)
            for seat in seats:
                _fail(seat, error)
            return
        group.lapses = asyncio.get_running_loop().time() + _LAPSE * self._wait
        group.judged.set_result(judged)
        for seat, reward in zip(seats, judged.rewards, strict=True):
            if isinstance(reward, NoReward):
                _fail(seat, reward)
            elif not seat.done():
                seat.set_result(reward)

    async def _fill_late(self, group: _Gathering, answer: Any, seat: asyncio.Future[Reward]) -> None:
        try:
            judged = await asyncio.shield(group.judged)
            seat.set_result(await self._late(group.row, answer, judged))
        except BaseException as error:
            _fail(seat, error)


def _fail(future: asyncio.Future[Any], error: BaseException) -> None:
    if future.done():
        return
    if isinstance(error, asyncio.CancelledError):
        future.cancel()
    else:
        future.set_exception(error)


def _failed(future: asyncio.Future[Any]) -> bool:
    return future.done() and (future.cancelled() or future.exception() is not None)


def _seen(future: asyncio.Future[Any]) -> None:
    """A failure that nobody waits for any more is no news to the event loop."""
    if not future.cancelled():
        future.exception()
