"""Fixtures that every test may use."""

from __future__ import annotations

import itertools
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from judge_server import JudgeServer, Script

# how long an example takes is the machine's business
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

_NUMBERS = itertools.count()
DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The real data beside the checkout; without it the test skips, and fails in CI."""
    if DATA.is_dir():
        return DATA
    message = "the real data folder ../shared/data is not beside this checkout"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test answers from what another one has asked."""
    monkeypatch.setenv("SKILLRM_CACHE", str(tmp_path_factory.getbasetemp() / f"cache-{next(_NUMBERS)}"))


@pytest.fixture
async def judge_server() -> AsyncIterator[Callable[[Script], Awaitable[JudgeServer]]]:
    """`server = await judge_server(script)`: a judge model on loopback that plays the script; see its module."""
    async with AsyncExitStack() as stack:

        async def start(script: Script) -> JudgeServer:
            return await stack.enter_async_context(JudgeServer(script))

        yield start
