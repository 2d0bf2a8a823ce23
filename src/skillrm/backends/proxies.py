"""The proxy that the environment names for a host, and the tunnel through it."""

from __future__ import annotations

import asyncio
import base64
import re
import urllib.request
from typing import Final
from urllib.parse import unquote, urlsplit

from skillrm.backends.endpoints import Endpoint

_MOST_HEAD: Final = 64 << 10
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")
_PORTS: Final = {"http": 80, "https": 443}


class Proxy:
    """An HTTP proxy. `head` is what it wants to see in a request's head: its user and password, or nothing."""

    __slots__ = ("head", "host", "port", "scheme")

    def __init__(self, url: str) -> None:
        """Raises `ValueError` for what is none, such as `socks5://`."""
        parts = urlsplit(url if "://" in url else f"http://{url}")
        self.scheme, self.host = parts.scheme, parts.hostname or ""
        if self.scheme not in _PORTS or not self.host:
            raise ValueError(f"the environment names a proxy that is no http(s)://host:port: a {parts.scheme} one")
        self.port = parts.port or _PORTS[self.scheme]
        self.head = ""
        if parts.username or parts.password:
            self.head = (
                f"Proxy-Authorization: {basic(unquote(parts.username or ''), unquote(parts.password or ''))}\r\n"
            )


def proxy_of(endpoint: Endpoint) -> Proxy | None:
    """By `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`; loopback is never proxied. Raises `ValueError`."""
    host = endpoint.host
    if host in ("localhost", "::1") or host.startswith("127."):
        return None
    url = urllib.request.getproxies().get(endpoint.scheme)
    return Proxy(url) if url and not urllib.request.proxy_bypass(f"{host}:{endpoint.port}") else None


def basic(user: str, password: str) -> str:
    """The value of an `Authorization` field."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode("utf-8", "replace")).decode()


class Tunnel(asyncio.Protocol):
    """A fresh connection to a proxy, until it has opened the way to a server."""

    def __init__(self) -> None:
        self._head = b""
        self._done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def open(self, transport: asyncio.Transport, proxy: Proxy, endpoint: Endpoint) -> None:
        """Raises `ConnectionError`."""
        host = f"[{endpoint.host}]" if ":" in endpoint.host else endpoint.host
        target = f"{host}:{endpoint.port}"
        transport.write(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{proxy.head}\r\n".encode())
        await self._done

    def data_received(self, data: bytes) -> None:
        self._head += data
        if self._done.done() or (b"\r\n\r\n" not in self._head and len(self._head) <= _MOST_HEAD):
            return
        status = _STATUS.match(self._head)
        if status is not None and status[1].startswith(b"2") and self._head.endswith(b"\r\n\r\n"):
            self._done.set_result(None)
        else:
            said = f"HTTP {status[1].decode()}" if status else "no HTTP"
            self._done.set_exception(ConnectionError(f"the proxy answers {said} to CONNECT"))

    def connection_lost(self, error: Exception | None) -> None:
        if not self._done.done():
            self._done.set_exception(ConnectionError("the proxy closed the connection"))
