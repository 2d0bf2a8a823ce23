"""Rows: a sample each, or what kept it from being one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from skillrm.errors import Fault, SampleError
from skillrm.reading.opening import opened, refuse, shown
from skillrm.reading.parquet import parquet_values
from skillrm.reading.values import TOO_DEEP, Value, values
from skillrm.types import Sample


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the input: a sample, or the faults that kept it from being one."""

    ordinal: int
    """Position among the rows, from 1; ids are labels and repeat, this does not."""
    source: str
    """Name of the file; "-" is standard input."""
    line: int | None
    """Line on which it begins, from 1; None where the file has no lines."""
    id: str
    """The row's id as far as it could be read, else empty."""
    sample: Sample | None
    faults: tuple[Fault, ...] = ()

    def located(self, faults: tuple[Fault, ...]) -> tuple[Fault, ...]:
        """`faults` with this row's file and line."""
        source = shown(self.source)
        name = source if self.line is not None else f"{source} row {self.ordinal}"
        return tuple(replace(fault, file=name, line=self.line) for fault in faults)


def read_samples(source: str | Path) -> Iterator[Row]:
    """The rows of a file, of a URL that pyarrow knows (`s3://...`), or of standard input for "-".

    Raises `InputError` for a file that cannot be read, or not beyond some row; what came before it has been given.
    """
    name = str(source)
    for ordinal, value in enumerate(read_values(source), start=1):
        yield _row(ordinal, name, value)


def read_values(source: str | Path) -> Iterator[Value]:
    """The values of a file, whatever they are, or the faults of those that cannot be read.

    Raises `InputError` like `read_samples`.
    """
    name, empty = str(source), True
    with opened(name) as stream:
        if name.lower().endswith((".csv", ".tsv")):
            refuse("is not read: it has no JSON", name, "write each row as a JSON object on a line, or as Parquet")
        in_parquet = name.endswith(".parquet") or stream.peek(4).startswith(b"PAR1")
        for value in parquet_values(name) if in_parquet else values(stream):
            empty = False
            yield value
    if empty:
        refuse("holds no row", name, "one JSON object a line, a JSON array, or Parquet")


def _row(ordinal: int, name: str, value: Value) -> Row:
    sample, faults = None, value.faults
    if not faults:
        try:
            sample = Sample.parse(value.content)
        except SampleError as error:
            faults = error.faults
        except RecursionError:
            faults = (Fault(TOO_DEEP),)
    identity = sample.id if sample is not None else _identity(value.content)
    row = Row(ordinal, name, value.line, identity, sample)
    return replace(row, faults=row.located(faults)) if faults else row


def _identity(content: Any) -> str:
    given = content.get("id") if isinstance(content, Mapping) else None
    return given[:200] if isinstance(given, str) else str(given) if isinstance(given, int) else ""
