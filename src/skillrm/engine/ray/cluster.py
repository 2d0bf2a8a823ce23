"""Judging on the nodes of a Ray cluster: the engine stays here and takes the rows, what it calls to judge one is there.

Why actors of our own and not Ray Data: docs/design.md, section 10.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import Any, Self

from skillrm.backends import Budget
from skillrm.backends.chat import ChatUsage
from skillrm.engine.ray.worker import Answer, Make, Worker
from skillrm.errors import ClusterLost, ConfigError, Fault, InputError, SkillRMError
from skillrm.judgment import Judgment
from skillrm.store import differences
from skillrm.types import Goal, Sample

_log = logging.getLogger(__name__)
_SILENCE = 30.0
"""Seconds without an answer after which a worker counts as lost, whatever Ray says of its node."""
_PATIENCE = 300.0
"""Seconds without any worker after which the work ends; a cluster that grows on demand needs some."""
_LOSSES = 3
"""Workers that may be lost over one row; from the second on it is judged while no other such row is."""
_HOMES = 4096
"""Prompts of which it is known who judges them."""
_CONNECTING, _CLOSING = 5.0, 2.0
_SECRETS = ("OPENAI_API_KEY",)


@dataclass(eq=False, slots=True)
class _Row:
    """A row that somebody waits for."""

    number: int
    sample: Sample
    goal: Goal
    done: asyncio.Future[Judgment]
    losses: int = 0


@dataclass(eq=False, slots=True)
class _Place:
    """Where one worker is, and, when it is lost, its successor."""

    rows: dict[int, _Row] = field(default_factory=dict)
    unsent: list[_Row] = field(default_factory=list)
    stirred: asyncio.Event = field(default_factory=asyncio.Event)
    ready: bool = False

    def has_room(self, most: int) -> bool:
        return self.ready and len(self.rows) < most


class RayWorkers:
    """`judge` for an `Engine`, by workers on every node of a Ray cluster. An async context manager.

    A worker that dies or falls silent, or whose node does, is replaced, and its rows go to the others: no row is lost,
    and since each has one future here, none comes twice. A row over which three workers were lost is refused with
    `InputError`; when no worker is left, `judge` raises `ClusterLost`.
    """

    def __init__(
        self,
        make: Make,
        identity: dict[str, Any],
        *,
        address: str | None = None,
        workers: int | None = None,
        concurrency: int = 64,
        budget: Budget | None = None,
    ) -> None:
        """`make`: picklable, gives a worker its reward model, whose identity must be `identity`. `workers`: one per
        CPU of the cluster, if not said. `concurrency`: rows in flight per worker. `budget` is charged per judgment.
        """
        self._make, self._identity, self._address = make, identity, address
        self._workers, self._each, self._budget = workers, max(1, concurrency), budget
        self._places: list[_Place] = []
        self._waiting: deque[_Row] = deque()
        self._suspects: deque[_Row] = deque()
        self._homes: OrderedDict[int, _Place] = OrderedDict()
        self._suspect: _Row | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._count = self._vain = 0
        self._broken: ClusterLost | None = None
        self._ours = False

    @property
    def concurrency(self) -> int:
        """Rows that all workers together have in flight."""
        return len(self._places) * self._each

    async def __aenter__(self) -> Self:
        ray = _ray()
        if not ray.is_initialized():
            _connect(ray, self._address or os.environ.get("RAY_ADDRESS") or "local")
            self._ours = True
        wanted = self._workers or int(ray.cluster_resources().get("CPU", 0)) or 1
        self._places = [_Place() for _ in range(wanted)]
        self._tasks = [asyncio.create_task(self._keep(place)) for place in self._places]
        return self

    async def __aexit__(self, *_: object) -> None:
        await _cancelled(*self._tasks)
        if self._ours:
            _ray().shutdown()

    async def judge(self, sample: Sample, goal: Goal = "scores") -> Judgment:
        """One judgment, wherever there is room. Raises `InputError` with what a worker found wrong, `ClusterLost`."""
        self._count += 1
        row = _Row(self._count, sample, goal, asyncio.get_running_loop().create_future())
        self._waiting.append(row)
        self._spread()
        judgment = await row.done
        if self._budget is not None:
            used = judgment.usage
            self._budget.charge(ChatUsage(used.prompt_tokens, used.completion_tokens, cost_usd=used.cost_usd))
        return judgment

    def _spread(self) -> None:
        """Hand waiting rows to workers that have room."""
        while self._waiting or (self._suspects and self._suspect is None):
            row = self._waiting[0] if self._waiting else self._suspects[0]
            if self._broken is not None:
                self._end(row, self._broken)
            else:
                place = self._for(row.sample.prompt_text)
                if place is None:
                    return
                place.rows[row.number] = row
                place.unsent.append(row)
                place.stirred.set()
            if self._waiting:
                self._waiting.popleft()
            else:
                self._suspect = self._suspects.popleft()

    def _for(self, prompt: str) -> _Place | None:
        """Where rows of this prompt went before: the plan of a group is made once. Else where the fewest rows are."""
        known = self._homes.pop(hash(prompt), None)
        if known is None or not known.has_room(self._each):
            known = min((p for p in self._places if p.has_room(self._each)), key=lambda p: len(p.rows), default=None)
        if known is not None:
            self._homes[hash(prompt)] = known
            if len(self._homes) > _HOMES:
                self._homes.popitem(last=False)
        return known

    def _end(self, row: _Row, answer: Answer | ClusterLost) -> None:
        if row is self._suspect:
            self._suspect = None
        if row.done.done():
            return
        if isinstance(answer, Judgment):
            row.done.set_result(answer)
        else:
            row.done.set_exception(InputError(*answer) if isinstance(answer, tuple) else answer)

    def _again(self, row: _Row, why: str) -> None:
        """A row whose worker was lost."""
        row.losses += 1
        if row is self._suspect:
            self._suspect = None
        if row.losses >= _LOSSES:
            words = f"{row.losses} workers were lost while they judged this row; the last: {why}"[:300]
            self._end(row, (Fault(words, mend="its verifiers may need more memory than a node has"),))
        elif row.losses > 1:
            self._suspects.append(row)
        else:
            self._waiting.appendleft(row)

    async def _keep(self, place: _Place) -> None:
        """See to it that there is a worker in this place."""
        try:
            while self._broken is None:
                await self._employ(place)
        except SkillRMError as error:
            self._break(ClusterLost(str(error)))
        except Exception as error:
            _log.exception("the cluster broke")
            self._break(ClusterLost(f"{type(error).__name__}: {error}"))

    def _break(self, error: ClusterLost) -> None:
        """End the work: every row that waits, and each that comes."""
        self._broken = self._broken or error
        for place in self._places:
            for row in place.rows.values():
                self._end(row, self._broken)
        self._suspect = None
        self._spread()

    async def _employ(self, place: _Place) -> None:
        """One worker from its start to its loss."""
        ray = _ray()
        actor = ray.remote(num_cpus=1, max_restarts=0, scheduling_strategy="SPREAD")(Worker).remote()
        lost: Exception | None = None
        try:
            await self._opened(actor)
            self._vain, place.ready = 0, True
            self._spread()
            await self._exchange(place, actor)
        except (ray.exceptions.RayError, TimeoutError) as error:
            lost = error
        finally:
            opened, place.ready = place.ready, False
            await _dismiss(actor, well=opened and lost is None)
        why = "it fell silent" if isinstance(lost, TimeoutError) else str(lost).strip().splitlines()[0]
        _log.warning("a Ray worker was lost: %s", why)
        held, place.rows, place.unsent = place.rows, {}, []
        for row in reversed(held.values()):
            self._again(row, why)
        self._spread()
        if not opened:
            self._vain += 1
            if self._vain > 2 * len(self._places):
                raise ClusterLost(f"no worker starts: {lost}")
            await asyncio.sleep(min(1.0, 0.1 * self._vain))

    async def _opened(self, actor: Any) -> None:
        """Wait for room on a node and for the worker's reward model, as long as others work."""
        secrets = {name: os.environ[name] for name in _SECRETS if name in os.environ}
        answer = asyncio.ensure_future(_answer(actor.open.remote(self._make, secrets), None))
        try:
            while not (await asyncio.wait({answer}, timeout=_PATIENCE))[0]:
                if not any(place.ready for place in self._places):
                    raise ClusterLost(f"no node of the Ray cluster took a worker within {_PATIENCE:.0f} s")
        except BaseException:
            await _cancelled(answer)
            raise
        told = answer.result()
        if not isinstance(told, dict):
            raise ConfigError(*told)
        if differs := differences(self._identity, told):
            mend = "install the same skillrm on every node"
            raise ConfigError(*(Fault(f"a worker would judge with another {line}", mend=mend) for line in differs))

    async def _exchange(self, place: _Place, actor: Any) -> None:
        """Rows go there and judgments come back, until the worker is lost."""
        both = [asyncio.create_task(do(place, actor)) for do in (self._feed, self._fetch)]
        try:
            await asyncio.gather(*both)
        finally:
            await _cancelled(*both)

    async def _feed(self, place: _Place, actor: Any) -> None:
        while True:
            await place.stirred.wait()
            place.stirred.clear()
            rows, place.unsent = place.unsent, []
            await _answer(actor.take.remote([(row.number, row.sample, row.goal) for row in rows]), _SILENCE)

    async def _fetch(self, place: _Place, actor: Any) -> None:
        while True:
            for number, answer in await _answer(actor.give.remote(), _SILENCE):
                self._end(place.rows.pop(number), answer)
            self._spread()


