"""A server that is asked for its models, and what is said when it cannot be."""

from __future__ import annotations

import asyncio

import pytest

from skillrm.backends.discovery import first_model
from skillrm.errors import ConfigError


async def _listens_only(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()  # until the client leaves
    writer.close()
    await writer.wait_closed()


async def test_a_server_that_is_silent_is_named_with_how_long_it_was_waited_for():
    async with await asyncio.start_server(_listens_only, "127.0.0.1") as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        with pytest.raises(ConfigError, match=r"cannot be reached: no answer within 0\.2 s \(is it up\?\)"):
            await first_model(url, None, seconds=0.2)
        await asyncio.sleep(0.05)  # the server's side closes
