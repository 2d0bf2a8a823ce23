"""The door: who may come in, how much, for how long; and what is written down when they leave.

A plain ASGI application around FastAPI's: it reads the body (bounded in bytes and in time) before anything else sees
the request, and cancels the work when the client leaves.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import hmac
from collections.abc import Awaitable, Callable, MutableMapping
from hashlib import sha256
from typing import Any

from skillrm.service.admission import Admission
from skillrm.service.metrics import Metrics
from skillrm.service.refusing import BROKEN, Refused
from skillrm.service.settings import Settings
from skillrm.service.visit import KEY, Visit

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

OPEN = frozenset({"/healthz", "/readyz"})
_SLOW_LINE = 10_000
"""Bytes a second that a body must come with, beside the settings' patience."""


class Guard:
    """`work`: the paths whose requests bring a body and are judged. `draining` is set before the end."""

    def __init__(
        self, app: Asgi, settings: Settings, admission: Admission, metrics: Metrics, work: frozenset[str]
    ) -> None:
        self._app, self._settings, self._admission, self._metrics, self._work = app, settings, admission, metrics, work
        self._tokens = tuple(sha256(token.encode()).digest() for token in settings.tokens)
        self.draining = False

    @property
    def accepted(self) -> int:
        """Requests that have no answer yet."""
        return self._admission.requests + self._admission.waiting_for_group

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        visit = scope[KEY] = Visit.of(scope, headers)

        async def answer(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                visit.started, visit.status = True, message["status"]
                more = [(b"x-request-id", visit.id.encode())]
                if self.draining:
                    more.append((b"connection", b"close"))
                message["headers"] = [*message.get("headers", ()), *more]
            await send(message)

        try:
            await self._admit(scope, headers, visit, receive, answer)
        except Refused as refused:
            self._metrics.refused.labels(str(refused.status)).inc()
            await _tell(refused, visit, answer)
        except Exception as error:  # FastAPI answered 500 already, or the answer broke off: uvicorn closes the line
            visit.broke(error)
            if not visit.started:
                await _tell(BROKEN, visit, answer)
        finally:
            self._leave(visit)

    async def _admit(
        self, scope: Scope, headers: dict[bytes, bytes], visit: Visit, receive: Receive, send: Send
    ) -> None:
        if self._tokens and visit.path not in OPEN:
            known = self._known(headers.get(b"authorization", b""))
            if known is None:
                wrong = b"authorization" in headers
                needed = "a token is needed: Authorization: Bearer TOKEN"
                raise Refused(401, "this token lets nobody in" if wrong else needed)
            visit.client = str(known)
        if visit.path not in self._work or visit.method != "POST":
            await self._app(scope, receive, send)
            return
        self._admission.enter()
        try:
            visit.body = await self._body(headers, visit, receive)
            if not visit.gone:
                await self._watched(scope, visit, receive, send)
        finally:
            self._admission.leave(visit.held, visit.seconds)

    def _known(self, authorization: bytes) -> int | None:
        """Which token a bearer has, or the password of a `http://any:TOKEN@host` URL: some trainers can send nothing
        else.
        """
        kind, _, given = authorization.partition(b" ")
        if kind.lower() == b"basic":
            with contextlib.suppress(binascii.Error, ValueError):
                given = base64.b64decode(given.strip(), validate=True).partition(b":")[2]
        elif kind.lower() != b"bearer":
            given = b""
        digest = sha256(given.strip()).digest()
        matches = [hmac.compare_digest(digest, token) for token in self._tokens]  # all are compared
        return matches.index(True) if any(matches) else None

    async def _body(self, headers: dict[bytes, bytes], visit: Visit, receive: Receive) -> bytes:
        most, told = self._settings.max_body, headers.get(b"content-length", b"0")
        length = int(told) if told.isdigit() else 0
        if length > most:
            raise Refused(413, f"the body has more than {most} bytes", close=True)
        self._hold(visit, length)
        chunks: list[bytes] = []
        size, more = 0, True
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._settings.patience
        while more:
            try:
                async with asyncio.timeout_at(deadline + size / _SLOW_LINE):
                    message = await receive()
            except TimeoutError:
                raise Refused(408, "the body came too slowly", close=True) from None
            if message["type"] == "http.disconnect":
                visit.gone = True
                return b""
            chunk, more = message.get("body", b""), message.get("more_body", False)
            size += len(chunk)
            if size > most:
                raise Refused(413, f"the body has more than {most} bytes", close=True)
            self._hold(visit, size)
            chunks.append(chunk)
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def _hold(self, visit: Visit, size: int) -> None:
        if size > visit.held:
            self._admission.hold(size - visit.held)
            visit.held = size

    async def _watched(self, scope: Scope, visit: Visit, receive: Receive, send: Send) -> None:
        """Run the application; when the client leaves, cancel it, and with it the judge's calls."""
        task = asyncio.current_task()
        assert task is not None

        async def watch() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass
            if not visit.gone:
                visit.gone = True
                task.cancel()

        watcher = asyncio.ensure_future(watch())
        try:
            await self._app(scope, _nothing_more, send)
        except asyncio.CancelledError:
            if not visit.gone or task.uncancel():
                raise
        finally:
            watcher.cancel()

    def _leave(self, visit: Visit) -> None:
        path = visit.path if visit.path in self._work or visit.path in OPEN else "other"
        self._metrics.requests.labels(path, "499" if visit.gone else str(visit.status)).inc()
        self._metrics.seconds.labels(path).observe(visit.seconds)
        if self._settings.log:
            visit.log()


async def _nothing_more() -> MutableMapping[str, Any]:
    """The body lies in the visit, and leaving is watched elsewhere."""
    await asyncio.Event().wait()
    raise AssertionError


async def _tell(refused: Refused, visit: Visit, send: Send) -> None:
    body = refused.body(visit.id)
    headers = [*refused.headers(), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
