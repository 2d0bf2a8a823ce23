"""From a folder to a run: what is there, whether it is whole, and who writes into it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

from pydantic import JsonValue

from skillrm.errors import Fault, InputError, StoreError
from skillrm.store.database import DATABASE, create_database, stored_manifest
from skillrm.store.manifest import FORMAT, parse, write_json
from skillrm.store.ownership import Ownership

MANIFEST = "run.json"
_FILES = (MANIFEST, DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm")
_log = logging.getLogger("skillrm")


def created(folder: Path, manifest: Mapping[str, JsonValue], fresh: bool) -> tuple[Ownership, dict[str, JsonValue]]:
    """A new run on the disk. Raises `InputError` for a folder that holds one, `StoreError` when it cannot be written.

    The store comes before `run.json`, with a copy of it: killed at any point between, the folder is a run or empty.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(Fault(f"cannot be made: {error.strerror or error}", file=str(folder))) from None
    owned = Ownership(folder)
    try:
        if not fresh and holds_run(folder):
            mend = "give the command that began it to go on, --fresh to discard it, or another folder"
            raise InputError(Fault("already holds a run", file=str(folder), mend=mend))
        for name in _FILES:
            (folder / name).unlink(missing_ok=True)
        whole: dict[str, JsonValue] = {"format": FORMAT, **manifest}
        create_database(folder / DATABASE, whole)
        write_json(folder / MANIFEST, whole)
    except BaseException as error:
        owned.release()
        if isinstance(error, OSError):
            raise StoreError(Fault(f"cannot be written: {error.strerror or error}", file=str(folder))) from None
        raise
    return owned, dict(manifest)


def holds_run(folder: Path) -> bool:
    """A run, whole or damaged; what is left of one that was killed before it began is none."""
    if (folder / MANIFEST).exists():
        return True
    path = folder / DATABASE
    if not path.exists() or path.stat().st_size == 0:
        return False
    try:
        stored_manifest(path)
    except StoreError as error:
        return "no such table" not in error.fault.message
    return True


def opened(folder: Path, writable: bool) -> tuple[Ownership | None, dict[str, JsonValue]]:
    """The run of that folder. Raises `InputError` for what is none, `StoreError` for a damaged one."""
    if not holds_run(folder):
        words = "is no run: there is no run.json in it" if folder.is_dir() else "is no folder of a run"
        raise InputError(Fault(words, file=str(folder), mend="name the folder that `skillrm judge --output` made"))
    owned = Ownership(folder) if writable else None
    try:
        return owned, _manifest(folder, writable)
    except BaseException:
        if owned is not None:
            owned.release()
        raise


def _manifest(folder: Path, writable: bool) -> dict[str, JsonValue]:
    path = folder / MANIFEST
    try:
        return parse(path.read_bytes(), path)
    except (ValueError, FileNotFoundError):
        pass  # torn or lost: the store has a copy
    except OSError as error:
        raise StoreError(Fault(f"cannot be read: {error.strerror or error}", file=str(path))) from None
    found = parse(stored_manifest(folder / DATABASE), path)
    if writable:
        write_json(path, {"format": FORMAT, **found})
        _log.warning("%s was torn or lost; restored from the store's copy", path)
    return found
