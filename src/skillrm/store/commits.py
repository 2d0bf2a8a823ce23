"""The writing half of a run: what is added is committed in shared transactions, and whoever waits is told."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, NamedTuple

from skillrm.errors import StoreError
from skillrm.store.database import connect, packed, store_error
from skillrm.writer import Writer, insert

Outcome = tuple[asyncio.Future[int], int]


class Item(NamedTuple):
    kind: Literal["row", "sample", "judgment", "forget"]
    values: tuple[Any, ...]
    done: asyncio.Future[int] | None = None


class Commits:
    """Order is kept: what was added earlier is never committed later.

    The first failure is final: what follows a lost item would stand on a gap, so nothing more is taken.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._broken: StoreError | None = None
        self._writer: Writer[Item] = Writer(self._commit, name=f"skillrm {path}")

    @property
    def waiting(self) -> int:
        return self._writer.waiting

    def add(self, item: Item) -> None:
        """Queue it. Raises `StoreError` once anything could not be written."""
        if self._broken is not None:
            raise StoreError(self._broken.fault)
        self._writer.add(item)

    async def committed(self, item: Item) -> int:
        """Queue it and wait for its commit; the number of judgments it dropped. Raises `StoreError`."""
        done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.add(item._replace(done=done))
        return await done

    def close(self) -> None:
        self._writer.close()
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _commit(self, batch: list[Item]) -> None:
        """On the writer's thread: the whole batch or nothing of it."""
        dropped: list[int] = []
        if self._broken is None:
            try:
                dropped = self._written(batch)
            except StoreError as error:
                self._broken = error
            except Exception as error:
                self._broken = store_error(error, self._path)
        outcomes = [
            (item.done, count)
            for item, count in zip(batch, dropped or [0] * len(batch), strict=True)
            if item.done is not None
        ]
        for loop in {done.get_loop() for done, _ in outcomes}:
            with suppress(RuntimeError):  # that loop has ended, and whoever waited in it
                loop.call_soon_threadsafe(_settle, [o for o in outcomes if o[0].get_loop() is loop], self._broken)

    def _written(self, batch: list[Item]) -> list[int]:
        """Commit one transaction; how many judgments each item dropped."""
        if self._connection is None:
            self._connection = connect(self._path, writable=True)
        connection, taken = self._connection, _Taken()
        dropped = [0] * len(batch)
        connection.execute("BEGIN IMMEDIATE")
        try:
            for place, item in enumerate(batch):
                if item.kind == "forget":
                    taken.insert(connection)
                    dropped[place] = _forget(connection, item.values)
                else:
                    taken.take(item)
            taken.insert(connection)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return dropped


def _settle(outcomes: list[Outcome], broken: StoreError | None) -> None:
    for done, count in outcomes:
        if done.done():
            continue  # whoever waited was cancelled
        if broken is None:
            done.set_result(count)
        else:
            done.set_exception(StoreError(broken.fault))


_UPSERTS = {
    "row": (
        "rows",
        "ON CONFLICT(ordinal) DO UPDATE SET line = excluded.line, id = excluded.id, key = excluded.key,"
        " faults = excluded.faults WHERE (rows.line, rows.id, rows.key, rows.faults) IS NOT"
        " (excluded.line, excluded.id, excluded.key, excluded.faults)",
    ),
    "sample": (
        "samples",
        "ON CONFLICT(ordinal) DO UPDATE SET sample = excluded.sample WHERE samples.sample != excluded.sample",
    ),
    "judgment": (
        "judgments",
        "ON CONFLICT(key) DO UPDATE SET status = excluded.status, judgment = excluded.judgment WHERE"
        " instr('failed abstained ok', excluded.status) >= instr('failed abstained ok', judgments.status)",
    ),
}


class _Taken:
    """Rows gathered by table."""

    def __init__(self) -> None:
        self._rows: dict[str, list[tuple[Any, ...]]] = {kind: [] for kind in _UPSERTS}

    def take(self, item: Item) -> None:
        *plain, content = item.values
        self._rows[item.kind].append(item.values if item.kind == "row" else (*plain, packed(content)))

    def insert(self, connection: sqlite3.Connection) -> None:
        for kind, (table, conflict) in _UPSERTS.items():
            insert(connection, table, self._rows[kind], conflict)
            self._rows[kind] = []


def _forget(connection: sqlite3.Connection, statuses: tuple[Any, ...]) -> int:
    marks = ", ".join("?" * len(statuses))
    return connection.execute(f"DELETE FROM judgments WHERE status IN ({marks})", statuses).rowcount
