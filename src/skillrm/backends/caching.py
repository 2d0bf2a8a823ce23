"""Replies that are already known, and identical requests in flight sent once."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import msgspec

from skillrm.backends.chat import Backend, ChatReply, ChatRequest
from skillrm.backends.encode import body_of
from skillrm.errors import DeadlineExceeded

_FORMAT = b"skillrm chat reply 1\0"
"""Part of every key; another number makes all kept replies unknown."""


class ReplyCache(Protocol):
    """Bytes by key. Both calls are quick and raise nothing: a value that cannot be read or kept is a miss."""

    def get(self, key: bytes) -> bytes | None: ...

    def put(self, key: bytes, value: bytes) -> None: ...


@dataclass(slots=True)
class _Flight:
    """One request on its way, and how many calls wait for its reply."""

    reply: asyncio.Task[ChatReply]
    waiting: int = 0


class CachingBackend:
    """Answers from `cache` what `backend` has answered before.

    Two requests are the same when their bodies are: model, messages, tools, sampling, seed, every further field; the
    server's address is no part of it. Only requests that ask for one certain reply are kept: temperature 0, or a
    seed. An error is never kept, nor a reply that was cut off or says nothing. Equal requests in flight are sent once;
    a call that is cancelled leaves the others their reply, and the last one takes the request with it.
    """

    def __init__(self, backend: Backend, cache: ReplyCache) -> None:
        """`aclose` closes `backend`; the cache belongs to who made it."""
        self.model = backend.model
        self._backend, self._cache = backend, cache
        self._extra: Mapping[str, Any] = getattr(backend, "extra", {})
        self._flights: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[bytes, _Flight]] = WeakKeyDictionary()

    async def chat(self, request: ChatRequest, *, deadline: float | None = None) -> ChatReply:
        """The reply of the cache (`cached` is then true, `usage` what it once cost), else the backend's."""
        if not self._keeps(request):
            return await self._backend.chat(request, deadline=deadline)
        key = request_key(self.model, request, self._extra)
        while True:
            known = self._known(key)
            if known is not None:
                return known
            flights = self._flights.setdefault(asyncio.get_running_loop(), {})
            flight = flights.get(key)
            if flight is None:
                reply = asyncio.create_task(self._asked(key, request, deadline))
                flight = flights[key] = _Flight(reply)
                reply.add_done_callback(partial(_forget, flights, key))
            try:
                return await _landed(flights, key, flight, deadline)
            except DeadlineExceeded:  # of the call that sent it; this one may have time left
                if not flight.reply.done() or (deadline is not None and time.monotonic() >= deadline):
                    raise

    def _keeps(self, request: ChatRequest) -> bool:
        def sent(name: str, own: float | None) -> Any:
            return request.extra.get(name, self._extra.get(name) if own is None else own)

        return sent("temperature", request.temperature) == 0 or sent("seed", request.seed) is not None

    def _known(self, key: bytes) -> ChatReply | None:
        value = self._cache.get(key)
        if value is None:
            return None
        try:
            return _DECODER.decode(value)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return None

    async def _asked(self, key: bytes, request: ChatRequest, deadline: float | None) -> ChatReply:
        reply = await self._backend.chat(request, deadline=deadline)
        if not reply.truncated and (reply.text or reply.tool_calls):
            self._cache.put(key, _ENCODER.encode(replace(reply, cached=True, attempts=0, ms=0.0)))
        return reply

    async def aclose(self) -> None:
        await self._backend.aclose()


def request_key(model: str, request: ChatRequest, extra: Mapping[str, Any] | None = None) -> bytes:
    """SHA-256 of the body that is sent for `request`, with the backend's own `extra` fields."""
    return hashlib.sha256(_FORMAT + body_of(model, request, extra or {})).digest()


async def _landed(flights: dict[bytes, _Flight], key: bytes, flight: _Flight, deadline: float | None) -> ChatReply:
    """The reply of a shared request. Raises what the request raised, and `DeadlineExceeded`."""
    flight.waiting += 1
    try:
        left = None if deadline is None else deadline - time.monotonic()
        done, _ = await asyncio.wait((flight.reply,), timeout=left)
    finally:
        flight.waiting -= 1
        if not flight.waiting and not flight.reply.done():
            _forget(flights, key, flight.reply)  # at once: whoever asks next sends it anew
            flight.reply.cancel()
    if not done:
        raise DeadlineExceeded("no reply before the judgment's deadline")
    return flight.reply.result()


def _forget(flights: dict[bytes, _Flight], key: bytes, reply: asyncio.Task[ChatReply]) -> None:
    if key in flights and flights[key].reply is reply:
        del flights[key]
    if reply.done() and not reply.cancelled():
        reply.exception()  # whoever waits has it; with nobody left it is nobody's loss


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(ChatReply)
