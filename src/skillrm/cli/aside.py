"""A file that appears when it is whole."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def aside(out: Path) -> Iterator[Path]:
    """A file beside `out` that takes its place when it is whole, and is gone otherwise."""
    path = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        yield path
        path.replace(out)
    finally:
        path.unlink(missing_ok=True)
