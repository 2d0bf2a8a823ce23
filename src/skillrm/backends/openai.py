"""Chat completions over HTTP: the thin client that every OpenAI-compatible server is reached with."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Mapping, Sequence
from typing import Any

from skillrm.backends.budget import Budget
from skillrm.backends.chat import ChatReply, ChatRequest
from skillrm.backends.decode import Body, Prices, read_body, reply_from
from skillrm.backends.encode import ADAPTABLE, body_of
from skillrm.backends.endpoints import Endpoint, Endpoints
from skillrm.backends.failures import NEVER, Failure, broken_reply, refused
from skillrm.backends.transport import Answer, Lane, Transport
from skillrm.errors import BackendReplyError, BackendTransportError, ConfigError, DeadlineExceeded, Fault

_MAX_REPLY_BYTES = 8 << 20
_log = logging.getLogger(__name__)


class OpenAIBackend:
    """A judge model behind one or several OpenAI-compatible servers.

    Retried, with full jitter and never before `Retry-After`: 408, 409, 425, 429, 5xx and broken connections up to
    `retries` times, replies without a message twice, an attempt that ran out of time once. Never retried: 401, 403,
    context overflow, any other 4xx. Redirects are not followed. Usable from several event loops.
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
        if api_key is not None and not (api_key.isascii() and api_key.isprintable()):
            raise ConfigError(Fault("the key holds characters that no HTTP header can carry", field="api_key"))
        self.model = model
        self._endpoints = Endpoints((base_urls,) if isinstance(base_urls, str) else base_urls)
        self._transport = Transport(api_key, concurrency, max_reply_bytes)
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
        started = time.monotonic()
        until = math.inf if deadline is None else deadline
        unsupported = self._unsupported
        body = body_of(self.model, request, self.extra, unsupported)
        endpoint: Endpoint | None = None
        done = 0
        while True:
            lane = await self._transport.lane()
            await _enter(lane, until)
            endpoint = self._endpoints.take(endpoint)
            try:
                answer = await self._attempt(lane, endpoint, body, until)
                outcome = self._reply(answer, endpoint, done + 1, started) if isinstance(answer, Body) else answer
            finally:
                self._endpoints.release(endpoint)
                if lane.gate is not None:
                    lane.gate.release()
            if isinstance(outcome, ChatReply):
                if self._budget is not None:
                    self._budget.charge(outcome.usage)
                return outcome
            if self._adapts(outcome, unsupported):
                unsupported = self._unsupported
                body = body_of(self.model, request, self.extra, unsupported)
                wait = 0.0
            elif not outcome.worth_retry(done, self._retries):
                raise outcome.error
            else:
                wait = outcome.wait(done)
            if time.monotonic() + wait >= until:
                raise outcome.error
            done += 1
            _log.info("attempt %d failed, the next comes in %.2f s: %s", done, wait, outcome.error)
            await asyncio.sleep(wait)

    async def _attempt(self, lane: Lane, endpoint: Endpoint, body: bytes, until: float) -> Body | Failure:
        left = until - time.monotonic()
        try:
            async with asyncio.timeout(min(self._timeout, left)):
                answer = await self._transport.post(lane, endpoint, body)
        except TimeoutError:
            if left <= self._timeout:
                raise DeadlineExceeded(f"{endpoint.shown}: no reply before the judgment's deadline") from None
            slow = BackendTransportError(f"{endpoint.shown}: no reply within {self._timeout:g} s")
            return Failure(slow, retries=1)  # what was too slow once mostly is again
        if not isinstance(answer, Answer):
            return Failure(BackendTransportError(f"{endpoint.shown}: {self._hide(answer)}"))
        if answer.content is None:
            large = BackendReplyError(f"{endpoint.shown}: the body is larger than {self._transport.max_bytes} bytes")
            return Failure(large, retries=NEVER)
        if not 200 <= answer.status < 300:
            return refused(answer.status, answer.headers, answer.content, endpoint.shown, self._hide)
        try:
            return read_body(answer.content, self._hide)
        except BackendReplyError as error:
            return Failure(BackendReplyError(f"{endpoint.shown}: {error}"), retries=2)

    def _reply(self, body: Body, endpoint: Endpoint, attempts: int, started: float) -> ChatReply | Failure:
        ms = (time.monotonic() - started) * 1e3
        try:
            return reply_from(body, attempts=attempts, ms=ms, prices=self._prices)
        except BackendReplyError as error:
            return broken_reply(body, error, endpoint.shown, self._hide)

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
        await self._transport.close()


async def _enter(lane: Lane, until: float) -> None:
    """Wait for a place among the calls in flight. Raises `DeadlineExceeded`."""
    left = until - time.monotonic()
    if left <= 0:
        raise DeadlineExceeded("no time is left for a call")
    if lane.gate is None:
        return
    try:
        async with asyncio.timeout(None if left == math.inf else left):
            await lane.gate.acquire()
    except TimeoutError:
        raise DeadlineExceeded("the deadline passed before a call was free") from None
