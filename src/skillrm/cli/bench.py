"""`skillrm bench`: reward benchmarks, run, listed, compared."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from typer.core import TyperGroup

from skillrm.cli import options as o
from skillrm.cli.output import FAILED, INTERRUPTED, console, finish, note

if TYPE_CHECKING:
    from skillrm.engine import Tally

RUN = "run"


class ByName(TyperGroup):
    """`bench judgebench ...` is `bench run judgebench ...`: whatever is no command names a benchmark."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            args = [RUN, *args]
        return super().resolve_command(ctx, args)


app = typer.Typer(
    cls=ByName,
    no_args_is_help=True,
    help="Reward benchmarks with upstream's own numbers: skillrm bench NAME --data PATH.",
    subcommand_metavar="NAME | COMMAND [ARGS]...",
)
_TASK = "Benchmark"

DataOption = Annotated[
    str,
    typer.Option("--data", "-d", help="File or folder in upstream's layout, or hub:OWNER/NAME.", rich_help_panel=_TASK),
]
BenchAccessOption = Annotated[
    Literal["open", "sample"],
    typer.Option(
        "--access",
        help="`open`: reference-free. `sample`: with the references and checks that rows bring.",
        rich_help_panel=_TASK,
    ),
]


@app.command(RUN)
def run(
    name: Annotated[str, typer.Argument(help="A benchmark; see `skillrm bench list`.")],
    data: DataOption,
    mode: Annotated[str | None, typer.Option("--mode", help="How it is judged.", rich_help_panel=_TASK)] = None,
    access: BenchAccessOption = "open",
    subset: Annotated[
        list[str] | None, typer.Option("--subset", help="Only this one; repeatable.", rich_help_panel=_TASK)
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option("--limit", "-n", min=1, help="So many rows, drawn by --seed.", rich_help_panel=_TASK),
    ] = None,
    seed: o.SeedOption = 0,
    bank_fraction: Annotated[
        float,
        typer.Option("--bank-fraction", min=0, max=1, help="Keep this share of the bank.", rich_help_panel=_TASK),
    ] = 1.0,
    drop_resource: Annotated[
        list[str] | None,
        typer.Option("--drop-resource", help="Leave out this resource or detector; repeatable.", rich_help_panel=_TASK),
    ] = None,
    scorer: Annotated[
        str | None,
        typer.Option("--scorer", help="URL of a scalar reward model: it is the judge.", rich_help_panel=_TASK),
    ] = None,
    scorer_range: Annotated[
        str | None,
        typer.Option("--scorer-range", help="Raw scores that map to 0 and 1: LOW,HIGH.", rich_help_panel=_TASK),
    ] = None,
    skill: o.SkillOption = "general",
    judge: o.JudgeOption = "skill",
    order: o.OrderOption = "given",
    votes: o.VotesOption = 1,
    complete: o.CompleteOption = False,
    tolerance: o.ToleranceOption = None,
    model: o.ModelOption = None,
    base_url: o.BaseUrlOption = None,
    timeout: o.TimeoutOption = 300.0,
    temperature: o.TemperatureOption = 0.0,
    tool_mode: o.ToolModeOption = "auto",
    concurrency: o.ConcurrencyOption = 64,
    prices: o.PricesOption = None,
    cache: o.CacheOption = True,
    output: o.RunOption = None,
    fresh: o.FreshOption = False,
    max_cost: o.MaxCostOption = None,
    max_tokens_total: o.MaxTokensOption = None,
    max_seconds: o.MaxSecondsOption = None,
    json: Annotated[bool, typer.Option("--json", help="The record (metrics.json) instead of tables.")] = False,
    quiet: o.QuietOption = False,
) -> None:
    """Run a benchmark.

    [dim]skillrm bench judgebench --data data/gpt.jsonl -s math-answer -o runs/judgebench

    skillrm bench rmbench --data total_dataset.json -m qwen3 --base-url http://localhost:8000/v1 -n 200 -o runs/rm[/]
    """
    bench(locals())


def bench(given: dict[str, Any]) -> None:
    """The command's work: judge, keep, show."""
    from skillrm.cli import bench_running
    from skillrm.engine import Tally

    tally = Tally()
    output: Path | None = given["output"]
    try:
        made, stopped = finish(bench_running.bench_of(given, tally))
    except typer.Exit as end:
        if end.exit_code == INTERRUPTED:
            note(f"done so far: {tally}")
            _how_to_go_on(output)
        raise
    if given["json"]:
        typer.echo(made.model_dump_json())
    else:
        from skillrm.cli.bench_tables import record_view

        console().print(record_view(made))
    _end(tally, stopped, output)


def _end(tally: Tally, stopped: str | None, output: Path | None) -> None:
    note(str(tally))
    for words, count in sorted(tally.errors.items(), key=lambda pair: -pair[1])[:5]:
        note(f"  {count} times: {words}")
    if output is not None:
        note(f"kept in {output}: metrics.json, results.jsonl, and every judgment")
    if stopped is not None:
        note(f"stopped: {stopped}")
        _how_to_go_on(output)
    if stopped is not None or not tally.all_fine:
        raise typer.Exit(FAILED)


def _how_to_go_on(output: Path | None) -> None:
    from skillrm.cli.bench_running import command

    if output is None:
        note("with --output FOLDER a run can be gone on with")
    else:
        note(f"resume: {command().replace(' --fresh', '')}")


@app.command("list")
def list_() -> None:
    """Which benchmarks there are, what files they want, and where these come from."""
    from skillrm.benchmarks import find, names
    from skillrm.cli.bench_tables import benchmarks_view

    console().print(benchmarks_view([[find(name, mode) for mode in modes] for name, modes in names().items()]))
