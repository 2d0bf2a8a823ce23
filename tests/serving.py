"""A service on a real port, in the test's own event loop."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import uvicorn

from skillrm import RewardModel
from skillrm.service import Settings
from skillrm.service.server import configured

PROMPT = "Name two rivers. Do not use any commas."
GOOD, BAD = "Rhine and Elbe", "Rhine, Elbe"


@dataclass
class Running:
    """`await service.post("/v1/judge", row)` gives status and decoded body."""

    url: str
    port: int
    http: aiohttp.ClientSession
    server: uvicorn.Server

    async def post(self, path: str, body: Any = None, **more: Any) -> tuple[int, Any]:
        given = {"data": body} if isinstance(body, (bytes, str)) else {"json": body}
        async with self.http.post(self.url + path, **given, **more) as response:
            return response.status, json.loads(await response.text() or "null")

    async def counted(self, line: str, seconds: float = 30.0) -> None:
        """Wait until the metrics hold this line. Raises `TimeoutError`."""
        async with asyncio.timeout(seconds):
            while True:
                if line in (await self.text("/metrics"))[1].splitlines():
                    return
                await asyncio.sleep(0.05)

    async def text(self, path: str, **more: Any) -> tuple[int, str]:
        async with self.http.get(self.url + path, **more) as response:
            return response.status, await response.text()


@asynccontextmanager
async def running(model: RewardModel, **settings: Any) -> AsyncIterator[Running]:
    async def build() -> RewardModel:
        return model

    server = uvicorn.Server(configured(build, Settings(port=0, **settings)))
    server.config.port = 0
    task = asyncio.ensure_future(server.serve())
    while not server.started:
        assert not task.done(), task.exception()
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    async with aiohttp.ClientSession() as http:
        yield Running(f"http://127.0.0.1:{port}", port, http, server)
    server.should_exit = True
    await task