def _ray() -> Any:
    try:
        import ray
    except ImportError:
        mend = "pip install 'skillrm[ray]', here and on every node"
        raise ConfigError(Fault("Ray is not installed", field="--engine", mend=mend)) from None
    return ray


def _connect(ray: Any, address: str) -> None:
    """`local` begins a cluster on this machine. Raises `ConfigError` where none answers."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    own = {"include_dashboard": False} if address == "local" else {}
    host, _, port = address.rpartition(":")
    try:
        if host and port.isdecimal() and "://" not in host:  # Ray itself takes two minutes to find nobody there
            socket.create_connection((host.strip("[]"), int(port)), _CONNECTING).close()
        ray.init(address, log_to_driver=False, logging_level=logging.ERROR, **own)
    except (OSError, ValueError, RuntimeError) as error:
        words = f"no Ray cluster answers at {address}: {' '.join(str(error).split())}"[:300]
        mend = "check it with `ray status`; one with token authentication needs RAY_AUTH_MODE=token"
        raise ConfigError(Fault(words, field="--ray-address", mend=mend)) from None


async def _cancelled(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _answer(reference: Any, seconds: float | None) -> Any:
    async with asyncio.timeout(seconds):
        return await reference


async def _dismiss(actor: Any, *, well: bool) -> None:
    """End a worker; one that is well may close what it has open."""
    try:
        if well:
            await _answer(actor.aclose.remote(), _CLOSING)
    except Exception as error:
        _log.debug("a worker did not close: %s", error)
    finally:
        _ray().kill(actor)
