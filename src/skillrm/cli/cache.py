"""`skillrm cache stats` and `skillrm cache clear`."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from skillrm.cli.output import fail, note
from skillrm.errors import SkillRMError

if TYPE_CHECKING:
    from skillrm.cache import Cache

app = typer.Typer(
    help="Look at the cache of model replies and findings, or empty it.", no_args_is_help=True, rich_markup_mode="rich"
)
FolderOption = Annotated[
    Path | None,
    typer.Option("--cache", help="Its folder, if not the default one.", envvar="SKILLRM_CACHE", show_default=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]


@app.command("stats")
def stats(cache: FolderOption = None, json: JsonOption = False) -> None:
    """How much is in it, and where.

    [dim]skillrm cache stats --json[/]
    """
    found = _existing(cache)
    try:
        held = found.stats()
    except SkillRMError as error:
        fail(f"error: {error}")
    finally:
        found.close()
    if json:
        typer.echo(json_module.dumps({"path": str(held.path), "entries": held.entries, "bytes": held.bytes}))
    else:
        typer.echo(f"{held.path}: {held.entries:,} entries, {size_text(held.bytes)}")


@app.command("clear")
def clear(cache: FolderOption = None, json: JsonOption = False) -> None:
    """Drop every entry and give the space back. Runs keep their judgments: they are no part of the cache."""
    found = _existing(cache)
    try:
        before = found.stats()
        found.clear()
    except SkillRMError as error:
        fail(f"error: {error}")
    finally:
        found.close()
    if json:
        typer.echo(json_module.dumps({"path": str(before.path), "dropped": before.entries}))
    else:
        note(f"{before.path}: {before.entries:,} entries dropped, {size_text(before.bytes)} free")


def _existing(folder: Path | None) -> Cache:
    from skillrm.cache import Cache, default_path

    folder = folder or default_path()
    if folder.exists() and not folder.is_dir():
        fail(f"error: {folder}: is no folder (set SKILLRM_CACHE or --cache to a folder)")
    return Cache(folder)


def size_text(count: float) -> str:
    """`0 B`, `1.5 MB`."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            break
        count /= 1000
    return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
