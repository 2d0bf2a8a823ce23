"""`skillrm judge` and `skillrm rejudge`: every row of a file, or rows of a run once more."""

from __future__ import annotations

from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from skillrm.cli import options as o
from skillrm.cli.choosing import Chosen
from skillrm.cli.ending import carried_out, summed_up
from skillrm.types import Status

if TYPE_CHECKING:
    from skillrm.engine import Tally

_AGAIN: tuple[Status, ...] = ("failed", "abstained")


def judge(
    file: Annotated[str, typer.Argument(help="JSONL, JSON or Parquet; - for standard input.")],
    skill: o.SkillOption = "general",
    goal: o.GoalOption = "scores",
    judge: o.JudgeOption = "skill",
    access: o.AccessOption = "sample",
    order: o.OrderOption = "given",
    votes: o.VotesOption = 1,
    seed: o.SeedOption = 0,
    complete: o.CompleteOption = False,
    tolerance: o.ToleranceOption = None,
    model: o.ModelOption = None,
    base_url: o.BaseUrlOption = None,
    timeout: o.TimeoutOption = 300.0,
    temperature: o.TemperatureOption = 0.0,
    tool_mode: o.ToolModeOption = "auto",
    concurrency: o.ConcurrencyOption = 64,
    engine: o.EngineOption = "local",
    ray_address: o.RayAddressOption = None,
    ray_workers: o.RayWorkersOption = None,
    prices: o.PricesOption = None,
    cache: o.CacheOption = True,
    limit: o.LimitOption = None,
    output: o.RunOption = None,
    fresh: o.FreshOption = False,
    max_cost: o.MaxCostOption = None,
    max_tokens_total: o.MaxTokensOption = None,
    max_seconds: o.MaxSecondsOption = None,
    json: o.JsonOption = False,
    verbose: o.VerboseOption = False,
    quiet: o.QuietOption = False,
) -> None:
    """Judge every row of a file.

    A row is {"prompt", "response"}, {"prompt", "chosen", "rejected"}, {"prompt", "responses": \\[...]} or OpenAI
    messages; it may bring "reference", "tests", "checklist". Bad rows are named and skipped. With --output the run is
    kept in a folder: stop it at any moment, and the same command goes on.

    [dim]skillrm judge answers.jsonl --skill instruction-following

    skillrm judge pairs.jsonl --goal winner -m qwen3 --base-url http://localhost:8000/v1 --output runs/pairs[/]
    """
    given = locals()
    from skillrm.cli.placing import Placing
    from skillrm.cli.running import File, Showing, judge_file
    from skillrm.engine import Tally

    chosen, placing = Chosen.of(given), Placing.of(given)
    tally = Tally()
    # one row after the other is what a person reads; a kept run is looked at later
    showing = Showing(json=json, verbose=verbose, quiet=quiet or (output is not None and not json and not verbose))
    work = judge_file(File(file, limit), chosen, goal, placing, tally, showing, output, fresh=fresh)
    _to_the_end(work, tally, output)


def rejudge(
    run: Annotated[Path, typer.Argument(help="Folder of a run, as `judge --output` keeps it.")],
    only: Annotated[str, typer.Option("--only", help="failed, abstained or both: failed,abstained.")] = "failed",
    base_url: o.BaseUrlOption = None,
    timeout: o.TimeoutOption = 300.0,
    concurrency: o.ConcurrencyOption = 64,
    engine: o.EngineOption = "local",
    ray_address: o.RayAddressOption = None,
    ray_workers: o.RayWorkersOption = None,
    prices: o.PricesOption = None,
    cache: o.CacheOption = False,
    max_cost: o.MaxCostOption = None,
    max_tokens_total: o.MaxTokensOption = None,
    max_seconds: o.MaxSecondsOption = None,
    json: o.JsonOption = False,
    verbose: o.VerboseOption = False,
    quiet: o.QuietOption = True,
) -> None:
    """Judge rows of a run again, with the options the run was made with.

    [dim]skillrm rejudge runs/pairs --only failed,abstained --timeout 600 --no-cache[/]
    """
    given = locals()
    from skillrm.cli.placing import Placing
    from skillrm.cli.running import Showing, rejudge_run
    from skillrm.engine import Tally

    named = {part.strip() for part in only.split(",") if part.strip()}
    wanted: set[Status] = {status for status in _AGAIN if status in named}
    if not wanted or len(wanted) < len(named):
        raise typer.BadParameter("failed, abstained, or both with a comma", param_hint="--only")
    chosen, placing = Chosen.of(given), Placing.of(given)
    tally = Tally()
    showing = Showing(json=json, verbose=verbose, quiet=quiet and not json and not verbose)
    _to_the_end(rejudge_run(run, wanted, chosen, placing, tally, showing), tally, run)


def _to_the_end(work: Coroutine[Any, Any, str | None], tally: Tally, output: Path | None) -> None:
    summed_up(tally, carried_out(work, tally, output), output)
