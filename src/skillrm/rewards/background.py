"""An event loop of its own for trainers that call a plain function, from any number of threads."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Background:
    """One thread with one event loop: what is called from many threads meets there, and keeps its connections."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="skillrm-rewards", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """What the coroutine gives, once it is done; raises what it raises, and `CancelledError` when the thread ends
        before.
        """
        try:
            future = asyncio.run_coroutine_threadsafe(work, self._loop)
        except RuntimeError:
            work.close()  # the thread has ended
            raise
        try:
            return future.result()
        except BaseException:
            future.cancel()  # the caller was interrupted
            raise

    def close(self) -> None:
        """End the thread; work in flight is dropped, and whoever waits for it is told (`CancelledError`)."""
        if self._loop.is_closed():
            return
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        """Nothing is left running: asyncio's own way to end a loop."""
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._loop.shutdown_asyncgens()
