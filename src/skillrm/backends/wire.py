"""One connection to a server: a request goes out, its answer comes back, again and again."""

from __future__ import annotations

import asyncio
from typing import Final, cast

from skillrm.backends.answers import Answer, AnswerReader, GarbledError

_STALE: Final = 1.0
"""Seconds within which a kept connection shows that the server had closed it before the request came."""
_CLOSED: Final = "the server closed the connection without an answer"


class BrokenError(Exception):
    """No answer, and in one line why. `stale`: a kept connection that the server had closed, as far as one can tell."""

    def __init__(self, reason: str, stale: bool = False) -> None:
        super().__init__(reason)
        self.stale, self.sent = stale, 1


class Wire(asyncio.Protocol):
    """Belongs to one event loop. Takes one request at a time."""

    __slots__ = ("_answered", "_began", "_loop", "_open", "_reader", "_served", "_transport", "_wires", "since")

    def __init__(self, most: int, wires: set[Wire]) -> None:
        """`most`: bytes of an answer's content. `wires`: where it is listed as long as it is open."""
        self._reader = AnswerReader(most)
        self._loop = asyncio.get_running_loop()
        self._answered: asyncio.Future[Answer] | None = None
        self._wires, self._open, self._served, self._began = wires, False, False, 0.0
        self.since = 0.0
        """When it was last put aside."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport, self._open = cast(asyncio.Transport, transport), True
        self._wires.add(self)

    async def ask(self, request: bytes) -> Answer:
        """The answer to `request`. Raises `BrokenError`; cancelling it closes the connection at once."""
        if not self._open:
            raise BrokenError(_CLOSED)
        loop = self._loop
        answered: asyncio.Future[Answer] = loop.create_future()
        self._answered = answered
        self._began = loop.time()
        self._transport.write(request)
        try:
            return await answered
        except BaseException:
            self.drop()
            raise
        finally:
            self._answered = None

    def can_go_on(self) -> bool:
        """Whether another request may go out, now that the answer is there; closes the connection if not."""
        if self._open and self._reader.kept and not self._transport.get_write_buffer_size():
            self._reader.start()
            self._served = True
            return True
        self.drop()
        return False

    @property
    def is_open(self) -> bool:
        return self._open

    def drop(self, reason: str = "the connection was closed") -> None:
        """Close at once, whatever is under way."""
        if self._open:
            self._open = False
            self._wires.discard(self)
        self._transport.abort()
        self._fail(reason)

    def data_received(self, data: bytes) -> None:
        answered = self._answered
        if answered is None or answered.done():  # said unasked, mostly that it closes for want of a request
            self.drop()
            return
        try:
            answer = self._reader.feed(data)
        except GarbledError as error:
            self.drop(str(error))
            return
        if answer is not None:
            answered.set_result(answer)

    def eof_received(self) -> None:
        self._ended(None)

    def connection_lost(self, error: Exception | None) -> None:
        self._wires.discard(self)
        if self._open:
            self._ended(error)

    def _ended(self, error: Exception | None) -> None:
        self._open = False
        answered = self._answered
        if answered is None or answered.done():
            return
        try:
            answer = None if error else self._reader.end()
        except GarbledError as garbled:
            self._fail(str(garbled))
            return
        if answer is not None:
            answered.set_result(answer)
        elif error is not None:
            self._fail(said(error))
        elif self._reader.received:
            self._fail("the server closed the connection in the middle of its answer")
        else:
            self._fail(_CLOSED)

    def _fail(self, reason: str) -> None:
        answered = self._answered
        if answered is not None and not answered.done():
            unseen = self._served and not self._reader.received and self._loop.time() - self._began < _STALE
            answered.set_exception(BrokenError(reason, unseen))


def said(error: Exception) -> str:
    """An error of the system in one line."""
    reason = str(error).splitlines()
    return f"{type(error).__name__}: {reason[0][:200]}" if reason else type(error).__name__
