"""The commands and what they share: configuration file, errors told as text, exit status."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any

import typer

from skillrm.cli import cache, doctor, export, judging, rereading, skills, verifiers
from skillrm.cli.output import fail
from skillrm.version import __version__

CONFIG = "skillrm.toml"

app = typer.Typer(
    name="skillrm",
    help="Judge answers by evidence: verifiers first, a judge model for what they leave open.",
    epilog=f"Options may also stand in {CONFIG} (a table per command, e.g. \\[judge]); the environment wins over it, "
    "flags win over both. Exit status: 0 fine, 1 some rows failed, 2 unusable input, 130 interrupted.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("judge")(judging.judge)
app.command("compare")(judging.compare)
app.command("select")(judging.select)
app.command("readout")(rereading.readout)
app.command("export")(export.export)
app.add_typer(skills.app, name="skill")
app.add_typer(verifiers.app, name="verifier")
app.add_typer(cache.app, name="cache")
app.command("doctor")(doctor.doctor)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"skillrm {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    context.default_map = _configured(Path(CONFIG))


def _configured(path: Path) -> dict[str, Any]:
    """Defaults of options from the configuration file in this folder, if there is one."""
    if not path.is_file():
        return {}
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        fail(f"{path}: is no valid TOML: {error}")
    return {
        command: {name.replace("-", "_"): value for name, value in table.items()}
        for command, table in tables.items()
        if isinstance(table, dict)
    }
