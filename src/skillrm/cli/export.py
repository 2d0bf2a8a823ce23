"""`skillrm export`: a run's judgments as a file for other tools."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from skillrm.cli.aside import aside
from skillrm.cli.output import FAILED, fail, note
from skillrm.errors import SkillRMError

if TYPE_CHECKING:
    from skillrm.store import Run, RunRow

Format = Literal["jsonl", "parquet", "grading"]
_BATCH = 256


def export(
    run: Annotated[Path, typer.Argument(help="The folder of a run.", show_default=False)],
    out: Annotated[
        Path, typer.Argument(help="A .jsonl or .parquet file; - for standard output.", show_default=False)
    ] = Path("-"),
    format: Annotated[
        Format | None,
        typer.Option(
            "--format",
            "-f",
            help="jsonl: one judgment a row. parquet: columns and the judgment. grading: one object a candidate, with "
            "expectations of text, passed, evidence. Default: by the file's name, else jsonl.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Write a run's judgments, in the order of the input, rows of equal content each.

    The file appears when it is whole. A row without a judgment says why. A run that is still going on may be exported.

    [dim]skillrm export runs/today judgments.jsonl
    skillrm export runs/today table.parquet
    skillrm export runs/today --format grading > grading.jsonl[/]
    """
    from skillrm.store import Run

    chosen = format or ("parquet" if out.suffix == ".parquet" else "jsonl")
    if chosen == "parquet" and str(out) == "-":
        fail("error: Parquet needs a file to go to: skillrm export RUN table.parquet")
    try:
        opened = Run.open(run, writable=False)
        try:
            _write(opened, out, chosen)
            counts = opened.count()
        finally:
            opened.close()
    except SkillRMError as error:
        fail(f"error: {error}")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # whoever read has enough; nothing is left to flush
        raise typer.Exit(FAILED) from None
    except OSError as error:
        fail(f"error: {out}: cannot be written: {error.strerror or error}")
    states = ("ok", "abstained", "failed", "unreadable", "pending")
    note(f"{counts.rows} rows: " + ", ".join(f"{getattr(counts, state)} {state}" for state in states))


def _write(run: Run, out: Path, format: Format) -> None:
    from skillrm.cli.formats import grading_lines, judgment_line

    if format == "parquet":
        with aside(out) as path:
            _write_parquet(run, path)
        return

    def lines(row: RunRow) -> Iterator[bytes]:
        return grading_lines(row) if format == "grading" else iter((judgment_line(row),))

    if str(out) == "-":
        _write_lines(run, lines, sys.stdout.buffer.write)
        sys.stdout.buffer.flush()
        return
    with aside(out) as path, path.open("wb") as file:
        _write_lines(run, lines, file.write)


def _write_lines(run: Run, lines: Callable[[RunRow], Iterator[bytes]], write: Callable[[bytes], Any]) -> None:
    for row in run.rows():
        for line in lines(row):
            write(line + b"\n")


def _write_parquet(run: Run, path: Path) -> None:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        fail("error: Parquet needs pyarrow (pip install 'skillrm[parquet]')")
    from skillrm.cli.formats import COLUMNS, columns

    schema = pa.schema([(name, pa.type_for_alias(kind)) for name, kind in COLUMNS.items()])
    batch: list[dict[str, Any]] = []
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for row in run.rows():
            batch.append(columns(row))
            if len(batch) == _BATCH:
                writer.write_table(pa.Table.from_pylist(batch, schema=schema))
                batch = []
        writer.write_table(pa.Table.from_pylist(batch, schema=schema))
