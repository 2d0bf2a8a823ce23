"""Parquet rows, a batch at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from skillrm.errors import Fault
from skillrm.reading.opening import is_url, refuse, remote
from skillrm.reading.values import Value

_BATCH = 64
_KEPT = {"text", "content", "response", "completion", "answer", "output"}
"""A null here is an answer that is missing; elsewhere in a nested column it only fills a place."""


def parquet_values(name: str) -> Iterator[Value]:
    """Each row of a Parquet file. Raises `InputError` for what is none, or when pyarrow is missing."""
    if name == "-":
        refuse("Parquet is read from its end, so not from a pipe", name, "name the file")
    try:
        import pyarrow.parquet as pq
    except ImportError:
        refuse("Parquet needs pyarrow", name, "pip install 'skillrm[parquet]'")
    try:
        source = remote(name, lambda system, path: system.open_input_file(path)) if is_url(name) else name
        with pq.ParquetFile(source) as file:
            for batch in file.iter_batches(batch_size=_BATCH):
                yield from _rows(batch)
    except (OSError, ValueError, TypeError, NotImplementedError) as error:  # pyarrow's errors derive from these
        refuse(f"is no readable Parquet file: {' '.join(str(error).split())}"[:300], name, "check how it was written")


def _rows(batch: Any) -> Iterator[Value]:
    try:
        yield from (Value(None, _compact(row)) for row in batch.to_pylist())
    except UnicodeDecodeError as error:
        if batch.num_rows > 1:
            for place in range(batch.num_rows):
                yield from _rows(batch.slice(place, 1))
        else:
            yield Value(None, None, (Fault(f"is not UTF-8 at byte {error.start} of a column", mend="write it anew"),))


def _compact(row: dict[str, Any]) -> dict[str, Any]:
    return {key: _without_nulls(value) for key, value in row.items()}


def _without_nulls(value: Any) -> Any:
    """Nested columns give every object the keys of all others; those that are null were never there."""
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None or key in _KEPT}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value
