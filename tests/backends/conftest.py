"""Fixtures for tests of connections."""

from __future__ import annotations

import gc
import ssl
from collections.abc import AsyncIterator, Callable

import pytest

from skillrm.backends.transport import Transport
from wire_server import Client, Serve, Server, Step


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    servers: list[Server] = []

    async def start(*answers: list[Step], context: ssl.SSLContext | None = None) -> Server:
        servers.append(await Server(*answers).start(context))
        return servers[-1]

    yield start
    for server in servers:
        await server.stop()


@pytest.fixture
async def reach() -> AsyncIterator[Callable[..., Client]]:
    """`reach(server_or_url)`: what is open at the end is closed, and leaves no warning."""
    opened: list[Transport] = []

    def make(to: Server | str, key: str | None = None, most: int = 1000) -> Client:
        opened.append(Transport(key, most))
        return Client(opened[-1], to if isinstance(to, str) else f"http://127.0.0.1:{to.port}/v1")

    yield make
    for transport in opened:
        await transport.close()
    opened.clear()
    gc.collect()
