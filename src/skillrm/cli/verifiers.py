"""`skillrm verifier list`, `show` and `check`."""

from __future__ import annotations

import inspect
import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from skillrm.cli.output import FAILED, fail, two_columns
from skillrm.errors import SkillRMError

if TYPE_CHECKING:
    from skillrm.verifiers import Finding

app = typer.Typer(help="Look at verifiers and run one by hand.", no_args_is_help=True, rich_markup_mode="rich")
NameArgument = Annotated[str, typer.Argument(help="A name that `skillrm verifier list` prints.")]
_BROUGHT = ("reference", "tests")


@app.command("list")
def list_verifiers(prefix: Annotated[str, typer.Argument(help="Only names that begin so.")] = "") -> None:
    """Name the registered verifiers and what each checks.

    [dim]skillrm verifier list ifeval:[/]
    """
    from skillrm.verifiers import find, names

    wanted = [name for name in names() if name.startswith(prefix)]
    if not wanted:
        families = sorted({name.partition(":")[0] for name in names()})
        fail(f"error: no verifier begins with {prefix!r}; the families are {', '.join(families)}")
    two_columns((name, find(name).summary) for name in wanted)


@app.command("show")
def show(name: NameArgument) -> None:
    """Print what a verifier does, an example, and its arguments.

    [dim]skillrm verifier show structure:length[/]
    """
    from skillrm.verifiers import find
    from skillrm.verifiers.describing import arguments

    try:
        found = find(name)
    except SkillRMError as error:
        fail(f"error: {error}")
    typer.echo(f"{found.name} (version {found.version})\n\n{inspect.getdoc(found.function) or ''}\n")
    takes = list(arguments(found))
    typer.echo("arguments:" if takes else "no arguments")
    for one in takes:
        need = "required" if one.required else f"default {json.dumps(one.default)}"
        words = f": {one.words}" if one.words else ""
        typer.echo(f"  {one.name} ({one.kind.replace('`', '')}; {need}){words}")


@app.command("check")
def check(
    name: NameArgument,
    text: Annotated[str, typer.Argument(help="The answer to look at.")],
    prompt: Annotated[str, typer.Option("--prompt", "-p", help="What was asked, for verifiers that look at it.")] = "",
    arg: Annotated[
        list[str] | None,
        typer.Option(
            "--arg",
            "-a",
            help="name=value, the value as JSON or plain text; reference=... and tests=... too. Repeatable.",
        ),
    ] = None,
) -> None:
    """Run one verifier on one text: satisfied, violated, a share between, or unknown, and what was seen.

    [dim]skillrm verifier check structure:length "Too short." -a unit=words -a min=10

    skillrm verifier check answer:math "So x = 1/2." -a reference=0.5[/]
    """
    from skillrm.verifiers import check as run_check

    try:
        finding = run_check(name, text, prompt, **dict(_argument(item) for item in arg or ()))
    except SkillRMError as error:
        fail(f"error: {error}")
    typer.echo(f"{_outcome(finding)}: {finding.observation}")
    if finding.status == "error":
        raise typer.Exit(FAILED)


def _outcome(finding: Finding) -> str:
    if finding.score is None:
        return finding.status.replace("_", " ")
    return {1.0: "satisfied", 0.0: "violated"}.get(finding.score, f"partial {finding.score:g}")


def _argument(item: str) -> tuple[str, Any]:
    name, equals, value = item.partition("=")
    if not equals:
        fail(f"error: --arg {item}: write name=value")
    if name in _BROUGHT:  # texts that a sample would bring, also where they look like a number
        return name, value
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
