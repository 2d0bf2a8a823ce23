"""A server that is asked for its models, and what is said when it cannot be."""

from __future__ import annotations

import asyncio

import pytest

from skillrm.backends.discovery import first_model
from skillrm.errors import ConfigError


async def test_a_server_that_is_silent_is_named_with_how_long_it_was_waited_for():
    silent = await asyncio.start_server(lambda reader, writer: asyncio.sleep(5), "127.0.0.1")
    async with silent:
        url = f"http://127.0.0.1:{silent.sockets[0].getsockname()[1]}/v1"
        with pytest.raises(ConfigError, match=r"cannot be reached: no answer within 0\.2 s \(is it up\?\)"):
            await first_model(url, None, seconds=0.2)
