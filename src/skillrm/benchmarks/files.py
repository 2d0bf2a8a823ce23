"""Upstream's files, found in a folder or named, and their rows with what is needed to say where a fault is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from skillrm.errors import Fault, InputError
from skillrm.reading import read_values
from skillrm.types import Access, Resource


@dataclass(frozen=True, slots=True)
class Upstream:
    """Where a benchmark comes from."""

    project: str
    paper: str
    files: tuple[str, ...]
    """Patterns of its files in a folder; the first that matches anything is taken."""
    get: str
    """How a user gets them."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file. The accessors raise `InputError` that names file, line and field."""

    content: Mapping[str, Any]
    file: Path
    ordinal: int
    """From 1 within its file."""
    line: int | None = None
    faults: tuple[Fault, ...] = ()
    """Why it could not be read; then `content` is empty."""

    def fault(self, message: str, field: str | None = None, mend: str | None = None) -> InputError:
        name = str(self.file) if self.line is not None else f"{self.file} row {self.ordinal}"
        return InputError(Fault(message, file=name, line=self.line, field=field, mend=mend))

    def need(self, field: str) -> Any:
        """The value of a field that must be there."""
        if field not in self.content:
            found = ", ".join(sorted(map(str, self.content))[:12])
            raise self.fault("is missing", field, f"the row has {found or 'no field'}")
        return self.content[field]

    def text(self, field: str) -> str:
        """A text, or a number as text."""
        value = self.need(field)
        if not isinstance(value, (str, int)) or isinstance(value, bool):
            raise self.fault(f"must be text, this is {type(value).__name__}", field)
        return str(value)

    def answer(self, field: str) -> str | None:
        """A model's answer: text, or null for none."""
        value = self.need(field)
        if value is not None and not isinstance(value, str):
            raise self.fault(f"must be text or null, this is {type(value).__name__}", field)
        return value

    def mapping(self, field: str) -> Mapping[str, Any]:
        """An object."""
        value = self.need(field)
        if not isinstance(value, Mapping):
            raise self.fault(f"must be an object, this is {type(value).__name__}", field)
        return value

    def listed(self, field: str, least: int = 1) -> list[Any]:
        """A list of at least `least` items."""
        value = self.need(field)
        if not isinstance(value, list) or len(value) < least:
            size = f"a list of {len(value)}" if isinstance(value, list) else type(value).__name__
            raise self.fault(f"must be a list of {least} or more, this is {size}", field)
        return value

    def objects(self, field: str, least: int = 1) -> list[Row]:
        """A list of objects, each with the accessors of a row."""
        items = self.listed(field, least)
        if not all(isinstance(item, Mapping) for item in items):
            raise self.fault("must be a list of objects", field)
        return [replace(self, content=item) for item in items]


def located(path: Path, patterns: Sequence[str], upstream: Upstream) -> list[Path]:
    """The file that `path` is, or those in the folder that match the first pattern with any match.

    Raises `InputError` that says what is missing and where it comes from.
    """
    if path.is_file():
        return [path]
    if not path.exists():
        raise InputError(Fault("does not exist", file=str(path), mend=_mend(upstream)))
    for pattern in patterns:
        if found := sorted(file for file in path.glob(pattern) if file.is_file()):
            return found
    raise InputError(Fault(f"holds no {' or '.join(patterns)}", file=str(path), mend=_mend(upstream)))


def _mend(upstream: Upstream) -> str:
    return f"it comes from {upstream.project}: {upstream.get}"


def read_rows(path: Path) -> Iterator[Row]:
    """The rows of one file; what is no object is a row with faults. Raises `InputError` for an unreadable file."""
    for ordinal, value in enumerate(read_values(path), start=1):
        faults = value.faults
        if not faults and not isinstance(value.content, Mapping):
            faults = (Fault(f"a row must be an object, this is {type(value.content).__name__}"),)
        faults = tuple(replace(fault, file=str(path), line=value.line) for fault in faults)
        yield Row({} if faults else value.content, path, ordinal, value.line, faults)


def rows(path: Path, upstream: Upstream) -> Iterator[Row]:
    """The rows of all files of a benchmark whose every row stands alone."""
    files = located(path, upstream.files, upstream)
    return (row for file in files for row in read_rows(file))


def reference(text: Any, access: Access) -> tuple[Resource, ...]:
    """The row's reference answer as a resource, mounted only when the run may see what the sample brings."""
    if access == "open" or text is None or not str(text).strip():
        return ()
    return (Resource(id="reference", kind="reference", text=str(text), access="sample"),)
