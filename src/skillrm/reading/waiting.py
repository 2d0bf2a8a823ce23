"""Rows of a source that may keep one waiting, such as a pipe: read in a thread, so that the event loop goes on."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Iterator
from typing import TypeVar

T = TypeVar("T")
_AHEAD = 256


async def from_thread(rows: Iterator[T]) -> AsyncIterator[T]:
    """`rows`, read a little ahead by a daemon thread: what waits in it never holds up the program's end."""
    loop = asyncio.get_running_loop()
    found: deque[T | BaseException | None] = deque()
    room, over = threading.Semaphore(_AHEAD), threading.Event()
    arrived = asyncio.Event()

    def tell(item: T | BaseException | None) -> None:
        found.append(item)
        try:
            loop.call_soon_threadsafe(arrived.set)
        except RuntimeError:  # the loop has ended: nobody waits any more
            over.set()

    def read() -> None:
        try:
            for row in rows:
                room.acquire()
                if over.is_set():
                    return
                tell(row)
        except BaseException as error:
            tell(error)
        else:
            tell(None)

    threading.Thread(target=read, daemon=True, name="skillrm-reader").start()
    try:
        while True:
            while not found:
                arrived.clear()
                if not found:
                    await arrived.wait()
            item = found.popleft()
            if item is None:
                return
            if isinstance(item, BaseException):
                raise item
            room.release()
            yield item
    finally:
        over.set()
        room.release()
