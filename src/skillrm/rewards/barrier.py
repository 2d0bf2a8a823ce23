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

    key: str
    row: Mapping[str, Any]
    judged: asyncio.Future[Group]
    arrived: list[tuple[str, Any]] = field(default_factory=list)
    """Key and answer of everybody who came before it was closed; kept no longer, nor is the row."""
    seats: dict[str, asyncio.Future[Reward] | None] = field(default_factory=dict)
    """By the answer's key, so that equal answers share one; None for one that has failed: another try is a late one."""
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
        """The reward of one answer, once its group is judged. A caller that is cancelled leaves its answer there.

        Rows of one `key` must be equal, and answers of one `answer_key`.
        """
        loop = asyncio.get_running_loop()
        groups = self._groups(loop)
        group = groups.get(key)
        if group is None or not self._takes(group, answer_key, loop.time()):
            group = groups[key] = self._opened(key, row, loop)
        groups.move_to_end(key)
        seat = self._seated(group, row, answer_key, answer, loop)
        return await asyncio.shield(seat)

    def _groups(self, loop: asyncio.AbstractEventLoop) -> OrderedDict[str, _Gathering]:
        """This loop's, the one that was joined longest ago first; without what nobody can join any more."""
        if loop not in self._loops:
            for other in [reference() for reference in self._loops.keyrefs()]:
                if other is not None and other.is_closed():
                    self._loops.pop(other, None)  # the futures of its groups would keep it
        groups = self._loops.setdefault(loop, OrderedDict())
        while groups:
            eldest = next(iter(groups.values()))
            if not eldest.judged.done() or (len(groups) < _KEPT and loop.time() <= eldest.lapses):
                break
            groups.popitem(last=False)
        return groups

    def hurry(self) -> None:
        """From now on nobody is waited for: the end is near. To be called in the loop that is ending."""
        self._wait = 0.0
        for group in tuple(self._loops.get(asyncio.get_running_loop(), OrderedDict()).values()):
            self._close(group)

    def _takes(self, group: _Gathering, answer_key: str, now: float) -> bool:
        """Whether one more belongs to this group. A full one still knows its own answers: trainers pad with copies."""
        return now <= group.lapses and (group.came < self._size or answer_key in group.seats)

    def _opened(self, key: str, row: Mapping[str, Any], loop: asyncio.AbstractEventLoop) -> _Gathering:
        group = _Gathering(key, row, loop.create_future())
        group.judged.add_done_callback(_seen)
        group.timer = loop.call_later(self._wait, self._close, group)
        return group

    def _seated(
        self,
        group: _Gathering,
        row: Mapping[str, Any],
        answer_key: str,
        answer: Any,
        loop: asyncio.AbstractEventLoop,
    ) -> asyncio.Future[Reward]:
        group.came += 1
        if not group.closed:
            group.arrived.append((answer_key, answer))
        seat = group.seats.get(answer_key)
        if seat is None:
            seat = group.seats[answer_key] = loop.create_future()
            seat.add_done_callback(_seen)
            if group.closed:
                self._spawn(self._fill_late(group, row, answer_key, answer))
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
        row, arrived = group.row, group.arrived
        group.row, group.arrived = {}, []
        loop = asyncio.get_running_loop()
        given: Sequence[Reward | BaseException]
        try:
            judged = await self._judge(row, [answer for _, answer in arrived])
            given = judged.rewards
            if len(given) != len(arrived):
                raise RuntimeError(f"{len(given)} rewards for {len(arrived)} answers")
            group.lapses = loop.time() + _LAPSE * self._wait
            group.judged.set_result(judged)
        except BaseException as error:
            given = [error] * len(arrived)
            _settle(group.judged, error)
            groups = self._loops[loop]
            if groups.get(group.key) is group:
                del groups[group.key]  # whoever comes now begins anew
        for (key, _), reward in zip(arrived, given, strict=True):
            self._seat(group, key, reward)

    async def _fill_late(self, group: _Gathering, row: Mapping[str, Any], answer_key: str, answer: Any) -> None:
        given: Reward | BaseException
        try:
            given = await self._late(row, answer, await asyncio.shield(group.judged))
        except BaseException as error:
            given = error
        self._seat(group, answer_key, given)

    def _seat(self, group: _Gathering, answer_key: str, given: Reward | BaseException) -> None:
        """A failure is told to those who wait, and not kept: it holds the frames that it came through."""
        seat = group.seats[answer_key]
        if seat is not None:
            _settle(seat, given)
            if isinstance(given, BaseException):
                group.seats[answer_key] = None


def _settle(future: asyncio.Future[Any], given: Any) -> None:
    if future.done():
        return
    if isinstance(given, asyncio.CancelledError):
        future.cancel()
    elif isinstance(given, BaseException):
        future.set_exception(given)
    else:
        future.set_result(given)


def _seen(future: asyncio.Future[Any]) -> None:
    """A failure that nobody waits for any more is no news to the event loop."""
    if not future.cancelled():
        future.exception()
