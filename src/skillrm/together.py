"""Several pieces of work side by side; one alone needs no task of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

T = TypeVar("T")


async def together(work: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    """The results, in the order given. Raises the first error, as `asyncio.gather` does."""
    if len(work) == 1:
        return [await work[0]]
    return list(await asyncio.gather(*work)) if work else []
