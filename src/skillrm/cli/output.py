"""Where words go: results to standard output, everything else to standard error; and how a command ends."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import typer

from skillrm.errors import SkillRMError

if TYPE_CHECKING:
    from rich.console import Console

T = TypeVar("T")
OK, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130


@lru_cache(maxsize=2)
def console(*, stderr: bool = False) -> Console:
    """A console that wraps at the terminal, and at 120 columns in a pipe."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, width=None if stream.isatty() else 120, highlight=False, soft_wrap=False)


def two_columns(rows: Iterable[tuple[str, str]]) -> None:
    """Names and what is said of them: side by side at a terminal's width, one a line in a pipe."""
    named = list(rows)
    wide = max((len(name) for name, _ in named), default=0)
    if not sys.stdout.isatty():
        for name, words in named:
            typer.echo(f"{name:<{wide}}  {words}")
        return
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2))
    for name, words in named:
        grid.add_row(Text(name, no_wrap=True), Text(words))
    console().print(grid)


def note(text: str) -> None:
    """One line for the person at the terminal."""
    typer.echo(text, err=True)


def fail(text: str, status: int = USAGE) -> NoReturn:
    """End the command with a message and no traceback."""
    note(text)
    raise typer.Exit(status)


def finish(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's coroutine; errors of the caller's making become text and status 2, Ctrl-C status 130."""
    try:
        return asyncio.run(work)
    except KeyboardInterrupt:
        fail("interrupted", INTERRUPTED)
    except SkillRMError as error:
        fail(f"error: {error}")
    except BrokenPipeError:
        sys.stderr.close()
        raise typer.Exit(FAILED) from None
