"""`skillrm skill check` and `skill show`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from skillrm.cli.output import FAILED, console, fail, two_columns
from skillrm.errors import SkillRMError

if TYPE_CHECKING:
    from rich.table import Table

    from skillrm.skill import Skill

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
        count = f"{len(faults)} fault{'s' if len(faults) > 1 else ''}"
        typer.echo(f"{name}: {count if faults else 'ok'}")
    if bad:
        raise typer.Exit(FAILED)


@app.command("list")
def list_skills() -> None:
    """Name the bundled skills and say what each is for."""
    from skillrm.skill import bundled, load_skill

    two_columns((name, load_skill(name).description) for name in bundled())


@app.command("show")
def show(
    skill: SkillArgument = "general",
    procedure: Annotated[bool, typer.Option("--procedure", "-p", help="Also print the procedure.")] = False,
) -> None:
    """Print what a skill holds: criteria, resources, plan, readout and digest.

    [dim]skillrm skill show general --procedure[/]
    """
    from rich.text import Text

    from skillrm.skill import load_skill

    try:
        loaded = load_skill(skill)
    except SkillRMError as error:
        fail(f"error: {error}")
    out = console()
    out.print(Text.assemble((loaded.name, "bold"), f" {loaded.version}"), Text(loaded.digest, style="dim"))
    out.print(Text(f"{loaded.description}\n"))
    for table in _parts(loaded):
        if table.row_count:
            out.print(table)
    proposed = f"; a judge may propose up to {loaded.open.max} criteria more" if loaded.open else ""
    out.print(f"  readout: {loaded.readout.kind}{proposed}")
    if procedure:
        out.print(f"\n{loaded.procedure}", markup=False)


def _parts(skill: Skill) -> tuple[Table, ...]:
    """Criteria, resources and plan."""
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    criteria = Table("criterion", "text", "scale", "weight", "gate", box=box.SIMPLE_HEAD)
    for c in skill.criteria:
        gate = "" if c.gate is None else f"cap {c.gate:g}"
        criteria.add_row(c.id, escape(c.text), c.scale, f"{c.weight:g}", gate)
    resources = Table("resource", "kind", "read or run", "decides", box=box.SIMPLE_HEAD)
    for r in skill.resources:
        runs = f"reads: {r.description}" if r.text is not None else f"runs {r.verifier or r.endpoint}"
        resources.add_row(r.id, r.kind, escape(runs), ", ".join(r.decides) + (" (hard)" if r.hard else ""))
    plan = Table("when", "applies", box=box.SIMPLE_HEAD)
    for rule in skill.plan:
        asked = rule.when.model_dump(exclude_defaults=True, mode="json").items()
        found = [f"what the detector {rule.detect} finds in the prompt"] if rule.detect else []
        plan.add_row(
            escape("; ".join(f"{key} {_said(value)}" for key, value in asked) or "always"),
            ", ".join((*rule.criteria, *rule.resources, *found)),
        )
    return criteria, resources, plan


def _said(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else "" if value is True else str(value)
