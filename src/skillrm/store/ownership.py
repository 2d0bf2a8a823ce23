"""One process writes into a run; the second is told who does."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from skillrm.errors import Fault, InputError, StoreError

LOCK = "run.lock"


class Ownership:
    """An advisory lock on a run's folder, gone with the process however that ends."""

    def __init__(self, folder: Path) -> None:
        """Raises `InputError` naming the process that holds it, `StoreError` where no file can be written."""
        path = folder / LOCK
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            words = f"cannot be written: {error.strerror}"
            raise StoreError(Fault(words, file=str(path), mend="choose a folder you may write")) from None
        if not _locked(self._descriptor):
            holder = os.read(self._descriptor, 32).decode(errors="replace").strip() or "unknown"
            os.close(self._descriptor)
            raise InputError(
                Fault(
                    f"another process (pid {holder}) writes into this run",
                    file=str(folder),
                    mend="wait until it ends, or name another folder",
                )
            )
        with suppress(OSError):  # on a full disk the lock holds all the same, without the name
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        os.close(self._descriptor)


def _locked(descriptor: int) -> bool:
    try:
        import fcntl
    except ImportError:  # no advisory locks on this system: SQLite's own still keep the file whole
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True
