"""`skillrm data`: other people's data sets as rows for trainers and for `skillrm judge`."""

from __future__ import annotations

import contextlib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from skillrm.cli import options as o
from skillrm.cli.aside import aside
from skillrm.cli.output import FAILED, fail, finish, note

if TYPE_CHECKING:
    from skillrm.data import Outcome, Shape

_MOST_REASONS, _SHOWN_REASONS = 1000, 20

app = typer.Typer(no_args_is_help=True, help="Turn data sets into rows for trainers and for `skillrm judge`.")


@app.callback()
def _data() -> None:
    """A group, however few its commands."""


@dataclass(slots=True)
class _Summary:
    rows: int = 0
    written: int = 0
    by_function: int = 0
    by_judge: int = 0
    hindered: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    first: dict[str, str] = field(default_factory=dict)
    """Of a reason: where it was met first."""

    def add(self, outcome: Outcome, name: str) -> None:
        self.rows += 1
        task = outcome.task
        if task is None:
            return
        self.written += 1
        self.by_function += task.by_function
        self.by_judge += task.by_judge
        for remark in task.remarks:
            self.hindered += remark.hindered
            reason = remark.reason
            if reason not in self.reasons and len(self.reasons) >= _MOST_REASONS:
                reason = "other reasons"
            self.reasons[reason] += 1
            self.first.setdefault(reason, f"{_place(outcome, name)}: {remark.field}{_bracketed(remark.detail)}")

    def tell(self, out: str) -> None:
        note(f"{self.rows} rows: {self.written} written to {out}, {self.rows - self.written} unreadable")
        items = self.by_function + self.by_judge
        left = f" ({self.hindered} for want of a function that runs here)" if self.hindered else ""
        note(f"{items} items: {self.by_function} decided by their function, {self.by_judge} by the judge{left}")
        shown = self.reasons.most_common(_SHOWN_REASONS)
        for reason, count in shown:
            note(f"  {count} × {reason}; first in {self.first[reason]}")
        if len(self.reasons) > len(shown):
            note(f"  and {len(self.reasons) - len(shown)} reasons more; -v tells them all")


def _place(outcome: Outcome, name: str) -> str:
    return f"{name}:{outcome.line}" if outcome.line is not None else f"{name} row {outcome.ordinal}"


def _bracketed(detail: str) -> str:
    return f" ({detail})" if detail else ""


@app.command()
def verinstruct(
    file: Annotated[str, typer.Argument(help="JSONL, JSON or Parquet; - for standard input.", show_default=False)],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The file to write; it appears when it is whole.", show_default=False)
    ],
    target: Annotated[
        Literal["skillrm", "verl", "trl"],
        typer.Option("--for", help="skillrm: JSON lines for `skillrm judge`. verl, trl: Parquet."),
    ] = "skillrm",
    limit: o.LimitOption = None,
    data_source: Annotated[
        str, typer.Option("--data-source", help="verl's column, where a row says none.")
    ] = "verinstruct",
    split: Annotated[str, typer.Option("--split", help="verl's `extra_info.split`, where a row says none.")] = "train",
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Every function that is not used, one a line.")
    ] = False,
) -> None:
    """VerInstruct rows (VerIF) as samples: checkers become criteria, functions run in the sandbox.

    A row is {"prompt", "checkers": \\[...], "functions": \\[...]}, or the same in verl's columns. A checker tagged
    \\[rule] is decided by its function, one tagged \\[llm] by the judge, and so is one whose function cannot run in the
    sandbox: the summary says which and why. Bad rows are named and skipped. No function is run here.

    [dim]skillrm data verinstruct verinstruct.jsonl -o train.parquet --for verl[/]
    """
    if str(output) == "-":
        fail("error: -: name a file: it appears when it is whole")
    if (output.suffix == ".parquet") != (target != "skillrm"):
        kind = "JSON lines: name a .jsonl file" if target == "skillrm" else "Parquet: name a .parquet file"
        fail(f"error: {output}: --for {target} writes {kind}")
    if file != "-" and output.exists() and Path(file).exists() and output.samefile(file):
        fail(f"error: {output}: is the file that is read")
    summary = _Summary()
    try:
        finish(_converted(file, output, target, limit, data_source, split, summary, verbose=verbose))
    except OSError as error:
        fail(f"error: {output}: cannot be written: {error.strerror or error}")
    summary.tell(str(output))
    if summary.written < summary.rows:
        raise typer.Exit(FAILED)


async def _converted(
    file: str,
    output: Path,
    target: Shape,
    limit: int | None,
    data_source: str,
    split: str,
    summary: _Summary,
    *,
    verbose: bool,
) -> None:
    from skillrm.data import convert, written

    name = "standard input" if file == "-" else file
    with aside(output) as path, written(path, target, data_source=data_source, split=split) as write:
        async with contextlib.aclosing(convert(file, limit=limit)) as outcomes:
            async for outcome in outcomes:
                summary.add(outcome, name)
                for fault in outcome.faults:
                    note(f"row {outcome.ordinal}: {fault}")
                if outcome.task is None:
                    continue
                write(outcome.task)
                for remark in outcome.task.remarks if verbose else ():
                    note(f"row {outcome.ordinal}: {_place(outcome, name)}: {remark}")
