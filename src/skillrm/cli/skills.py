"""`skillrm skill check` and `skill show`."""

from __future__ import annotations

from typing import Annotated

import typer

from skillrm.cli.output import FAILED, console, fail
from skillrm.errors import SkillRMError

app = typer.Typer(help="Look at skills and check them.", no_args_is_help=True, rich_markup_mode="rich")
SkillArgument = Annotated[str, typer.Argument(help="A bundled skill or a folder.")]


@app.command("check")
def check(skills: Annotated[list[str], typer.Argument(help="Bundled skills or folders.")]) -> None:
    """Report every fault of a skill at once: file, line, field and the mend.

    [dim]skillrm skill check ./my-skill[/]
    """
    from skillrm.skill import check_skill

    bad = False
    for name in skills:
        faults = check_skill(name)
        for fault in faults:
            typer.echo(str(fault))
        bad = bad or bool(faults)
        typer.echo(f"{name}: {len(faults)} faults" if faults else f"{name}: ok")
    if bad:
        raise typer.Exit(FAILED)


@app.command("list")
def list_skills() -> None:
    """Name the bundled skills."""
    from skillrm.skill import bundled, load_skill

    for name in bundled():
        typer.echo(f"{name:<24}{load_skill(name).description}")


@app.command("show")
def show(
    skill: SkillArgument = "general",
    procedure: Annotated[bool, typer.Option("--procedure", "-p", help="Also print the procedure.")] = False,
) -> None:
    """Print a skill's criteria, resources and readout, and its digest."""
    from rich import box
    from rich.table import Table

    from skillrm.skill import load_skill

    try:
        loaded = load_skill(skill)
    except SkillRMError as error:
        fail(f"error: {error}")
    out = console()
    out.print(f"[bold]{loaded.name}[/] {loaded.version}  [dim]{loaded.digest}[/]\n{loaded.description}\n")
    criteria = Table("criterion", "text", "scale", "weight", "gate", box=box.SIMPLE_HEAD)
    for c in loaded.criteria:
        criteria.add_row(c.id, c.text, c.scale, f"{c.weight:g}", "" if c.gate is None else f"cap {c.gate:g}")
    resources = Table("resource", "kind", "read or run", "decides", box=box.SIMPLE_HEAD)
    for r in loaded.resources:
        runs = "read" if r.text is not None else r.verifier or r.endpoint or ""
        resources.add_row(r.id, r.kind, runs, ", ".join(r.decides) + (" (hard)" if r.hard else ""))
    out.print(criteria, resources)
    out.print(f"readout {loaded.readout.kind}" + (f"; up to {loaded.open.max} open criteria" if loaded.open else ""))
    if procedure:
        out.print(f"\n{loaded.procedure}", markup=False)
