"""Where rows come from: any iterable or async iterable of rows, samples or mappings, numbered as they are taken."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Generator, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from skillrm.errors import SampleError
from skillrm.reading import Row
from skillrm.types import Sample

Item = Row | Sample | Mapping[str, Any]
Rows = Iterable[Item] | AsyncIterable[Item]


class Source:
    """Rows one at a time, each with its ordinal from 1. Not for two takers at once."""

    def __init__(self, rows: Rows) -> None:
        self._plain: Iterator[Item] | None = iter(rows) if isinstance(rows, Iterable) else None
        self._async: AsyncIterator[Item] | None = aiter(rows) if isinstance(rows, AsyncIterable) else None
        self._over = False
        self.count = 0
        """The ordinal of the latest row. Ordinals only rise: rows of a second file go on where the first ended."""

    async def next(self) -> Row | None:
        """The next row; None from the end on. Raises what the iterable raises."""
        if self._over:
            return None
        try:
            item = next(self._plain) if self._plain is not None else await anext(self._async)  # type: ignore[arg-type]
        except (StopIteration, StopAsyncIteration):
            self._over = True
            return None
        except BaseException:
            self._over = True
            raise
        row = item if isinstance(item, Row) and item.ordinal > self.count else _row(self.count + 1, item)
        self.count = row.ordinal
        return row

    async def aclose(self) -> None:
        """Close the iterable, if it can be closed."""
        self._over = True
        if isinstance(self._plain, Generator):
            self._plain.close()
        if isinstance(self._async, AsyncGenerator):
            await self._async.aclose()


def _row(ordinal: int, item: Item) -> Row:
    if isinstance(item, Row):
        return replace(item, ordinal=ordinal)
    if isinstance(item, Sample):
        return Row(ordinal, "", None, item.id, item)
    try:
        sample = Sample.parse(item)
    except SampleError as error:
        row = Row(ordinal, "rows", None, str(item.get("id", "")) if isinstance(item, Mapping) else "", None)
        return Row(ordinal, "rows", None, row.id, None, row.located(error.faults))
    return Row(ordinal, "rows", None, sample.id, sample)
