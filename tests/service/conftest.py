"""The service that the tests of this folder call."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from serving import Running, running
from skillrm import RewardModel


@pytest.fixture
async def service() -> AsyncIterator[Any]:
    """`await service(model, **settings)`; without a model, verifiers judge instruction following."""
    async with AsyncExitStack() as stack:

        async def start(model: RewardModel | None = None, **settings: Any) -> Running:
            chosen = model or RewardModel("instruction-following")
            return await stack.enter_async_context(running(chosen, **settings))

        yield start
