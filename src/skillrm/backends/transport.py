"""JSON over HTTP on kept connections: one set of connections per event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Literal
from weakref import WeakKeyDictionary

from skillrm.backends.answers import Answer
from skillrm.backends.deadlines import Deadlines
from skillrm.backends.endpoints import Endpoint
from skillrm.backends.routes import Route
from skillrm.backends.wire import BrokenError, Wire
from skillrm.errors import BackendTransportError, ConfigError, Fault
from skillrm.version import __version__

_CLOSED = "this backend was closed"


class Lane:
    """What belongs to one event loop: its connections, and when its attempts end."""

    __slots__ = ("_life", "closed", "deadlines", "routes", "wires")

    def __init__(self) -> None:
        self.routes: dict[Endpoint, Route] = {}
        self.wires: set[Wire] = set()
        self.deadlines, self.closed = Deadlines(), False
        self._life: AsyncGenerator[None] | None = _closed_with_loop(self)

    async def start(self) -> None:
        if self._life is not None:
            await anext(self._life)

    async def close(self) -> None:
        if self._life is not None:
            await self._life.aclose()

    async def end(self) -> None:
        self.closed = True
        for route in self.routes.values():
            route.close()
        for wire in list(self.wires):
            wire.drop(_CLOSED)
        self.routes, self.deadlines, self._life = {}, Deadlines(), None  # they would hold the loop
        await asyncio.sleep(0)  # the loop closes what was dropped


async def _closed_with_loop(lane: Lane) -> AsyncGenerator[None]:
    """`asyncio.run` closes async generators before its loop: so no connection outlives it, and `run()` leaks none."""
    try:
        yield
    finally:
        await lane.end()


class Transport:
    """Sends JSON bodies. `close` is final."""

    def __init__(self, key: str | None, max_bytes: int, method: Literal["GET", "POST"] = "POST") -> None:
        """`max_bytes`: of an answer. Raises `ConfigError` for a key that no header can carry."""
        if key is not None and not (key.isascii() and key.isprintable()):
            raise ConfigError(Fault("the key holds characters that no HTTP header can carry", field="api_key"))
        self._headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": f"skillrm/{__version__}",
        }
        if key:
            self._headers["Authorization"] = f"Bearer {key}"
        self.max_bytes, self._method = max_bytes, method
        self._closed = False
        self._lanes: WeakKeyDictionary[asyncio.AbstractEventLoop, Lane] = WeakKeyDictionary()

    async def lane(self) -> Lane:
        """The running loop's lane. Raises `BackendTransportError` after `close`."""
        loop = asyncio.get_running_loop()
        lane = self._lanes.get(loop)
        if lane is None or lane.closed:
            if self._closed:
                raise BackendTransportError(_CLOSED)
            lane = self._lanes[loop] = Lane()
            await lane.start()
        return lane

    async def send(self, lane: Lane, endpoint: Endpoint, body: bytes = b"") -> Answer | BrokenError:
        """The answer, or how the connection failed. Cancelling it closes the connection."""
        route = lane.routes.get(endpoint)
        if route is None:
            if lane.closed:
                return BrokenError(_CLOSED)
            route = Route(self._method, endpoint, self._headers, self.max_bytes, lane.wires)
            lane.routes[endpoint] = route
        try:
            return await route.ask(body)
        except BrokenError as error:
            return error

    async def close(self) -> None:
        """Close this loop's connections; those of other loops close with their loop."""
        self._closed = True
        lane = self._lanes.pop(asyncio.get_running_loop(), None)
        if lane is not None:
            await lane.close()
