"""`RemoteRewardModel`: a reward model that runs elsewhere, behind `skillrm serve`, with the methods of `RewardModel`.

A trainer's environment needs no judge, no skill and no sandbox for it: only HTTP and the nouns.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self
from weakref import WeakKeyDictionary

import msgspec
from pydantic import ValidationError

from skillrm.backends.answers import Answer
from skillrm.backends.endpoints import Endpoint
from skillrm.backends.transport import Transport
from skillrm.backends.wire import BrokenError
from skillrm.errors import (
    BackendAuthError,
    BackendError,
    BackendRateLimited,
    BackendReplyError,
    BackendRequestError,
    BackendTransportError,
    ConfigError,
    Fault,
    NoReward,
    SampleError,
)
from skillrm.judgment import Judgment
from skillrm.shapes import plain
from skillrm.types import Goal, Sample
from skillrm.validation import listed

if TYPE_CHECKING:
    from skillrm.engine import Judged, Rows
    from skillrm.store import Run

_AGAIN = frozenset({408, 429, 500, 502, 503, 504})
_LONGEST_WAIT = 30.0
_PARKED = 16
"""Times `concurrency`: requests that may wait for the others of their group. They take no place in the service."""
_LARGEST = 256 << 20
"""Bytes of an answer: a judgment with its whole record."""


class RemoteRewardModel:
    """Judges over HTTP. An async context manager; or call `aclose`.

    `timeout`: seconds for one try. `retries`: more tries after a broken connection, a 429 or a 5xx; the service's
    Retry-After is kept. `concurrency`: requests in flight; the others wait here, so that the service's queue is not
    flooded. A judge's failure is a status of the judgment; what is raised is the service's or the connection's failure
    (`BackendError`), a sample that cannot be used (`SampleError`), or `NoReward`. Raises `ConfigError` for an address
    that cannot be one.
    """

    def __init__(
        self, url: str, *, token: str | None = None, timeout: float = 600.0, retries: int = 6, concurrency: int = 64
    ) -> None:
        self._url = str(url).rstrip("/")
        self._transport, self._getting = Transport(token, _LARGEST), Transport(token, _LARGEST, "GET")
        self._endpoints: dict[str, Endpoint] = {}
        try:
            Endpoint(self._url)
        except ConfigError:
            mend = "http(s)://host:port of a `skillrm serve`"
            raise ConfigError(Fault(f"is no address: {self._url!r}", field="url", mend=mend)) from None
        self._timeout, self._retries = timeout, retries
        self.concurrency = concurrency
        self._turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()
        self._parked: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()

    def __repr__(self) -> str:
        return f"RemoteRewardModel({self._url!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections of this event loop; nothing more can be asked."""
        await self._transport.close()
        await self._getting.close()

    async def about(self) -> dict[str, Any]:
        """What judges there, and how rewards are given: `skills`, `model`, `form`, `on_failure`, `components`, ..."""
        return _object(await self._asked("/v1/about", None))

    async def judge(self, sample: Sample | Mapping[str, Any], goal: Goal = "scores") -> Judgment:
        """Everything about one sample. Raises `SampleError` for what is no sample."""
        return _judgment(await self._asked(f"/v1/judge?goal={goal}", _body(sample)))

    def judge_all(
        self, samples: Rows, goal: Goal = "scores", *, concurrency: int | None = None, run: Run | None = None
    ) -> AsyncGenerator[Judged]:
        """Any number of samples side by side, each outcome as it comes, as `RewardModel.judge_all` gives them."""
        from skillrm.engine import Engine

        return Engine(self.judge, goal, concurrency=concurrency or self.concurrency, run=run).outcomes(samples)

    async def compare(self, prompt: Any, a: Any, b: Any, **brought: Any) -> Judgment:
        """Which answer is better: `verdict.winner` is "A", "B" or None."""
        body = _body(Sample.parse({"prompt": prompt, "responses": [a, b], **brought}))
        return _judgment(await self._asked("/v1/compare", body))

    async def select(
        self, prompt: Any, candidates: Sequence[Any], *, strategy: str = "listwise", **brought: Any
    ) -> Judgment:
        """The best of N answers: over one table, or by matches of two (`knockout`, `round_robin`)."""
        sample = Sample.parse({"prompt": prompt, "candidates": listed(candidates), **brought})
        body = {**sample.model_dump(mode="json", exclude_defaults=True), "strategy": strategy}
        return _judgment(await self._asked("/v1/select", msgspec.json.encode(body)))

    async def group(self, prompt: Any, completions: Sequence[Any], **brought: Any) -> list[float | None]:
        """A reward for each completion of a prompt, judged together; what is missing is as the service's
        `on_failure` says. Raises `NoReward` where it says `raise`.
        """
        values = await self._of_group({"prompt": prompt, **brought}, completions, "rewards")
        if not all(value is None or type(value) in (int, float) for value in values):
            raise BackendReplyError("200, and rewards that are no numbers")
        return values

    async def rewards(self, row: Mapping[str, Any], completions: Sequence[Any]) -> list[dict[str, Any]]:
        """As `group`, with all that stands behind each reward (`skillrm.rewards.Reward`)."""
        return await self._of_group(row, completions, "details")

    async def _of_group(self, row: Mapping[str, Any], completions: Sequence[Any], key: str) -> list[Any]:
        body = _written({**row, "completions": listed(completions)})
        given = _object(await self._asked("/v1/group", body)).get(key)
        if not isinstance(given, list) or len(given) != len(completions):
            raise BackendReplyError(f"200, and not a reward for each of {len(completions)} answers")
        return given

    async def reward(
        self, row: Mapping[str, Any], completion: Any, *, group: str | None = None, gathered: bool = False
    ) -> dict[str, Any]:
        """The reward of one completion and what stands behind it. `gathered`: the service gathers groups, so this waits
        for the others of the same `group`, or of equal rows; more of these than `concurrency` are in flight.
        """
        body = _written({**row, "completion": completion, "group": group})
        return _object(await self._asked("/v1/reward", body, parked=gathered))

    async def _asked(self, path: str, body: bytes | None, *, parked: bool = False) -> bytes:
        """The answer's body, after as many tries as it takes and are allowed; without a body it is a GET."""
        endpoint = self._endpoints.setdefault(path, Endpoint(self._url + path))
        places = self.concurrency * (_PARKED if parked else 1)
        turns = (self._parked if parked else self._turns).setdefault(
            asyncio.get_running_loop(), asyncio.Semaphore(places)
        )
        attempt = 0
        while True:
            wait = min(_LONGEST_WAIT, 0.25 * 2**attempt) * random.uniform(0.5, 1.0)
            async with turns:
                answer = await self._sent(endpoint, body)
            if isinstance(answer, BrokenError):
                error: BackendError | NoReward | SampleError = BackendTransportError(f"{endpoint.shown}: {answer}")
            elif answer.status == 200 and answer.content is not None:
                return answer.content
            else:
                error = _failure(endpoint.shown, answer.status, answer.content or b"")
                if answer.status not in _AGAIN:
                    raise error
                wait = max(wait, _told(answer.fields.get(b"retry-after", b"")))
            if attempt == self._retries:
                raise error
            attempt += 1
            await asyncio.sleep(wait)

    async def _sent(self, endpoint: Endpoint, body: bytes | None) -> Answer | BrokenError:
        transport = self._getting if body is None else self._transport
        lane = await transport.lane()
        try:
            with lane.deadlines.until(time.monotonic() + self._timeout):
                return await transport.send(lane, endpoint, body or b"")
        except TimeoutError:
            return BrokenError(f"no answer within {self._timeout:g} s")


