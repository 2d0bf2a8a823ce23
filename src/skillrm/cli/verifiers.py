"""`skillrm verifier list`, `show` and `check`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from skillrm.cli.output import FAILED, fail
from skillrm.errors import SkillRMError

app = typer.Typer(help="Look at verifiers and run one by hand.", no_args_is_help=True, rich_markup_mode="rich")


@app.command("list")
def list_verifiers(prefix: Annotated[str, typer.Argument(help="Only names that begin so.")] = "") -> None:
    """Name the registered verifiers."""
    from skillrm.verifiers import find, names

    for name in names():
        if name.startswith(prefix):
            typer.echo(f"{name:<50}{find(name).summary}")


@app.command("show")
def show(name: str) -> None:
    """Print what a verifier does, and its arguments."""
    from skillrm.verifiers import find

    try:
        found = find(name)
    except SkillRMError as error:
        fail(f"error: {error}")
    typer.echo(f"{found.name} (version {found.version})\n{found.function.__doc__ or ''}")
    for field, info in found.args.model_fields.items():
        default = "required" if info.is_required() else f"default {info.get_default(call_default_factory=True)!r}"
        typer.echo(f"  {field}: {default}")


@app.command("check")
def check(
    name: str,
    text: Annotated[str, typer.Argument(help="The answer to look at.")],
    prompt: Annotated[str, typer.Option("--prompt", "-p")] = "",
    arg: Annotated[list[str] | None, typer.Option("--arg", "-a", help="name=JSON value; repeatable.")] = None,
) -> None:
    """Run one verifier on one text.

    [dim]skillrm verifier check structure:length "Too short." -a unit=words -a min=10[/]
    """
    from skillrm.verifiers import check as run_check

    try:
        finding = run_check(name, text, prompt, **dict(_argument(item) for item in arg or ()))
    except SkillRMError as error:
        fail(f"error: {error}")
    score = "" if finding.score is None else f" {finding.score:g}"
    typer.echo(f"{finding.status}{score}: {finding.observation}")
    if finding.status == "error":
        raise typer.Exit(FAILED)


def _argument(item: str) -> tuple[str, Any]:
    import json

    name, equals, value = item.partition("=")
    if not equals:
        fail(f"error: --arg {item}: write name=value")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
