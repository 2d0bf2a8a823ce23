"""Bytes by key, on disk, shared by every process of this user.

A cache never breaks a judgment: whatever is wrong with the disk or the file becomes misses and one warning. Losing a
`put` is harmless, waiting for one is not: puts are queued to one writing thread a process, and dropped when too many
wait. Values are kept as they are: compressing them would cost a sixth of a direct judgment's CPU.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from skillrm.cache import files
from skillrm.errors import Fault, StoreError
from skillrm.writer import Writer, insert

_MOST_WAITING = 4096
_MOST_WAITING_BYTES = 64 << 20
_READ_WAITS_MS = 20
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CacheStats:
    """What is in the cache, and what this process had of it."""

    path: Path
    entries: int
    bytes: int
    """On disk, without what is free for reuse."""
    hits: int
    misses: int
    dropped: int
    """Puts of this process that were not kept: too many waited, or the disk refused them."""


class _Put(NamedTuple):
    key: bytes
    value: bytes | None
    """None: it is there, only its use is noted."""


class Cache:
    """`get` is synchronous and takes microseconds; `put` only queues. Both may be called from any thread."""

    def __init__(self, path: Path | None = None, max_bytes: int = 4 << 30) -> None:
        """`path` is a folder, made if need be; by default `default_path()`. Beyond `max_bytes` the longest unused go.

        Raises nothing: a folder that cannot be used makes a cache that always misses, and one warning.
        """
        self.path = path or files.default_path()
        self._max_bytes = max_bytes
        self._hits = self._misses = self._dropped = 0
        self._warned = False
        self._reading: sqlite3.Connection | None = None
        self._writing: sqlite3.Connection | None = None
        self._inherited: list[sqlite3.Connection | None] = []
        self._begin()

    def get(self, key: bytes) -> bytes | None:
        """The value, or None. What this process has just put is found too."""
        if os.getpid() != self._pid:
            self._begin_after_fork()
        value = self._queued.get(key)
        if value is None:
            value = self._read(key)
        if value is None:
            self._misses += 1
        else:
            self._hits += 1
        return value

    def put(self, key: bytes, value: bytes) -> None:
        """Keep the value, soon. Raises nothing; what is not kept is counted in `stats().dropped`."""
        if os.getpid() != self._pid:
            self._begin_after_fork()
        with self._lock:
            if key in self._queued:
                return
            full = len(self._queued) >= _MOST_WAITING or self._queued_bytes >= _MOST_WAITING_BYTES
            if full or self._reading is None:
                self._dropped += 1
                return
            self._queued[key] = value
            self._queued_bytes += len(value)
            self._writer.add(_Put(key, value))

    @property
    def waiting(self) -> int:
        """Puts that are queued and not yet on disk."""
        return len(self._queued)

    def stats(self) -> CacheStats:
        """What is committed. Raises `StoreError` when the cache cannot be read."""
        with self._apart("cannot be read") as connection:
            entries = connection.execute("SELECT count(*) FROM entries").fetchone()[0]
            size = files.used_bytes(connection)
        return CacheStats(self.path, entries, size, self._hits, self._misses, self._dropped)

    def clear(self) -> None:
        """Drop every entry and give the space back. Raises `StoreError` when that cannot be."""
        with self._apart("cannot be cleared") as connection:
            connection.execute("DELETE FROM entries")
            with suppress(sqlite3.OperationalError):  # somebody reads: the space is used again, not given back
                connection.execute("VACUUM")
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Write what is queued and let go; blocks until then. From then on every `get` misses."""
        with self._lock:
            reading, self._reading = self._reading, None
        self._writer.close()
        for connection in (reading, self._writing):
            if connection is not None:
                connection.close()
        self._writing = None

    async def aclose(self) -> None:
        """`close` without blocking the loop."""
        await asyncio.to_thread(self.close)

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._queued: dict[bytes, bytes] = {}
        self._queued_bytes = 0
        self._writer: Writer[_Put] = Writer(self._write, name="skillrm cache", linger=0.02)
        self._number = self._writing_number = 1
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            *older, self._number = files.numbers(self.path) or [1]
            for number in older:
                files.remove(self.path, number)
            self._reading = self._reader()
        except (sqlite3.Error, OSError) as error:
            self._failed(error, self._number)

    def _begin_after_fork(self) -> None:
        """A connection must not be used across a fork, nor closed on the other side: it is left as it is."""
        self._inherited += [self._reading, self._writing]
        self._reading = self._writing = None
        self._begin()

    def _reader(self) -> sqlite3.Connection:
        connection = files.connect(self.path, self._number)
        connection.execute(f"PRAGMA busy_timeout={_READ_WAITS_MS}")  # the caller may be an event loop
        return connection

    def _read(self, key: bytes) -> bytes | None:
        reading, number = self._reading, self._number
        if reading is None:
            return None
        try:
            found = reading.execute("SELECT value, used, crc FROM entries WHERE key = ?", (key,)).fetchone()
        except sqlite3.ProgrammingError:
            return None  # closed meanwhile
        except sqlite3.Error as error:
            if not files.is_busy(error):
                self._failed(error, number)
            return None
        if found is None or zlib.crc32(found[0]) != found[2]:
            return None
        if found[1] < _hour() and self._writer.waiting < _MOST_WAITING:
            with suppress(RuntimeError):  # closed meanwhile
                self._writer.add(_Put(key, None))
        return bytes(found[0])

    def _write(self, batch: list[_Put]) -> None:
        """On the writer's thread."""
        number = self._number
        try:
            if self._writing is None or self._writing_number != number:
                self._writing, self._writing_number = files.connect(self.path, number), number
            _commit(self._writing, batch)
            files.make_room(self._writing, self._max_bytes)
            lost = 0
        except (sqlite3.Error, OSError) as error:
            lost = sum(put.value is not None for put in batch)
            if not files.is_busy(error):
                self._failed(error, number)
        with self._lock:
            self._dropped += lost
            for key, value in batch:
                if value is not None:
                    del self._queued[key]
                    self._queued_bytes -= len(value)

    def _failed(self, error: Exception, number: int) -> None:
        """Warn once; begin the next file if that one, `number`, is damaged and nobody has yet."""
        damaged = files.is_damage(error)
        if not self._warned:
            self._warned = True
            end = "a new one is begun" if damaged else "judging goes on without it"
            _log.warning("the cache in %s is %s (%s); %s", self.path, "damaged" if damaged else "unusable", error, end)
        if not damaged:
            return
        with self._lock:
            if number != self._number:
                return
            try:
                self._number = max([number + 1, *files.numbers(self.path)])
                self._reading = self._reader()
            except (sqlite3.Error, OSError):
                self._reading = None

    @contextmanager
    def _apart(self, words: str) -> Iterator[sqlite3.Connection]:
        """A connection of its own for what may take long; its errors are told."""
        connection = None
        try:
            connection = files.connect(self.path, self._number)
            yield connection
        except (sqlite3.Error, OSError) as error:
            mend = "look at the folder's permissions and space, or set SKILLRM_CACHE to another"
            raise StoreError(Fault(f"{words}: {error}", file=str(self.path), mend=mend)) from None
        finally:
            if connection is not None:
                connection.close()


def _commit(connection: sqlite3.Connection, batch: list[_Put]) -> None:
    now = _hour()
    puts = [(key, now, zlib.crc32(value), value) for key, value in batch if value is not None]
    touched = list({key for key, value in batch if value is None})
    connection.execute("BEGIN IMMEDIATE")
    try:
        insert(
            connection,
            "entries",
            puts,
            "ON CONFLICT(key) DO UPDATE SET used = excluded.used, crc = excluded.crc, value = excluded.value",
        )
        if touched:
            marks = ", ".join("?" * len(touched))
            connection.execute(f"UPDATE entries SET used = {now} WHERE key IN ({marks})", touched)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _hour() -> int:
    return int(time.time() // 3600)
