"""Chat completions over HTTP: the thin client that every OpenAI-compatible server is reached with."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from skillrm.backends.answers import Answer
from skillrm.backends.budget import Budget
from skillrm.backends.chat import ChatReply, ChatRequest
from skillrm.backends.decode import Prices, read_body, reply_from
from skillrm.backends.encode import ADAPTABLE, body_of
from skillrm.backends.endpoints import Endpoint, endpoints
from skillrm.backends.failures import NEVER, Failure, broken_reply, refused
from skillrm.backends.gate import Call, Gate
from skillrm.backends.transport import Transport
from skillrm.backends.usual import usual_reply
from skillrm.errors import BackendReplyError, BackendTransportError, ConfigError, DeadlineExceeded, Fault

_MAX_REPLY_BYTES = 8 << 20
_log = logging.getLogger(__name__)


class OpenAIBackend:
    """A judge model behind one or several OpenAI-compatible servers.

    Retried with full jitter: 408, 409, 425, 5xx and broken connections up to `retries` times, 429 four times as often,
    replies without a message twice, an attempt that ran out of time once. Never retried: 401, 403, context overflow,
    any other 4xx. Waiting is no retry: for a place, for the end of a `Retry-After`, for a server that is away (see
    `gate` and `pace`). Redirects are not followed. Usable from several event loops, which do not know of each other.
    """

    def __init__(
        self,
        model: str,
        base_urls: str | Sequence[str],
        api_key: str | None = None,
        *,
        timeout: float = 120.0,
        retries: int = 4,
        concurrency: int | None = None,
        prices: Prices | None = None,
        extra: Mapping[str, Any] | None = None,
        budget: Budget | None = None,
        max_reply_bytes: int = _MAX_REPLY_BYTES,
    ) -> None:
        """`timeout`: seconds for one attempt. `concurrency`: calls in flight per event loop. `prices`: US dollars per
        million (prompt, completion) tokens. `extra`: body fields of every request. `budget`: charged with
        every reply. Raises `ConfigError`.
        """
        if not timeout > 0 or retries < 0 or (concurrency is not None and concurrency < 1):
            raise ConfigError(Fault("timeout must be above 0, retries not negative, concurrency at least 1"))
        self.model = model
        self._endpoints = endpoints(base_urls)
        self._transport = Transport(api_key, max_reply_bytes)
        self._concurrency = concurrency
        self._gates: WeakKeyDictionary[asyncio.AbstractEventLoop, Gate] = WeakKeyDictionary()
        self._secrets = tuple(s for s in (api_key, *(e.user[1] for e in self._endpoints if e.user)) if s)
        self._timeout, self._retries, self._prices = timeout, retries, prices
        self.extra: Mapping[str, Any] = dict(extra or {})
        self._unsupported, self._budget = frozenset[str](), budget
        if budget is not None:
            budget.require_prices(prices)

    def __repr__(self) -> str:
        return f"OpenAIBackend({self.model!r}, {[endpoint.shown for endpoint in self._endpoints]})"

    async def chat(self, request: ChatRequest, *, deadline: float | None = None) -> ChatReply:
        """One reply, after retries; see `Backend.chat`."""
        call = Call(time.monotonic(), math.inf if deadline is None else deadline)
        gate = self._gate()
        unsupported = self._unsupported
        body = body_of(self.model, request, self.extra, unsupported)
        failure: Failure | None = None
        spent: dict[object, int] = {}  # by kind of failure, so that one kind does not use up another's retries
        while True:
            outcome = await self._through(gate, call, body, failure)
            if isinstance(outcome, ChatReply):
                if self._budget is not None:
                    self._budget.charge(outcome.usage)
                return outcome
            failure = outcome
            if self._adapts(failure, unsupported):
                unsupported = self._unsupported
                body = body_of(self.model, request, self.extra, unsupported)
                continue
            if not (call.probe and failure.away):  # a probe is sent for all, so it is no retry of this call
                spent[failure.kind] = spent.get(failure.kind, 0) + 1
            if spent.get(failure.kind, 0) > failure.allowed(self._retries):
                raise failure.error
            wait = 0.0 if gate.tells_when(call) else failure.wait(call.attempts - 1)
            if time.monotonic() + wait >= call.until:
                raise failure.error
            _log.info("attempt %d failed: %s", call.attempts, failure.error)
            await asyncio.sleep(wait)

    async def _through(self, gate: Gate, call: Call, body: bytes, failure: Failure | None) -> ChatReply | Failure:
        """One attempt, once the gate lets it through; `failure` is how the one before ended."""
        try:
            pace = await gate.enter(call)
        except DeadlineExceeded:
            if failure is None:
                raise
            raise failure.error from None  # it says more
        outcome: ChatReply | Failure | None = None
        try:
            outcome = await self._attempt(pace.endpoint, body, call)
        finally:
            if outcome is None:
                gate.leave(call, pace)
            elif isinstance(outcome, Failure):
                gate.fail(call, pace, outcome)
            else:
                gate.answer(call, pace)
        return outcome

    async def _attempt(self, endpoint: Endpoint, body: bytes, call: Call) -> ChatReply | Failure:
        lane = await self._transport.lane()
        ends = call.began + self._timeout
        try:
            with lane.deadlines.until(min(ends, call.until)):
                answer = await self._transport.send(lane, endpoint, body)
        except TimeoutError:
            if call.until <= ends:
                raise DeadlineExceeded(f"{endpoint.shown}: no reply before the judgment's deadline") from None
            slow = BackendTransportError(f"{endpoint.shown}: no reply within {self._timeout:g} s")
            return Failure(slow, retries=1, overload=True, down=True)  # what was too slow once mostly is again
        call.attempts += answer.sent - 1
        if not isinstance(answer, Answer):
            reason = self._hide(str(answer))
            return Failure(BackendTransportError(f"{endpoint.shown}: {reason}"), down=True, away=True)
        if answer.content is None:
            large = BackendReplyError(f"{endpoint.shown}: the body is larger than {self._transport.max_bytes} bytes")
            return Failure(large, retries=NEVER)
        if not 200 <= answer.status < 300:
            return refused(answer.status, answer.headers, answer.content, endpoint.shown, self._hide)
        attempts, ms, prices = call.attempts, (time.monotonic() - call.since) * 1e3, self._prices
        reply = usual_reply(answer.content, attempts=attempts, ms=ms, prices=prices)
        if reply is not None:
            return reply
        try:
            said = read_body(answer.content, self._hide)
        except BackendReplyError as error:
            return Failure(BackendReplyError(f"{endpoint.shown}: {error}"), retries=2)
        try:
            return reply_from(said, attempts=attempts, ms=ms, prices=prices)
        except BackendReplyError as error:
            return broken_reply(said, error, endpoint.shown, self._hide)

    def _gate(self) -> Gate:
        loop = asyncio.get_running_loop()
        gate = self._gates.get(loop)
        if gate is None:
            gate = self._gates[loop] = Gate(self._endpoints, self._timeout, self._concurrency)
        return gate

    def _adapts(self, failure: Failure, sent_without: frozenset[str]) -> bool:
        """Some hosted models refuse `max_tokens`, `temperature` or `seed`: do without from now on, and say so once."""
        name = failure.param
        if name is None or name not in ADAPTABLE or name in sent_without:
            return False
        if name not in self._unsupported:
            _log.warning("%s refuses %s: it is %s from now on", self.model, name, ADAPTABLE[name])
            self._unsupported |= {name}
        return True

    def _hide(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text

    async def aclose(self) -> None:
        """Close the connections; calls in flight fail, later ones too."""
        self._gate().close()
        await self._transport.close()