def _body(sample: Sample | Mapping[str, Any]) -> bytes:
    parsed = sample if isinstance(sample, Sample) else Sample.parse(sample)
    return parsed.model_dump_json(exclude_defaults=True).encode()


def _written(row: Mapping[str, Any]) -> bytes:
    """As JSON. Raises `SampleError` for what cannot be."""
    try:
        return msgspec.json.encode(row)
    except (TypeError, ValueError, RecursionError):  # arrays, lone surrogates, what is nested too deeply
        return msgspec.json.encode(plain(row, "row"), enc_hook=str)


def _object(content: bytes) -> dict[str, Any]:
    """The JSON object of an answer. Raises `BackendReplyError`."""
    try:
        told = msgspec.json.decode(content)
    except (ValueError, RecursionError) as error:
        raise BackendReplyError(f"200, and no JSON: {error}") from None
    if not isinstance(told, dict):
        raise BackendReplyError("200, and no JSON object")
    return told


def _judgment(content: bytes) -> Judgment:
    """Raises `BackendReplyError` for what is none."""
    try:
        return Judgment.model_validate_json(content)
    except ValidationError as error:
        raise BackendReplyError(f"200, and no judgment: {error.error_count()} faults") from None


def _told(retry_after: bytes) -> float:
    return min(_LONGEST_WAIT, float(retry_after)) if retry_after.isdigit() else 0.0


def _failure(where: str, status: int, content: bytes) -> BackendError | NoReward | SampleError:
    """The error that an answer means, with the service's own words."""
    try:
        error = msgspec.json.decode(content)["error"]
        words, faults = str(error["message"]), [Fault(**fault) for fault in error.get("faults", ())]
    except (msgspec.MsgspecError, KeyError, TypeError, ValueError):
        return BackendReplyError(f"{where}: {status}, and no words of the service: {content[:200]!r}")
    if status == 422:
        return SampleError(*(faults or [Fault(words)]))
    if status == 401:
        return BackendAuthError(f"{where}: {words} (give token=, or set SKILLRM_TOKEN for a trainer's settings)")
    if status == 429:
        return BackendRateLimited(words)
    if status == 503:
        return NoReward(words) if words.startswith("no valid judgment") else BackendTransportError(words)
    return BackendTransportError(words) if status >= 500 else BackendRequestError(f"{where}: {status}: {words}")
