"""The way to one endpoint: what stands in each request's head, connections put aside, and how a new one is opened."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Mapping
from functools import cached_property
from socket import AI_NUMERICHOST, AI_NUMERICSERV, IPPROTO_TCP, SOCK_STREAM, gaierror, getaddrinfo
from typing import Any, Final

from aiohappyeyeballs import start_connection

from skillrm.backends.answers import Answer
from skillrm.backends.endpoints import Endpoint
from skillrm.backends.proxies import Proxy, Tunnel, basic, proxy_of
from skillrm.backends.wire import BrokenError, Wire, said

_KEPT: Final = 4.0
"""Seconds an idle connection is kept; uvicorn and node close theirs after 5, and whoever writes then loses a call."""
_CONNECT: Final = 15.0
_NAMES: Final = 300.0
"""Seconds that a host's addresses are remembered."""
_NEXT_ADDRESS: Final = 0.25


class Route:
    """Belongs to one event loop."""

    def __init__(
        self, method: str, endpoint: Endpoint, headers: Mapping[str, str], most: int, wires: set[Wire]
    ) -> None:
        """`most`: bytes of an answer's content. `wires`: where open connections are listed."""
        self._endpoint, self._most, self._wires = endpoint, most, wires
        self._loop = asyncio.get_running_loop()
        self._fault, self._proxy = "", None
        try:
            self._proxy = proxy_of(endpoint)
        except ValueError as error:
            self._fault = str(error)
        self._head = _head(method, endpoint, headers, self._proxy)
        self._idle: deque[Wire] = deque()  # by how long
        self._sweeping: asyncio.TimerHandle | None = None
        self._lookup: asyncio.Task[list[Any] | OSError] | None = None
        self._looked, self._turn, self._closed = 0.0, 0, False

    async def ask(self, body: bytes) -> Answer:
        """Raises `BrokenError`. A kept connection that the server had closed costs nothing but another one."""
        request = b"%b%d\r\n\r\n%b" % (self._head, len(body), body)
        wire = self._kept()
        if wire is None:
            return await self._asked(await self._open(), request)
        try:
            return await self._asked(wire, request)
        except BrokenError as error:
            if not error.stale:
                raise
        try:
            return (await self._asked(await self._open(), request))._replace(sent=2)
        except BrokenError as error:
            error.sent = 2
            raise

    async def _asked(self, wire: Wire, request: bytes) -> Answer:
        answer = await wire.ask(request)
        if wire.can_go_on():
            wire.since = self._loop.time()
            self._idle.append(wire)
            if self._sweeping is None:
                self._sweeping = self._loop.call_later(_KEPT, self._sweep)
        return answer

    def close(self) -> None:
        """Forget what is under way; the connections themselves are closed by whoever lists them."""
        self._closed = True
        if self._sweeping is not None:
            self._sweeping.cancel()
        self._idle.clear()

    def _kept(self) -> Wire | None:
        idle = self._idle
        while idle:
            wire = idle.pop()
            if wire.is_open:
                if self._loop.time() - wire.since < _KEPT:
                    return wire
                wire.drop()
        return None

    def _sweep(self) -> None:
        idle, oldest = self._idle, self._loop.time() - _KEPT
        while idle and (idle[0].since <= oldest or not idle[0].is_open):
            idle.popleft().drop()
        self._sweeping = self._loop.call_at(idle[0].since + _KEPT, self._sweep) if idle else None

    async def _open(self) -> Wire:
        if self._fault or self._closed:
            raise BrokenError(self._fault or "the connections were closed")
        try:
            async with asyncio.timeout(_CONNECT):
                wire = await self._connected()
        except TimeoutError:
            raise BrokenError(f"no connection within {_CONNECT:g} s") from None
        except (OSError, RuntimeError, ValueError) as error:  # uvloop raises RuntimeError where a socket is closed
            raise BrokenError(f"cannot connect: {said(error)}") from None
        if self._closed:
            wire.drop()
            raise BrokenError("the connections were closed")
        return wire

    async def _connected(self) -> Wire:
        wire, to = Wire(self._most, self._wires), self._proxy or self._endpoint
        if self._proxy is not None and self._endpoint.scheme == "https":
            return await self._through(self._proxy, wire)
        await self._connect(wire, to.scheme, to.host, to.port)
        return wire

    async def _through(self, proxy: Proxy, wire: Wire) -> Wire:
        tunnel = Tunnel()
        transport = await self._connect(tunnel, proxy.scheme, proxy.host, proxy.port)
        try:
            await tunnel.open(transport, proxy, self._endpoint)
            secure = await self._loop.start_tls(transport, wire, self._tls, server_hostname=self._endpoint.host)
        except BaseException:
            transport.abort()
            raise
        if secure is None:
            raise ConnectionError("the proxy closed the connection")
        wire.connection_made(secure)
        return wire

    async def _connect(self, protocol: asyncio.Protocol, scheme: str, host: str, port: int) -> asyncio.Transport:
        try:
            sock = await start_connection(await self._addresses(host, port), happy_eyeballs_delay=_NEXT_ADDRESS)
        except OSError:
            self._lookup = None  # the host may have moved
            raise
        secure: dict[str, Any] = {"ssl": self._tls, "server_hostname": host} if scheme == "https" else {}
        return (await self._loop.create_connection(lambda: protocol, sock=sock, **secure))[0]

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context()  # takes 20 ms, so never before it is needed
        context.set_alpn_protocols(["http/1.1"])
        return context

    async def _addresses(self, host: str, port: int) -> list[Any]:
        """Each connection begins with another address, so that servers behind one name share the calls."""
        try:
            return getaddrinfo(host, port, type=SOCK_STREAM, proto=IPPROTO_TCP, flags=AI_NUMERICHOST | AI_NUMERICSERV)
        except gaierror:
            pass
        now = self._loop.time()
        if self._lookup is None or (self._lookup.done() and now - self._looked > _NAMES):
            self._looked, self._lookup = now, self._loop.create_task(self._looked_up(host, port))
        found = await asyncio.shield(self._lookup)  # of many who wait, one may be cancelled
        if isinstance(found, OSError):
            self._lookup = None
            raise found
        self._turn = (self._turn + 1) % len(found)
        return found[self._turn :] + found[: self._turn]

    async def _looked_up(self, host: str, port: int) -> list[Any] | OSError:
        try:
            return await self._loop.getaddrinfo(host, port, type=SOCK_STREAM, proto=IPPROTO_TCP)
        except OSError as error:
            return error


def _head(method: str, endpoint: Endpoint, headers: Mapping[str, str], proxy: Proxy | None) -> bytes:
    """All of the head but the length of the body."""
    plain = proxy is not None and endpoint.scheme == "http"
    target = f"http://{endpoint.netloc}{endpoint.target}" if plain else endpoint.target
    fields = {"Host": endpoint.netloc, **headers}
    if endpoint.user is not None:  # they take the place of the key for that server
        fields["Authorization"] = basic(*endpoint.user)
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{method} {target} HTTP/1.1\r\n{lines}{proxy.head if proxy and plain else ''}Content-Length: ".encode()
