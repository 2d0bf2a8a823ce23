"""JSON values out of bytes: one on each line, or spread over lines, or the elements of one array."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from skillrm.errors import Fault
from skillrm.reading.opening import Source
from skillrm.reading.splitting import Piece, in_array, in_lines, one_after_another

MAX_ROW = 256 << 20
"""Bytes of the longest row that is read."""
_LOOK_AHEAD = 1 << 20
TOO_DEEP = "is nested too deeply"
_NOUN = "one JSON object on each line, or a JSON array of objects"


@dataclass(frozen=True, slots=True)
class Value:
    """What stands for one row, or why it cannot be read."""

    line: int | None
    content: Any
    faults: tuple[Fault, ...] = ()


def values(source: Source) -> Iterator[Value]:
    """Every JSON value of the source. Raises `InputError` where the source itself breaks."""
    for piece in _pieces(source):
        if piece.error is not None:
            yield Value(piece.line, None, (Fault(piece.error, mend="mend the file; the other rows were read"),))
        else:
            yield _parsed(piece)


def _pieces(source: Source) -> Iterator[Piece]:
    """JSONL unless the first line says otherwise: it opens an array or an object that it does not close."""
    first, more = _first_line(source)
    text = first.strip()
    alone = _is_json(text)
    if text.startswith(b"[") and not (alone and more):
        return in_array(source, MAX_ROW)
    if text.startswith(b"{") and not alone and text.endswith((b"{", b"[", b",", b":")) and not _next_is_row(source):
        return one_after_another(source, MAX_ROW)
    return in_lines(source, MAX_ROW)


def _ahead(source: Source, enough: Callable[[bytes], bool]) -> bytes:
    """What comes next, from the first line that is not blank, until it is enough or too much to look at."""
    size = 1
    while True:
        data = source.peek(size)
        text = data.lstrip()
        if len(data) < size or len(data) > _LOOK_AHEAD or (text and enough(text)):
            return text
        size = len(data) + 1


def _first_line(source: Source) -> tuple[bytes, bool]:
    """The first line that is not blank, as far as is looked ahead; and whether anything but blanks follows it."""

    def enough(
        text: bytes,
    ) -> bool:  # only an array's line needs to know what follows: a row must not wait for the next
        head, end, rest = text.partition(b"\n")
        return bool(end) and (not head.startswith(b"[") or bool(rest.strip()))

    line, _, rest = _ahead(source, enough).partition(b"\n")
    return line, bool(rest.strip())


def _next_is_row(source: Source) -> bool:
    """The second line is an object by itself: then the first is a torn row, not the head of a document."""
    lines = _ahead(source, lambda text: text.count(b"\n") > 1).split(b"\n", 2)
    return len(lines) > 1 and lines[1].lstrip().startswith(b"{") and _is_json(lines[1])


def _is_json(text: bytes) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _parsed(piece: Piece) -> Value:
    data, line = piece.data, piece.line
    if not data.strip(b"\0 \t\r\n"):
        return Value(line, None, (Fault("holds only NUL bytes", mend="a write was torn here; drop the line"),))
    try:
        return Value(line, json.loads(data.decode(), parse_constant=_no_number, parse_float=_finite))
    except UnicodeDecodeError as error:
        return Value(line, None, (Fault(f"is not UTF-8 at byte {error.start} of the row", mend="save it as UTF-8"),))
    except RecursionError:
        return Value(line, None, (Fault(TOO_DEEP),))
    except ValueError as error:
        return Value(line, None, (_no_json(piece, error),))


def _no_json(piece: Piece, error: ValueError) -> Fault:
    if b"\0" in piece.data[:8]:
        return Fault("is no valid JSON: it holds NUL bytes", mend="if the file is UTF-16, save it with BOM or as UTF-8")
    if piece.data.endswith(b"\0"):
        return Fault("is no valid JSON: it ends in NUL bytes", mend="a write was torn here; drop the line")
    if not isinstance(error, json.JSONDecodeError):
        return Fault(f"is no valid JSON: {error}", mend=_NOUN)
    where = f"column {error.colno}" if error.lineno == 1 else f"line {piece.line + error.lineno - 1}"
    torn = "; the file breaks off here" if piece.last else ""
    return Fault(f"is no valid JSON: {error.msg.removesuffix(' at')} at {where}{torn}", mend=_NOUN)


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:20]} is too large a number")
    return number
