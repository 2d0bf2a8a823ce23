"""Whatever else is logged while the service runs (uvicorn's words, warnings of ours), as JSON lines too."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec


def write(line: dict[str, object]) -> None:
    """One line on standard error, with the time."""
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    sys.stderr.write(msgspec.json.encode({"time": now, **line}).decode() + "\n")


class _Lines(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        line: dict[str, object] = {"level": record.levelname.lower(), "logger": record.name}
        line["message"] = record.getMessage().strip()
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__  # its words may hold a sample's text
        write(line)


@contextmanager
def as_json_lines() -> Iterator[None]:
    handler, root = _Lines(logging.WARNING), logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
