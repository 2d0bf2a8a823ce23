"""HTTP POST on kept connections: one aiohttp session per event loop."""

from __future__ import annotations

import asyncio
import base64
import io
import urllib.request
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Final
from weakref import WeakKeyDictionary

import aiohttp
from yarl import URL

from skillrm.backends.deadlines import Deadlines
from skillrm.backends.endpoints import Endpoint
from skillrm.errors import BackendTransportError
from skillrm.version import __version__

_KEPT = 4.0
"""Seconds an idle connection is kept; uvicorn and node close theirs after 5, and whoever writes then loses a call."""
_CONNECT = 15.0
_LARGE = 1 << 20
_BROKEN: Final = (aiohttp.ClientError, OSError, EOFError, ValueError, RuntimeError)
"""What aiohttp raises for what servers do; ValueError and RuntimeError come out of its parsers and dying sessions."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, read to its end; `content` is None where it was larger than allowed."""

    status: int
    headers: Mapping[str, str]
    content: bytes | None


class Lane:
    """What belongs to one event loop: its session, and when its attempts end."""

    __slots__ = ("_life", "deadlines", "session")

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.session, self.deadlines = session, Deadlines()
        self._life = _closed_with_loop(session)

    async def start(self) -> None:
        await anext(self._life)

    async def close(self) -> None:
        await self._life.aclose()
        await self.session.close()


async def _closed_with_loop(session: aiohttp.ClientSession) -> AsyncGenerator[None]:
    """`asyncio.run` closes async generators before its loop: so no session outlives it, and `run()` leaks none."""
    try:
        yield
    finally:
        await session.close()


class Transport:
    """Posts JSON bodies. `close` is final."""

    def __init__(self, key: str | None, max_bytes: int) -> None:
        self._headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": f"skillrm/{__version__}",
        }
        if key:
            self._headers["Authorization"] = f"Bearer {key}"
        self.max_bytes = max_bytes
        self._closed = False
        self._lanes: WeakKeyDictionary[asyncio.AbstractEventLoop, Lane] = WeakKeyDictionary()
        self._routes: dict[Endpoint, tuple[URL | None, dict[str, str] | None]] = {}

    async def lane(self) -> Lane:
        """The running loop's lane. Raises `BackendTransportError` after `close`."""
        loop = asyncio.get_running_loop()
        lane = self._lanes.get(loop)
        if lane is None or lane.session.closed:
            if self._closed:
                raise BackendTransportError("this backend was closed")
            connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEPT, ttl_dns_cache=300)
            session = aiohttp.ClientSession(
                connector=connector,
                headers=self._headers,
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT),
            )
            lane = self._lanes[loop] = Lane(session)
            await lane.start()
        return lane

    async def post(self, lane: Lane, endpoint: Endpoint, body: bytes) -> Answer | str:
        """The answer, or in one line how the connection failed. Cancelling it closes the connection."""
        route = self._routes.get(endpoint)
        if route is None:
            route = self._routes[endpoint] = (_proxy(endpoint.url), _own_headers(endpoint))
        data = body if len(body) < _LARGE else io.BytesIO(body)  # aiohttp copies large bytes in one go, and says so
        try:
            async with lane.session.post(
                endpoint.url, data=data, headers=route[1], proxy=route[0], allow_redirects=False
            ) as response:
                return Answer(response.status, response.headers, await self._content(response))
        except _BROKEN as error:  # only its kind and reason: the request inside some of them holds the key
            return f"{type(error).__name__}: {_reason(error)}"

    async def _content(self, response: aiohttp.ClientResponse) -> bytes | None:
        length = response.content_length
        if length is not None and length > self.max_bytes:
            response.close()
            return None
        if length is not None and "Content-Encoding" not in response.headers:
            return await response.read()
        chunks, size = [], 0
        async for chunk in response.content.iter_any():
            size += len(chunk)
            if size > self.max_bytes:
                response.close()
                return None
            chunks.append(chunk)
        return b"".join(chunks)

    async def close(self) -> None:
        """Close this loop's connections; those of other loops close with their loop."""
        self._closed = True
        lane = self._lanes.pop(asyncio.get_running_loop(), None)
        if lane is not None:
            await lane.close()


def _reason(error: Exception) -> str:
    said = error.message if isinstance(error, aiohttp.ClientResponseError) else str(error)
    return str(said).splitlines()[0][:200] if said else "no reason given"


def _own_headers(endpoint: Endpoint) -> dict[str, str] | None:
    """Basic credentials of a `user:password@host` URL; they take the place of the key for that server."""
    if endpoint.user is None:
        return None
    return {"Authorization": "Basic " + base64.b64encode(":".join(endpoint.user).encode()).decode()}


def _proxy(url: URL) -> URL | None:
    """The proxy that the environment names for this host, asked once; loopback is never proxied."""
    host = url.host or ""
    if host in ("localhost", "::1") or host.startswith("127."):
        return None
    proxy = urllib.request.getproxies().get(url.scheme)
    if not proxy or urllib.request.proxy_bypass(f"{host}:{url.port}"):
        return None
    return URL(proxy)
