"""uvicorn's HTTP protocol with what it leaves open: a head that never ends, a client that never reads, and more of them
than there are descriptors for.
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from skillrm.service.settings import Settings

_LARGEST_HEAD = 64 << 10
_FULL = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
_STALLED = 60.0
"""Seconds that an answer may wait for the client to read on."""


class Patient(HttpToolsProtocol):
    """Cuts a connection whose request head is not there in time, or that does not take its answer."""

    _head: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None
    _bytes = 0

    @property
    def _settings(self) -> Settings | None:
        return getattr(self.config.app, "settings", None)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if self._settings is not None and len(self.connections) > self._settings.connections:
            transport.write(_FULL)
            transport.close()
            return
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_came()
        self._read_on()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._head is not None:
            self._bytes += len(data)
            if self._bytes - len(data) > _LARGEST_HEAD:
                self.transport.abort()
                return
        super().data_received(data)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._await_head()

    def on_headers_complete(self) -> None:
        self._head_came()
        super().on_headers_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread = self.loop.call_later(_STALLED, self.transport.abort)

    def resume_writing(self) -> None:
        self._read_on()
        super().resume_writing()

    def _await_head(self) -> None:
        if self._head is None:
            self._bytes = 0
            patience = self._settings.patience if self._settings is not None else 10.0
            self._head = self.loop.call_later(patience, self.transport.abort)

    def _head_came(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def _read_on(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None
