"""A server on loopback that sends the bytes it is told to, and a client that asks it: for tests of connections."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable
from typing import Literal

from skillrm.backends.answers import Answer
from skillrm.backends.endpoints import Endpoint
from skillrm.backends.transport import Transport
from skillrm.backends.wire import BrokenError

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
HANG = 3600.0
Step = bytes | float | Literal["close", "reset"]


class Server:
    """Request number n gets the steps in `answers[n]`, the last ones for ever: bytes, a wait, or how it ends."""

    def __init__(self, *answers: list[Step]) -> None:
        self._answers = answers
        self.heads: list[str] = []
        self.bodies: list[bytes] = []
        self.connections = self.left = 0
        self.changed = asyncio.Event()
        self.port = 0
        self._writers: list[asyncio.StreamWriter] = []

    async def start(self, context: ssl.SSLContext | None = None) -> Server:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=context)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def stop(self) -> None:
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.sleep(0.02)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.append(writer)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = int(head.lower().split("content-length:")[1].split()[0])
                self.bodies.append(await reader.readexactly(length))
                self.heads.append(head)
                await self._answer(self._answers[min(len(self.heads), len(self._answers)) - 1], reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            self.left += 1
            self.changed.set()
            writer.transport.abort()

    async def _answer(self, steps: list[Step], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for step in steps:
            if isinstance(step, bytes):
                writer.write(step)
                await writer.drain()
            elif isinstance(step, float):
                self.changed.set()
                async with asyncio.timeout(step):
                    await reader.read(1)  # nothing but the end can come
                raise ConnectionResetError
            else:
                if step == "reset":
                    linger = struct.pack("ii", 1, 0)
                    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                    writer.transport.abort()
                writer.close()
                raise ConnectionResetError


Serve = Callable[..., Awaitable[Server]]


class Client:
    """A transport to one server."""

    def __init__(self, transport: Transport, url: str) -> None:
        self.transport, self.endpoint = transport, Endpoint(url)

    async def __call__(self, body: bytes = b"{}") -> Answer | BrokenError:
        return await self.transport.send(await self.transport.lane(), self.endpoint, body)


def content(answer: Answer | BrokenError) -> bytes | None:
    assert isinstance(answer, Answer), answer
    return answer.content
