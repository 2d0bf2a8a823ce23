"""Options that the commands of `skillrm bench` share, and how they tell errors."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

import typer

from skillrm.cli.output import fail
from skillrm.errors import SkillRMError

_TASK = "Benchmark"

DataOption = Annotated[
    str | None,
    typer.Option("--data", "-d", help="File or folder in upstream's layout, or hub:OWNER/NAME.", rich_help_panel=_TASK),
]
AccessOption = Annotated[
    Literal["open", "sample"],
    typer.Option(
        "--access",
        help="`open`: reference-free. `sample`: with the references and checks that rows bring.",
        rich_help_panel=_TASK,
    ),
]
SubsetOption = Annotated[
    list[str] | None, typer.Option("--subset", help="Only this one; repeatable.", rich_help_panel=_TASK)
]
LimitOption = Annotated[
    int | None, typer.Option("--limit", "-n", min=1, help="So many rows, drawn by --seed.", rich_help_panel=_TASK)
]
BankFractionOption = Annotated[
    float, typer.Option("--bank-fraction", min=0, max=1, help="Keep this share of the bank.", rich_help_panel=_TASK)
]
DropResourceOption = Annotated[
    list[str] | None,
    typer.Option("--drop-resource", help="Leave out this resource or detector; repeatable.", rich_help_panel=_TASK),
]
ScorerOption = Annotated[
    str | None, typer.Option("--scorer", help="URL of a scalar reward model: it is the judge.", rich_help_panel=_TASK)
]
ScorerRangeOption = Annotated[
    str | None,
    typer.Option("--scorer-range", help="Raw scores that map to 0 and 1: LOW,HIGH.", rich_help_panel=_TASK),
]
RecordOption = Annotated[
    bool, typer.Option("--json", help="The record (metrics.json) on standard output.", rich_help_panel="Output")
]


@contextlib.contextmanager
def told() -> Iterator[None]:
    """Errors of the caller's making become text and status 2."""
    try:
        yield
    except SkillRMError as error:
        fail(f"error: {error}")


def written(path: Path, content: bytes | str) -> None:
    """Write a file; says what is wrong where it cannot be."""
    try:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    except OSError as error:
        fail(f"error: {path}: cannot be written: {error.strerror or error}")
