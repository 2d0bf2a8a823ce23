"""The cache's file: where it is, how it is opened, how large it may be.

The file's name carries a number. A damaged file stays under its name for the processes that still have it open (SQLite
removes a log by its name, so a file put in its place would lose its own), and the next number is begun.
"""

from __future__ import annotations

import os
import random
import re
import sqlite3
import sys
import time
from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS entries(
    key BLOB PRIMARY KEY, used INTEGER NOT NULL, crc INTEGER NOT NULL, value BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS entries_used ON entries(used);
"""
_NAME = re.compile(r"cache-(\d+)\.sqlite")
_DROPPED_AT_ONCE = 500
_KEPT_SHARE = 0.9
WAIT = 5.0


def default_path() -> Path:
    """`$SKILLRM_CACHE`, else `skillrm` in the platform's folder for caches."""
    if given := os.environ.get("SKILLRM_CACHE"):
        return Path(given).expanduser()
    if base := os.environ.get("XDG_CACHE_HOME"):
        return Path(base) / "skillrm"
    home = Path.home()
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "skillrm"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local")) / "skillrm" / "cache"
    return home / ".cache" / "skillrm"


def numbers(folder: Path) -> list[int]:
    """The numbers of the files there, the one in use last."""
    return sorted(int(found[1]) for path in folder.iterdir() if (found := _NAME.fullmatch(path.name)))


def remove(folder: Path, number: int) -> None:
    """Remove that file and what belongs to it. Whoever has it open goes on with what has no name any more."""
    for path in folder.glob(f"cache-{number}.sqlite*"):
        path.unlink(missing_ok=True)


def connect(folder: Path, number: int) -> sqlite3.Connection:
    """A connection for any thread, which waits for other processes some seconds. Raises `sqlite3.Error`."""
    until = time.monotonic() + WAIT
    while True:
        try:
            return _connect(folder / f"cache-{number}.sqlite", max(until - time.monotonic(), 0))
        except sqlite3.OperationalError as error:  # turning the log on does not wait for others that do the same
            if time.monotonic() > until or not is_busy(error):
                raise
        time.sleep(random.uniform(0.01, 0.1))


def _connect(path: Path, timeout: float) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=timeout, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute(f"PRAGMA journal_size_limit={64 << 20}")
        connection.executescript(_SCHEMA)
        connection.execute("SELECT key, used, crc, value FROM entries LIMIT 1").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def is_busy(error: Exception) -> bool:
    """Another process is at it; the next try may do."""
    return getattr(error, "sqlite_errorname", "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))


def is_damage(error: Exception) -> bool:
    """The file itself is broken, or no cache of ours."""
    name, words = getattr(error, "sqlite_errorname", ""), str(error)
    return name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")) or "no such" in words or "has no column" in words


def used_bytes(connection: sqlite3.Connection) -> int:
    """Size on disk, without what is free for reuse."""
    pages, free, size = (
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)


def make_room(connection: sqlite3.Connection, max_bytes: int) -> None:
    """Beyond `max_bytes`, drop the longest unused until a tenth is free; in small steps, so that others may write."""
    if used_bytes(connection) <= max_bytes:
        return
    while used_bytes(connection) > max_bytes * _KEPT_SHARE:
        dropped = connection.execute(
            "DELETE FROM entries WHERE rowid IN (SELECT rowid FROM entries ORDER BY used, rowid LIMIT ?)",
            (_DROPPED_AT_ONCE,),
        ).rowcount
        if dropped == 0:
            return
