"""`skillrm bench bon`: what the selected answer is worth, by how many there are to choose from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from skillrm.cli import bench_options as b
from skillrm.cli import options as o
from skillrm.cli.output import console, fail, note


def bon(
    file_or_name: Annotated[
        str, typer.Argument(metavar="FILE_OR_NAME", help="A file of candidates, a benchmark, or the folder of a run.")
    ],
    data: b.DataOption = None,
    access: b.AccessOption = "open",
    subset: b.SubsetOption = None,
    limit: b.LimitOption = None,
    seed: o.SeedOption = 0,
    bank_fraction: b.BankFractionOption = 1.0,
    drop_resource: b.DropResourceOption = None,
    scorer: b.ScorerOption = None,
    scorer_range: b.ScorerRangeOption = None,
    majority: Annotated[
        bool | None,
        typer.Option(
            "--majority/--no-majority", help="The line of a vote among final answers; by default where there are some."
        ),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option("--plot", help="Draw the curves into this PNG. Default: bon.png in --output.")
    ] = None,
    skill: o.SkillOption = "general",
    judge: o.JudgeOption = "skill",
    votes: o.VotesOption = 1,
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
    """Best of N: accuracy of the selected answer beside random, longest, majority and oracle.

    [dim]skillrm bench bon candidates.jsonl -s math-answer -o runs/bon

    skillrm bench bon ifeval --data ifeval -s instruction-following --plot ifeval.png[/]
    """
    given = locals()
    from skillrm.benching.record import METRICS

    if (Path(file_or_name) / METRICS).is_file():
        _again(Path(file_or_name), plot)
    else:
        _judged(given)


def _judged(given: dict[str, Any]) -> None:
    """Judge the answers, show and draw the curves."""
    from skillrm.cli.bench_judging import judged
    from skillrm.cli.bench_running import wanted_for_bon

    output, plot = given["output"], given["plot"]
    with b.told():
        benchmark, where = wanted_for_bon(given["file_or_name"], given["data"])
    complete = {"complete": True}  # every answer needs a score, not only the best
    made, end = judged({**given, **complete, "benchmark": benchmark, "data": where})
    if made is not None:
        if not given["json"]:
            from skillrm.cli.bench_tables import curves_view

            console().print(curves_view(made.curves))
        _draw(made.curves, plot or (output / "bon.png" if output is not None else None), wanted=plot is not None)
    end()


def _again(folder: Path, plot: Path | None) -> None:
    """The curves of a run that is there."""
    from skillrm.benching import read_record
    from skillrm.cli.bench_tables import curves_view

    with b.told():
        record = read_record(folder)
    if not record.curves:
        fail(f"error: {folder}: has no curves: its judge gave no scores, or its rows have two answers or fewer")
    console().print(record.title, record.judged_by, sep="\n", markup=False)
    console().print(curves_view(record.curves))
    _draw(record.curves, plot, wanted=plot is not None)


def _draw(curves: dict[str, tuple[float, ...]], path: Path | None, *, wanted: bool) -> None:
    from skillrm.benching import plots

    if path is None or not curves:
        return
    if not wanted and not plots.available():
        note("no plot: pip install 'skillrm[report]'")
        return
    with b.told():
        b.written(path, plots.best_of_n(curves, "png"))
    note(f"plot in {path}")
