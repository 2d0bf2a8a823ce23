"""Bytes cut into pieces that hold one row each, without reading more than a row ahead."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from skillrm.reading.opening import Source

_MARK = re.compile(rb'"(?:[^"\\]++|\\.)*+"|["{}\[\],]', re.DOTALL)
"""A whole string, or one character that opens, closes or parts."""
_SPACE = b" \t\r\n"


@dataclass(frozen=True, slots=True)
class Piece:
    """The bytes of one row and the line, from 1, on which they begin."""

    line: int
    data: bytes
    last: bool = False
    """The input ends here without the mark that ends a row."""
    error: str | None = None
    """Why there is no row here."""


def in_lines(source: Source, most: int) -> Iterator[Piece]:
    """One row a line; blank lines are skipped, one of more than `most` bytes is named and skipped."""
    number, parts, size = 1, list[bytes](), 0
    while chunk := source.read():
        begin = 0
        while (end := chunk.find(b"\n", begin)) >= 0:
            parts.append(chunk[begin:end])
            yield from _line(number, parts, size + end - begin, most, last=False)
            number, begin, size = number + 1, end + 1, 0
            parts = []
        size += len(chunk) - begin
        if size <= most:
            parts.append(chunk[begin:])
        else:
            parts = []
    yield from _line(number, parts, size, most, last=True)


def _line(number: int, parts: list[bytes], size: int, most: int, *, last: bool) -> Iterator[Piece]:
    if size > most:
        yield Piece(number, b"", error=f"is longer than {most} bytes")
    elif (data := b"".join(parts)).strip():
        yield Piece(number, data, last)


def in_array(source: Source, most: int) -> Iterator[Piece]:
    """The elements of an array, told apart by strings and brackets alone: a faulty one does not hide the next."""
    line = 1
    while (head := source.peek(1)) and not head.strip():
        line += source.read().count(b"\n")
    opening = head.index(b"[")
    source.drop(opening + 1)
    cutter = _Cutter(source, most, line + head.count(b"\n", 0, opening))
    depth = 0
    while mark := cutter.next_mark():
        if depth == 0 and mark in b",]":
            piece = cutter.cut(without_mark=True)
            if piece.data or piece.error:
                yield piece
            elif mark == b",":
                yield Piece(piece.line, b"", error="nothing stands between two commas")
            if mark == b"]":
                rest = cutter.rest()
                if rest is not None:
                    yield Piece(rest.line, b"", error="stands after the end of the array")
                return
        elif mark in b"[{":
            depth += 1
        elif mark in b"]}":
            depth = max(depth - 1, 0)
    last = cutter.rest()
    if last is not None:
        yield last
    if last is None or (depth == 0 and last.error is None):
        yield Piece(cutter.line, b"", error="the array has no end: the file breaks off here")


def one_after_another(source: Source, most: int) -> Iterator[Piece]:
    """Objects that are spread over lines, one after the other."""
    cutter, depth = _Cutter(source, most, 1), 0
    while mark := cutter.next_mark():
        if mark in b"[{":
            depth += 1
        elif mark in b"]}":
            depth -= 1
            if depth <= 0:
                depth = 0
                yield cutter.cut(without_mark=False)
    last = cutter.rest()
    if last is not None:
        yield last


class _Cutter:
    """Walks from mark to mark and cuts the bytes between."""

    def __init__(self, source: Source, most: int, line: int) -> None:
        self._source, self._most = source, most
        self.line = line
        """On which the bytes begin that are not cut yet."""
        self._buffer, self._begin, self._place, self._mark = b"", 0, 0, 0

    def next_mark(self) -> bytes:
        """The next bracket or comma outside strings; empty at the end, or when a row has grown too long."""
        while True:
            found = _MARK.search(self._buffer, self._place)
            if found is not None and found.end() - found.start() > 1:
                self._place = found.end()
                continue
            if found is not None and found.group() != b'"':
                self._mark, self._place = found.start(), found.end()
                return found.group()
            self._place = len(self._buffer) if found is None else found.start()
            if len(self._buffer) - self._begin > self._most or not self._more():
                return b""

    def _more(self) -> bool:
        """Twice as much as is kept, so that a long string is not looked through too often."""
        kept = self._buffer[self._begin :]
        self._place -= self._begin
        parts, wanted = [kept], len(kept) + 1
        while wanted > 0 and (chunk := self._source.read()):
            parts.append(chunk)
            wanted -= len(chunk)
        self._buffer, self._begin = b"".join(parts), 0
        return len(parts) > 1

    def cut(self, *, without_mark: bool) -> Piece:
        """The bytes since the last cut, up to the mark just found."""
        return self._piece(self._mark if without_mark else self._place, last=False)

    def rest(self) -> Piece | None:
        """What is left at the end; None if only blanks are."""
        if len(self._buffer) - self._begin > self._most:
            return Piece(self.line, b"", error=f"is longer than {self._most} bytes; what follows is not read")
        piece = self._piece(len(self._buffer), last=True)
        return piece if piece.data or piece.error else None

    def _piece(self, end: int, *, last: bool) -> Piece:
        data = self._buffer[self._begin : end]
        blanks = len(data) - len(data.lstrip(_SPACE + b","))
        line = self.line + data.count(b"\n", 0, blanks)
        begun, self._begin = self._begin, max(end, self._place)
        self.line += self._buffer.count(b"\n", begun, self._begin)
        if len(data) > self._most:
            return Piece(line, b"", error=f"is longer than {self._most} bytes")
        return Piece(line, data[blanks:].rstrip(_SPACE), last)
