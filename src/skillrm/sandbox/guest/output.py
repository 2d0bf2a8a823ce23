"""What a guest prints, and how its errors read."""

from __future__ import annotations

import io
import linecache
import traceback
from collections.abc import Callable
from typing import Any

ERROR_CHARS = 2000


class Printed(io.RawIOBase):
    """Takes bytes up to a limit, then calls `overflow`, which does not return."""

    def __init__(self, most: int, overflow: Callable[[], None]) -> None:
        self.kept = bytearray()
        self._most = most
        self._overflow = overflow

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        room = self._most - len(self.kept)
        self.kept += bytes(data[:room])
        if len(data) > room:
            self._overflow()
        return len(data)


def text_stream(raw: Printed) -> io.TextIOWrapper:
    buffered: Any = io.BufferedWriter(raw)
    return io.TextIOWrapper(buffered, encoding="utf-8", errors="backslashreplace")


def remember_source(name: str, code: str) -> None:
    """So that tracebacks quote the line."""
    linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)


def tail_of(error: BaseException) -> str:
    """The last frames and the message. Never raises, whatever the exception's own methods do."""
    try:
        frames = [frame for frame in traceback.extract_tb(error.__traceback__, limit=-6) if frame.filename[:1] == "<"]
        lines = ["".join(traceback.format_list(frames[-4:]))] if frames else []
        lines += traceback.format_exception_only(type(error), error)
        text = "".join(lines).rstrip()
    except BaseException:
        text = type(error).__name__
    return text if len(text) <= ERROR_CHARS else text[:500] + "\n...\n" + text[-(ERROR_CHARS - 505) :]
