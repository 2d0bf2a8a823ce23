"""Files and rows into samples: JSONL, a JSON array, one JSON object, Parquet; plain or gzip; UTF-8 or UTF-16.

A file that cannot be read at all raises `InputError`; a row that cannot be read becomes a `Row` with faults, and the
rows after it go on. Memory is bounded by the longest row (Parquet and JSONL) or by the file (a JSON array).
"""

from __future__ import annotations

import gzip
import io
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, NoReturn

from skillrm.errors import Fault, InputError, SampleError
from skillrm.types import Sample

MAX_LINE = 256 * 1024 * 1024
MAX_ARRAY = 1024 * 1024 * 1024
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_UTF8 = b"\xef\xbb\xbf"
_NESTING = "nested too deeply"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the input: a sample, or the faults that kept it from being one."""

    ordinal: int
    """Position among the rows, from 1; ids are labels and repeat, this does not."""
    line: int | None
    sample: Sample | None
    faults: tuple[Fault, ...] = ()


def read_samples(source: str | Path) -> Iterator[Row]:
    """The rows of a file, or of standard input for "-". Raises `InputError` for a file that cannot be read."""
    name = str(source)
    if name != "-" and name.endswith(".parquet"):
        yield from _numbered(((None, value, ()) for value in _parquet(Path(name))), name)
        return
    stream, opened = _open(name)
    try:
        empty = True
        for row in _numbered(_values(stream, name), name):
            empty = False
            yield row
        if empty:
            raise InputError(Fault("holds no row", file=name, mend="one JSON object a line, a JSON array, or Parquet"))
    except (OSError, EOFError) as error:
        raise InputError(Fault(f"cannot be read further: {error}", file=name)) from None
    finally:
        if opened:
            stream.close()


Found = tuple[int | None, Any, tuple[Fault, ...]]


def _numbered(values: Iterator[Found], name: str) -> Iterator[Row]:
    for ordinal, (line, value, faults) in enumerate(values, start=1):
        sample = None
        if not faults:
            try:
                sample = Sample.parse(value)
            except SampleError as error:
                faults = error.faults
            except RecursionError:
                faults = (Fault(_NESTING),)
        where = {"file": name, "line": line} if line is not None else {"file": f"{name} row {ordinal}"}
        yield Row(ordinal, line, sample, tuple(replace(fault, **where) for fault in faults))


def _open(name: str) -> tuple[IO[bytes], bool]:
    if name == "-":
        return sys.stdin.buffer, False
    path = Path(name)
    if path.is_dir():
        _refuse("is a folder", name, "name a file in it")
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
        return (io.BufferedReader(gzip.open(path)) if packed else path.open("rb")), True
    except OSError as error:
        _refuse(f"cannot be opened: {error.strerror or error}", name, "check the path")


def _refuse(message: str, name: str, mend: str) -> NoReturn:
    raise InputError(Fault(message, file=name, mend=mend))


def _values(stream: IO[bytes], name: str) -> Iterator[Found]:
    buffered = io.BufferedReader(stream) if not isinstance(stream, io.BufferedReader) else stream  # type: ignore[type-var]
    head = buffered.peek(4)[:4]
    if head.startswith(_UTF16):
        yield from _utf16(buffered, name)
        return
    if head.startswith(_UTF8):
        buffered.read(3)
    first, number = b"", 0
    while not first.strip() and (first := buffered.readline(MAX_LINE)):
        number += 1
    text = first.strip()
    if text.startswith(b"[") or (text.startswith(b"{") and not _whole(text)):
        rest = buffered.read(MAX_ARRAY)
        spread = _document(first + rest, name, number)
        if spread is not None:
            yield from spread
            return
        yield from _lines(io.BytesIO(first + rest), number - 1)
        return
    if first:
        yield from _lines(_Chained(first, buffered), number - 1)


class _Chained:
    """The line already read, then the rest of the stream."""

    def __init__(self, first: bytes, rest: IO[bytes]) -> None:
        self.first, self.rest = first, rest

    def readline(self, limit: int) -> bytes:
        line, self.first = self.first or self.rest.readline(limit), b""
        return line


def _whole(text: bytes) -> bool:
    """One line that is a JSON value by itself (a bad one included): this is JSONL."""
    return text.endswith((b"}", b"},")) or b'":' in text[1:]


def _document(data: bytes, name: str, number: int) -> list[Found] | None:
    """A whole file that is one JSON array or one (indented) object; None when it is lines after all."""
    try:
        value = json.loads(data.decode("utf-8"), parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        _refuse(f"is not UTF-8 at byte {error.start}", name, "save it as UTF-8 or UTF-16 with BOM")
    except RecursionError:
        raise InputError(Fault(_NESTING, file=name)) from None
    except ValueError as error:
        if not data.lstrip().startswith(b"[") or _is_json(data.partition(b"\n")[0]):
            return None
        line = getattr(error, "lineno", 1) + number - 1
        raise InputError(Fault(f"is no valid JSON array: {error}", file=name, line=line)) from None
    if isinstance(value, list):
        return [(None, item, ()) for item in value]
    return [(number, value, ())]


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _lines(stream: Any, before: int) -> Iterator[Found]:
    number = before
    while line := stream.readline(MAX_LINE):
        number += 1
        if len(line) >= MAX_LINE:
            while line and not line.endswith(b"\n"):
                line = stream.readline(MAX_LINE)
            yield number, None, (Fault(f"is longer than {MAX_LINE >> 20} MB"),)
        elif line.strip():
            yield _parsed(number, line)


def _parsed(number: int, line: bytes) -> Found:
    if not line.strip(b"\0 \t\r\n"):
        return number, None, (Fault("holds only NUL bytes", mend="a write was torn here; drop the line"),)
    try:
        return number, json.loads(line.decode("utf-8").strip(), parse_constant=_no_constant), ()
    except UnicodeDecodeError as error:
        return number, None, (Fault(f"is not UTF-8 at byte {error.start} of the line", mend="save the file as UTF-8"),)
    except RecursionError:
        return number, None, (Fault(_NESTING),)
    except ValueError as error:
        torn = "" if line.endswith(b"\n") else "; the file breaks off here"
        return number, None, (Fault(f"is no valid JSON: {error}{torn}", mend="one JSON object on each line"),)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _utf16(stream: IO[bytes], name: str) -> Iterator[Found]:
    try:
        text = stream.read(MAX_ARRAY).decode("utf-16")
    except UnicodeDecodeError as error:
        _refuse(f"is not UTF-16 at byte {error.start}", name, "save it as UTF-8")
    yield from _values(io.BufferedReader(io.BytesIO(text.encode("utf-8", "replace"))), name)


def _parquet(path: Path) -> Iterator[Any]:
    try:
        import pyarrow.parquet as pq
    except ImportError:
        _refuse("Parquet needs pyarrow", str(path), "pip install 'skillrm[parquet]'")
    try:
        with pq.ParquetFile(path) as file:
            if file.metadata.num_rows == 0:
                _refuse("holds no row", str(path), "check how it was written")
            for batch in file.iter_batches(batch_size=64):
                yield from batch.to_pylist()
    except InputError:
        raise
    except Exception as error:
        _refuse(f"is no readable Parquet file: {error}"[:300], str(path), "check how it was written")
