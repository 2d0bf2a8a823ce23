"""`run.sqlite`: its tables, how it is opened, and what its errors mean to a person.

synchronous=FULL: a commit is on the disk before it is reported, so it survives `kill -9` and, as far as the disk
keeps its word, a power loss. Commits are shared by all that waits (`skillrm.writer`), which makes that affordable.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pydantic import JsonValue

from skillrm.errors import Fault, StoreError

DATABASE = "run.sqlite"
_SCHEMA = """
CREATE TABLE manifest(manifest TEXT NOT NULL);
CREATE TABLE rows(ordinal INTEGER PRIMARY KEY, line INTEGER, id TEXT NOT NULL, key BLOB, faults TEXT);
CREATE TABLE samples(ordinal INTEGER PRIMARY KEY, sample BLOB NOT NULL);
CREATE TABLE judgments(key BLOB PRIMARY KEY, status TEXT NOT NULL, judgment BLOB NOT NULL);
"""
_PACKED_FROM = 4096
_PLAIN = b"="
"""Before contents that are not compressed; no zlib stream begins so."""
_NOT_OURS = ("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")
_DAMAGED = ("not a database", "malformed", "no such table", "no such column")


def create_database(path: Path, manifest: Mapping[str, JsonValue]) -> None:
    """An empty store that knows its manifest. Raises `StoreError`."""
    with told(path):
        connection = sqlite3.connect(path, isolation_level=None)
        try:
            connection.execute("PRAGMA page_size=8192")
            connection.execute("PRAGMA journal_mode=WAL")
            connection.executescript(f"BEGIN;{_SCHEMA}")
            connection.execute("INSERT INTO manifest VALUES (?)", (json.dumps(manifest),))
            connection.execute("COMMIT")
        finally:
            connection.close()


def connect(path: Path, *, writable: bool) -> sqlite3.Connection:
    """A connection that may be used from any thread. Raises `StoreError` for a file that is missing or damaged."""
    with told(path):
        if not path.is_file():
            raise StoreError(Fault("is missing", file=str(path), mend=_MEND_DAMAGE))
        try:
            connection = _connection(path, "rw")  # readers too: the last to close folds the log into the file
        except sqlite3.OperationalError as error:
            if writable or not _name(error).startswith(_NOT_OURS):
                raise
            connection = _connection(path, "ro&immutable=1")  # on a read-only disk the log's index cannot be made
        connection.execute("PRAGMA synchronous=FULL" if writable else "PRAGMA query_only=1")
        return connection


def _connection(path: Path, mode: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=30,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        for table in ("manifest", "rows", "samples", "judgments"):
            connection.execute(f"SELECT * FROM {table} LIMIT 1").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def stored_manifest(path: Path) -> str:
    """The manifest the store was created with. Raises `StoreError`."""
    connection = connect(path, writable=False)
    try:
        with told(path):
            found = connection.execute("SELECT manifest FROM manifest").fetchone()
    finally:
        connection.close()
    if found is None:
        raise StoreError(Fault("holds no manifest", file=str(path), mend=_MEND_DAMAGE))
    return str(found[0])


def packed(content: bytes) -> bytes:
    """With a checksum; compressed from 4 KB on: below, that is a quarter of the cost of keeping, for half a page."""
    if len(content) >= _PACKED_FROM:
        return zlib.compress(content, 1)
    return _PLAIN + zlib.crc32(content).to_bytes(4, "big") + content


def unpacked(stored: bytes) -> bytes:
    """What was packed. Raises `zlib.error` when the bytes are not those that were stored."""
    if not stored.startswith(_PLAIN):
        return zlib.decompress(stored)
    content = stored[5:]
    if zlib.crc32(content) != int.from_bytes(stored[1:5], "big"):
        raise zlib.error("incorrect checksum")
    return content


_MEND_DAMAGE = "restore the folder from a copy, or begin anew with --fresh; cached replies are used again"
_MEND_SPACE = "free space on the disk and give the same command again: what was reported as kept is there"


@contextmanager
def told(path: Path) -> Iterator[None]:
    """What SQLite and the system complain of, as a `StoreError` with the mend."""
    try:
        yield
    except (sqlite3.Error, OSError, zlib.error) as error:
        raise store_error(error, path) from None


def store_error(error: Exception, path: Path) -> StoreError:
    words, name = str(error), _name(error)
    if isinstance(error, zlib.error) or any(damage in words for damage in _DAMAGED):
        return StoreError(Fault(f"is damaged: {words}", file=str(path), mend=_MEND_DAMAGE))
    if name == "SQLITE_FULL" or name.startswith("SQLITE_IOERR"):
        return StoreError(Fault(f"cannot be written: {words}", file=str(path), mend=_MEND_SPACE))
    if name.startswith(_NOT_OURS):
        mend = "look at the folder's permissions"
        return StoreError(Fault(f"cannot be opened: {words}", file=str(path), mend=mend))
    return StoreError(Fault(words, file=str(path)))


def _name(error: Exception) -> str:
    return getattr(error, "sqlite_errorname", "") or ""
