"""How a command over many rows ends: what it came to, and how to go on when it did not come to its end."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from skillrm.cli.output import FAILED, INTERRUPTED, finish, note

if TYPE_CHECKING:
    from skillrm.engine import Tally

T = TypeVar("T")


def carried_out(work: Coroutine[Any, Any, T], tally: Tally, output: Path | None) -> T:
    """Run it; where it is interrupted or breaks, say what was done before."""
    try:
        return finish(work)
    except typer.Exit as end:
        if end.exit_code == INTERRUPTED:
            note(f"done so far: {tally}")
            _how_to_go_on(output)
        elif tally.rows:
            note(f"before that: {tally}")
        raise


def summed_up(tally: Tally, stopped: str | None, output: Path | None, kept: str | None = None) -> None:
    """Say what it came to, and exit with 1 unless every row was judged. `stopped`: why a budget ended it."""
    note(str(tally))
    for words, count in sorted(tally.errors.items(), key=lambda pair: -pair[1])[:5]:
        note(f"  {count} times: {words}")
    if kept is not None:
        note(kept)
    if stopped is not None:
        note(f"stopped: {stopped}")
        _how_to_go_on(output)
    if stopped is not None or not tally.all_fine:
        raise typer.Exit(FAILED)


def command(words: list[str] | None = None) -> str:
    """The command line, without passwords in addresses."""
    given = sys.argv[1:] if words is None else words
    return re.sub(r"//[^/@\s]+@", "//***@", f"skillrm {shlex.join(given)}")


def _how_to_go_on(output: Path | None) -> None:
    if output is None:
        note("with --output FOLDER the same command would go on from here")
    else:
        note(f"resume: {command([word for word in sys.argv[1:] if word != '--fresh'])}")
