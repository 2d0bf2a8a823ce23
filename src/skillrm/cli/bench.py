"""`skillrm bench`: reward benchmarks, run, listed, compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from skillrm.cli import bench_bon, bench_comparing
from skillrm.cli import bench_options as b
from skillrm.cli import options as o
from skillrm.cli.output import console

if TYPE_CHECKING:
    pass

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
    from skillrm.cli.bench_judging import judged
    from skillrm.cli.bench_running import wanted

    with b.told():
        benchmark, where = wanted(name, mode, data)
    _, end = judged({**given, "benchmark": benchmark, "data": where})
    end()


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
