"""`skillrm bench`: reward benchmarks, run, listed, compared."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from skillrm.cli import bench_bon, bench_comparing
from skillrm.cli import bench_options as b
from skillrm.cli import options as o
from skillrm.cli.output import FAILED, INTERRUPTED, console, finish, note

if TYPE_CHECKING:
    from skillrm.benching import Record
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


@app.command(RUN)
def run(
    name: Annotated[str, typer.Argument(help="A benchmark; see `skillrm bench list`.")],
    data: b.DataOption = None,
    mode: Annotated[str | None, typer.Option("--mode", help="How it is judged.", rich_help_panel="Benchmark")] = None,
    access: b.AccessOption = "open",
    subset: b.SubsetOption = None,
    limit: b.LimitOption = None,
    seed: o.SeedOption = 0,
    bank_fraction: b.BankFractionOption = 1.0,
    drop_resource: b.DropResourceOption = None,
    scorer: b.ScorerOption = None,
    scorer_range: b.ScorerRangeOption = None,
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
    json: b.RecordOption = False,
    quiet: o.QuietOption = False,
) -> None:
    """Run a benchmark.

    [dim]skillrm bench judgebench --data data/gpt.jsonl -s math-answer -o runs/judgebench

    skillrm bench rmbench --data total_dataset.json -m qwen3 --base-url http://localhost:8000/v1 -n 200 -o runs/rm[/]
    """
    given = locals()
    from skillrm.cli.bench_running import wanted

    with b.told():
        benchmark, where = wanted(name, mode, data)
    _, end = judged({**given, "benchmark": benchmark, "data": where})
    end()


def judged(given: dict[str, Any]) -> tuple[Record | None, Callable[[], None]]:
    """Judge and show; what is to be said at the end, with the exit status, comes as a function."""
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
    if made is None:
        note("no row is judged yet")
    elif given["json"]:
        typer.echo(made.model_dump_json())
    else:
        from skillrm.cli.bench_tables import record_view

        console().print(record_view(made))
    return made, lambda: _end(tally, stopped, output)


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


app.command("compare")(bench_comparing.compare)
app.command("bon")(bench_bon.bon)
app.command("kappa")(bench_comparing.kappa)
app.command("report")(bench_comparing.report)
