"""Files and rows into samples: JSONL, a JSON array, JSON objects, Parquet; plain or gzip; UTF-8 or UTF-16 with BOM.

A file that cannot be read, or not any further, raises `InputError`; a row that cannot be read becomes a `Row` with
faults, and the rows after it go on. Memory is bounded by the longest row.
"""

from __future__ import annotations

from skillrm.reading.counting import count_rows
from skillrm.reading.opening import stamp
from skillrm.reading.rows import Row, read_samples, read_values
from skillrm.reading.values import Value
from skillrm.reading.waiting import from_thread

__all__ = ["Row", "Value", "count_rows", "from_thread", "read_samples", "read_values", "stamp"]
