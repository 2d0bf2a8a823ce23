"""A run: its manifest, every input row, every judgment.

What holds: once `keep` has returned, the judgment is committed and on the disk; `kill -9` loses none of it, and one key
is one judgment however often it is kept. A row is never committed later than a judgment kept after it was entered.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

from pydantic import JsonValue

from skillrm.errors import Fault, InputError
from skillrm.store import manifest as manifests
from skillrm.store.commits import Commits, Item
from skillrm.store.database import DATABASE, connect, told, unpacked
from skillrm.store.opening import MANIFEST, created, holds_run, opened
from skillrm.store.ownership import Ownership
from skillrm.store.records import Counts, RunRow, State
from skillrm.types import Status

_WAITING = 1024
_PAGE = 64


class Run:
    """A run's folder, open. `create` or `open` makes one; `aclose` (or `async with`) ends it.

    One process writes at a time; any number may read beside it (`open(folder, writable=False)`).
    """

    def __init__(self, folder: Path, manifest: dict[str, JsonValue], owned: Ownership | None) -> None:
        """Use `create` or `open`."""
        self.folder, self.manifest = folder, manifest
        self._owned = owned
        self._resumed = False
        self._path = folder / DATABASE
        self._reading = connect(self._path, writable=False)
        self._commits = Commits(self._path)

    @classmethod
    def create(cls, folder: Path, manifest: Mapping[str, JsonValue], *, fresh: bool = False) -> Run:
        """A new run in this folder, which is made if need be; `fresh` discards the run that is there.

        Raises `InputError` when there is one already or another process writes into it, `StoreError` when nothing
        can be written there.
        """
        owned, kept = created(folder, manifest, fresh)
        return cls._owning(folder, kept, owned)

    @staticmethod
    def exists(folder: Path) -> bool:
        """Whether there is a run in this folder, whole or damaged."""
        return holds_run(folder)

    @classmethod
    def open(cls, folder: Path, *, writable: bool = True) -> Run:
        """The run in this folder, to go on with or only to read.

        Raises `InputError` for what is no run, is of a newer format or is written by another process, `StoreError`
        for a damaged one; both say what mends it. A torn `run.json` is restored from the store's own copy.
        """
        owned, kept = opened(folder, writable)
        run = cls._owning(folder, kept, owned)
        run._resumed = True
        return run

    @classmethod
    def _owning(cls, folder: Path, manifest: dict[str, JsonValue], owned: Ownership | None) -> Run:
        try:
            return cls(folder, manifest, owned)
        except BaseException:
            if owned is not None:
                owned.release()
            raise

    def differences(self, manifest: Mapping[str, JsonValue]) -> list[str]:
        """What another configuration would change, a line each: `model: qwen3 -> llama3`; empty when nothing."""
        return manifests.differences(self.manifest, manifest)

    def note(self, name: str, value: JsonValue) -> None:
        """Add to the manifest. Raises `StoreError` when it cannot be written."""
        self._check_owned()
        self.manifest[name] = value
        manifests.write_json(self.folder / MANIFEST, {"format": manifests.FORMAT, **self.manifest})

    def status(self, key: bytes) -> Status | None:
        """The committed judgment's status, in microseconds; what is queued does not show yet."""
        found = self._one("SELECT status FROM judgments WHERE key = ?", key)
        return None if found is None else cast(Status, found[0])

    def judgment(self, key: bytes) -> bytes | None:
        """The committed judgment's JSON."""
        found = self._one("SELECT judgment FROM judgments WHERE key = ?", key)
        return None if found is None else self._unpacked(found[0])

    def sample(self, ordinal: int) -> bytes | None:
        """The JSON of the sample at that place of the input."""
        found = self._one("SELECT sample FROM samples WHERE ordinal = ?", ordinal)
        return None if found is None else self._unpacked(found[0])

    def row(self, ordinal: int) -> RunRow | None:
        """The committed row at that place of the input, without judgment and sample."""
        found = self._one(f"{_rows(judgments=False, samples=False)} WHERE ordinal = ?", ordinal)
        return None if found is None else self._row(found)

    async def enter(
        self,
        ordinal: int,
        line: int | None,
        id: str,
        key: bytes | None,
        sample_json: bytes | None,
        faults: Sequence[Fault] = (),
    ) -> None:
        """Note an input row. Entering a place again replaces what was noted there.

        Returns at once while little is queued, else when it is committed. A row that cannot be judged has no `key`
        but `faults`. Raises `StoreError` once anything could not be written.
        """
        self._check_owned()
        id = id.encode(errors="replace").decode()
        if self._resumed and key is not None and self._entered(ordinal) == (line, id, key):
            return
        if sample_json is not None:
            self._commits.add(Item("sample", (ordinal, sample_json)))
        told = json.dumps([asdict(fault) for fault in faults]) if faults else None
        row = Item("row", (ordinal, line, id, key, told))
        if self._commits.waiting < _WAITING:
            self._commits.add(row)
        else:
            await self._commits.committed(row)

    async def keep(self, key: bytes, status: Status, judgment_json: bytes) -> None:
        """Keep a judgment; returns once it is on the disk. Commits are shared by all that wait.

        It replaces one of equal or lower standing (failed < abstained < ok), so whatever is judged twice stays one.
        Raises `StoreError` when it could not be written; then the run takes nothing more until it is opened anew.
        """
        self._check_owned()
        await self._commits.committed(Item("judgment", (key, status, judgment_json)))

    async def forget(self, *statuses: Status) -> int:
        """Drop the judgments of these statuses, so that their rows are pending again; how many they were."""
        self._check_owned()
        return await self._commits.committed(Item("forget", statuses))

    def rows(
        self, *, status: Collection[State] | None = None, judgments: bool = True, samples: bool = False
    ) -> Iterator[RunRow]:
        """The rows in input order, a page at a time in memory. Rows committed meanwhile further down are seen too."""
        query = f"{_rows(judgments, samples)} WHERE ordinal > ? ORDER BY ordinal LIMIT {_PAGE}"
        last = -1
        while page := self._all(query, last):
            for found in page:
                row = self._row(found)
                if status is None or row.state in status:
                    yield row
            last = page[-1][0]

    def count(self) -> Counts:
        """How many rows there are, and what came of them."""
        found = self._all(
            "SELECT CASE WHEN key IS NULL THEN 'unreadable' ELSE coalesce(status, 'pending') END AS state, count(*)"
            " FROM rows LEFT JOIN judgments USING (key) GROUP BY state"
        )
        return Counts(rows=sum(number for _, number in found), **dict(found))

    async def aclose(self) -> None:
        """Commit what is queued and let the run go."""
        await asyncio.to_thread(self.close)

    def close(self) -> None:
        """`aclose` for callers without a loop; blocks until what is queued is committed."""
        self._commits.close()
        self._reading.close()
        if self._owned is not None:
            self._owned.release()
            self._owned = None

    async def __aenter__(self) -> Run:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def _check_owned(self) -> None:
        if self._owned is None:
            raise InputError(Fault("is open for reading only, or closed", file=str(self.folder)))

    def _entered(self, ordinal: int) -> tuple[Any, ...] | None:
        return self._one("SELECT line, id, key FROM rows WHERE ordinal = ?", ordinal)

    def _one(self, query: str, value: object) -> tuple[Any, ...] | None:
        with told(self._path):
            return cast("tuple[Any, ...] | None", self._reading.execute(query, (value,)).fetchone())

    def _all(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with told(self._path):
            return self._reading.execute(query, values).fetchall()

    def _unpacked(self, content: bytes | None) -> bytes | None:
        with told(self._path):
            return None if content is None else unpacked(content)

    def _row(self, found: tuple[Any, ...]) -> RunRow:
        ordinal, line, identity, key, told, status, judgment, sample = found
        faults = tuple(Fault(**fault) for fault in json.loads(told)) if told else ()
        return RunRow(ordinal, line, identity, key, faults, status, self._unpacked(judgment), self._unpacked(sample))


def _rows(judgments: bool, samples: bool) -> str:
    judgment = "judgment" if judgments else "NULL"
    sample, joined = ("sample", " LEFT JOIN samples USING (ordinal)") if samples else ("NULL", "")
    return (
        f"SELECT ordinal, line, id, key, faults, status, {judgment}, {sample}"
        f" FROM rows LEFT JOIN judgments USING (key){joined}"
    )
