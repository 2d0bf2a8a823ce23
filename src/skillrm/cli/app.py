"""The commands and what they share: configuration file, errors told as text, exit status."""

from __future__ import annotations

import inspect
import os
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from skillrm.cli import bench, cache, comparing, data, doctor, export, judging, rereading, serving, skills, verifiers
from skillrm.cli.output import fail
from skillrm.errors import Fault
from skillrm.validation import nearest
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


def _add(command: Callable[..., None]) -> None:
    """Under its own name; the lines of a paragraph of its docstring flow, those of an example stand."""
    paragraphs = (inspect.getdoc(command) or "").split("\n\n")
    flowing = [text if text.startswith(("[dim]", "skillrm ")) else " ".join(text.split("\n")) for text in paragraphs]
    app.command(command.__name__, help="\n\n".join(flowing))(command)


_add(judging.judge)
_add(comparing.compare)
_add(comparing.select)
_add(judging.rejudge)
_add(rereading.readout)
_add(export.export)
_add(serving.serve)
app.add_typer(bench.app, name="bench")
app.add_typer(data.app, name="data")
app.add_typer(skills.app, name="skill")
app.add_typer(verifiers.app, name="verifier")
app.add_typer(cache.app, name="cache")
_add(doctor.doctor)


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
    context.default_map = _configured(Path(CONFIG), context.command)


_ENVIRONMENT = {"model": "SKILLRM_MODEL", "base_url": "OPENAI_BASE_URL"}


def _configured(path: Path, root: Any) -> dict[str, Any]:
    """Defaults of options from the configuration file in this folder, if there is one."""
    if not path.is_file():
        return {}
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        fail(f"error: {path}: is no valid TOML: {error}")
    faults: list[Fault] = []
    found = _defaults(tables, root, "", faults)
    if faults:
        fail("\n".join(f"error: {replace(fault, file=str(path))}" for fault in faults))
    return found


def _defaults(table: dict[str, Any], command: Any, above: str, faults: list[Fault]) -> dict[str, Any]:
    """A table of the file as defaults of its command; what is no command or option of it is a fault."""
    inner: dict[str, Any] = getattr(command, "commands", {})
    options = {parameter.name for parameter in command.params if parameter.param_type_name == "option"}
    found: dict[str, Any] = {}
    for key, value in table.items():
        name = key.replace("-", "_")
        if key in inner and isinstance(value, dict):
            found[key] = _defaults(value, inner[key], f"{above}{key}.", faults)
        elif inner or name not in options:
            known = sorted(inner) if inner else sorted(option for option in options if option != "help")
            what = "no table of a command" if inner else "no such option"
            faults.append(Fault(what, field=f"{above}{key}", mend=nearest(key if inner else name, known)))
        elif not os.environ.get(_ENVIRONMENT.get(name, "")):
            found[name] = value
    return found
