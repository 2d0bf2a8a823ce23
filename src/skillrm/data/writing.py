"""Tasks as files: Parquet as verl and TRL read it, or rows of skillrm's own as JSON lines.

What an answer is judged by is one column of JSON text in Parquet, `skillrm`: rows differ in their criteria and
arguments, and a schema that followed them would differ from row group to row group.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from skillrm.data.task import Task
from skillrm.errors import Fault, InputError

Shape = Literal["skillrm", "verl", "trl"]
Write = Callable[[Task], None]
_GROUP_ROWS, _GROUP_CHARACTERS = 512, 8 << 20
"""A row group ends at whichever comes first."""


@contextmanager
def written(path: Path, shape: Shape, *, data_source: str, split: str) -> Iterator[Write]:
    """Writes tasks to a file. `data_source`, `split`: for verl, where the row itself says none.

    Raises `InputError` where pyarrow is missing, `OSError` for what cannot be written.
    """
    if shape == "skillrm":
        with path.open("w", encoding="utf-8", newline="\n") as file:

            def write(task: Task) -> None:
                file.write(json_line(task))

            yield write
        return
    rows = (lambda task: verl_row(task, data_source, split)) if shape == "verl" else trl_row
    with _parquet(path, shape) as add:
        yield lambda task: add(rows(task), len(task.row_fields))


def json_line(task: Task) -> str:
    """A row that `skillrm judge` takes once a `response` is added."""
    return json.dumps({"id": task.id, "prompt": task.prompt, **task.fields}, ensure_ascii=False) + "\n"


def verl_row(task: Task, data_source: str, split: str) -> dict[str, Any]:
    """verl passes `extra_info` to the reward function, and not the prompt; it logs the ground truth."""
    return {
        "data_source": task.data_source or data_source,
        "prompt": task.turns,
        "ability": task.ability or "instruction-following",
        "reward_model": {
            "style": "rule",
            "ground_truth": json.dumps({"checkers": task.checkers}, ensure_ascii=False),
        },
        "extra_info": {
            "index": task.index,
            "id": task.id,
            "split": task.split or split,
            "prompt": task.turns,
            "skillrm": task.row_fields,
        },
    }


def trl_row(task: Task) -> dict[str, Any]:
    """TRL passes every further column to the reward function."""
    return {"prompt": task.turns, "id": task.id, "skillrm": task.row_fields}


@contextmanager
def _parquet(path: Path, shape: Shape) -> Iterator[Callable[[dict[str, Any], int], None]]:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise InputError(Fault("Parquet needs pyarrow", mend="pip install 'skillrm[parquet]'")) from None
    text, turns = pa.string(), pa.list_(pa.struct({"role": pa.string(), "content": pa.string()}))
    if shape == "verl":
        asked = pa.struct({"style": text, "ground_truth": text})
        extra = pa.struct({"index": pa.int64(), "id": text, "split": text, "prompt": turns, "skillrm": text})
        named = {"data_source": text, "prompt": turns, "ability": text, "reward_model": asked, "extra_info": extra}
    else:
        named = {"prompt": turns, "id": text, "skillrm": text}
    schema = pa.schema(named)
    batch: list[dict[str, Any]] = []
    size = 0
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:

        def flush() -> None:
            nonlocal size
            writer.write_table(pa.Table.from_pylist(batch, schema=schema))
            batch.clear()
            size = 0

        def add(row: dict[str, Any], characters: int) -> None:
            nonlocal size
            batch.append(row)
            size += characters
            if len(batch) >= _GROUP_ROWS or size >= _GROUP_CHARACTERS:
                flush()

        yield add
        if batch:
            flush()
