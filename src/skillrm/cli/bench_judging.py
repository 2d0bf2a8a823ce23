"""A benchmark judged and shown, by whichever command asks for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from skillrm.cli.ending import carried_out, summed_up
from skillrm.cli.output import console, note

if TYPE_CHECKING:
    from skillrm.benching import Record


def judged(given: dict[str, Any]) -> tuple[Record | None, Callable[[], None]]:
    """Judge and show; what is to be said at the end, with the exit status, comes as a function."""
    from skillrm.cli import bench_running
    from skillrm.engine import Tally

    tally = Tally()
    output: Path | None = given["output"]
    made, stopped = carried_out(bench_running.bench_of(given, tally), tally, output)
    if made is None:
        note("no row is judged yet")
    elif given["json"]:
        typer.echo(made.model_dump_json())
    else:
        from skillrm.cli.bench_tables import record_view

        console().print(record_view(made))
    kept = f"kept in {output}: metrics.json, results.jsonl, and every judgment" if output is not None else None
    return made, lambda: summed_up(tally, stopped, output, kept)
