"""One thread that writes for the whole process, in batches, and the one statement that writes a batch.

Many threads or processes that write one by one into one SQLite file starve each other; one writer a process that takes
what has gathered and commits it at once does not. The caller never waits for the disk unless it asks to.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Writer(Generic[T]):
    """Hands what was added to `write`, in order, a batch at a time. The thread begins with the first item.

    `write` runs on the writer's thread and must not raise: only it knows whom to tell. While it runs, the next batch
    gathers; `linger` seconds more are worth it where nobody waits for the outcome.
    """

    def __init__(self, write: Callable[[list[T]], None], *, name: str, batch: int = 256, linger: float = 0.0) -> None:
        self._write, self._name, self._batch, self._linger = write, name, batch, linger
        self._queue: SimpleQueue[T | None] = SimpleQueue()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = False

    @property
    def waiting(self) -> int:
        """Items added and not yet taken."""
        return self._queue.qsize()

    @property
    def closed(self) -> bool:
        return self._closed

    def add(self, item: T) -> None:
        """Queue one item. Raises `RuntimeError` after `close`."""
        if self._thread is None or self._closed:
            self._start()
        self._queue.put(item)

    def close(self) -> None:
        """Write what is queued, then end. Blocks until it is done; may be called twice."""
        with self._starting:
            self._closed = True
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()

    def _start(self) -> None:
        with self._starting:
            if self._closed:
                raise RuntimeError(f"{self._name} is closed")
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            if self._linger and self._queue.qsize() < self._batch:
                time.sleep(self._linger)
            batch, ended = self._gathered(first)
            self._write(batch)
            if ended:
                return

    def _gathered(self, first: T) -> tuple[list[T], bool]:
        batch = [first]
        while len(batch) < self._batch:
            try:
                item = self._queue.get_nowait()
            except Empty:
                break
            if item is None:
                return batch, True
            batch.append(item)
        return batch, False


def insert(connection: sqlite3.Connection, table: str, rows: Sequence[tuple[Any, ...]], conflict: str) -> None:
    """One statement for all rows: each one gives the interpreter away, and a busy loop is slow to give it back."""
    if rows:
        values = ", ".join([f"({', '.join('?' * len(rows[0]))})"] * len(rows))
        connection.execute(f"INSERT INTO {table} VALUES {values} {conflict}", [item for row in rows for item in row])
