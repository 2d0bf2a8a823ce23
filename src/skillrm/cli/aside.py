"""A file that appears when it is whole."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def aside(out: Path) -> Iterator[Path]:
    """A file beside `out` that takes its place when it is whole, and is gone otherwise.

    Where `out` is a link, the file it leads to is replaced. What is there and no file (a pipe, a terminal, /dev/null)
    is `out` itself: written to, never replaced.
    """
    if out.exists() and not out.is_file():
        yield out
        return
    place = out.resolve()
    path = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        yield path
        path.replace(place)
    finally:
        path.unlink(missing_ok=True)
