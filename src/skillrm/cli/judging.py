"""`skillrm judge`, `compare` and `select`."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import ExitStack
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from skillrm.cli import options as o
from skillrm.cli.output import FAILED, INTERRUPTED, console, fail, finish, note

if TYPE_CHECKING:
    from skillrm.cli.streaming import Judged, Tally
    from skillrm.judgment import Judgment


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
    model: o.ModelOption = None,
    base_url: o.BaseUrlOption = None,
    timeout: o.TimeoutOption = 300.0,
    temperature: o.TemperatureOption = 0.0,
    tool_mode: o.ToolModeOption = "auto",
    concurrency: o.ConcurrencyOption = 16,
    limit: o.LimitOption = None,
    output: o.FileOption = None,
    json: o.JsonOption = False,
    verbose: o.VerboseOption = False,
    quiet: o.QuietOption = False,
) -> None:
    """Judge every row of a file.

    A row is {"prompt", "response"}, {"prompt", "chosen", "rejected"}, {"prompt", "responses": \\[...]} or OpenAI
    messages; it may bring "reference", "tests", "checklist". Bad rows are named and skipped.

    [dim]skillrm judge answers.jsonl --skill instruction-following

    skillrm judge pairs.jsonl --goal winner -m qwen3 --base-url http://localhost:8000/v1 --json > judgments.jsonl[/]
    """
    from skillrm.cli.streaming import Tally

    chosen = o.Chosen(
        skill,
        model,
        base_url,
        judge,
        access,
        order,
        votes,
        seed,
        timeout,
        temperature,
        tool_mode,
        complete,
    )
    tally = Tally()
    with ExitStack() as stack:
        out = stack.enter_context(_writable(output)) if output else None
        show = _Show(json=json, verbose=verbose, quiet=quiet, out=out)
        work = _judge_file(chosen, file, goal, concurrency, limit, tally, show)
        _finish_file(work, tally)
    note(str(tally))
    if not tally.all_fine:
        raise typer.Exit(FAILED)


def _finish_file(work: Coroutine[Any, Any, None], tally: Tally) -> None:
    try:
        finish(work)
    except typer.Exit as end:
        if end.exit_code == INTERRUPTED:
            note(f"done so far: {tally}")
        raise


def _writable(path: Path) -> IO[str]:
    try:
        return path.open("w", encoding="utf-8")
    except OSError as error:
        fail(f"error: {path}: cannot be written: {error.strerror or error}")


async def _judge_file(
    chosen: o.Chosen, file: str, goal: Any, concurrency: int, limit: int | None, tally: Tally, show: _Show
) -> None:
    from skillrm.cli.streaming import judge_rows
    from skillrm.reading import read_samples

    async with await chosen.reward_model() as model:
        async for judged in judge_rows(model, read_samples(file), goal, concurrency, limit):
            tally.add(judged)
            show(judged)


class _Show:
    """Prints one outcome: a line of JSON, a table, or the faults of a bad row."""

    def __init__(self, *, json: bool, verbose: bool, quiet: bool, out: IO[str] | None = None) -> None:
        self.json, self.verbose, self.quiet, self.out = json, verbose, quiet, out

    def __call__(self, judged: Judged) -> None:
        if judged.judgment is None:
            for fault in judged.faults:
                note(f"row {judged.row.ordinal}: {fault}")
            return
        if self.out is not None:
            self.out.write(judged.judgment.model_dump_json() + "\n")
            self.out.flush()
        if self.json:
            typer.echo(judged.judgment.model_dump_json())
        elif not self.quiet:
            from skillrm.cli.tables import judgment_view

            console().print(judgment_view(judged.judgment, judged.row.sample, verbose=self.verbose))


def _text(value: str) -> str:
    """`@file` is that file's content; anything else is itself."""
    if not value.startswith("@"):
        return value
    try:
        return Path(value[1:]).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        fail(f"error: {value[1:]}: cannot be read: {error}")


_BROUGHT = "What the judge may use"
PromptOption = Annotated[str, typer.Option("--prompt", "-p", help="What was asked; @file reads a file.")]
ReferenceOption = Annotated[str | None, typer.Option("--reference", help="The right answer.", rich_help_panel=_BROUGHT)]
TestsOption = Annotated[
    str | None, typer.Option("--tests", help="Test code; @file reads a file.", rich_help_panel=_BROUGHT)
]
ChecklistOption = Annotated[
    list[str] | None, typer.Option("--check", help="A checklist item; repeatable.", rich_help_panel=_BROUGHT)
]


def _brought(reference: str | None, tests: str | None, checklist: list[str] | None) -> dict[str, Any]:
    given = {"reference": reference, "tests": tests}
    return {
        **{key: _text(value) for key, value in given.items() if value},
        **({"checklist": checklist} if checklist else {}),
    }


def compare(
    prompt: PromptOption,
    a: Annotated[str, typer.Option("--a", "-a", help="One answer; @file reads a file.")],
    b: Annotated[str, typer.Option("--b", "-b", help="The other answer; @file reads a file.")],
    skill: o.SkillOption = "general",
    reference: ReferenceOption = None,
    tests: TestsOption = None,
    check: ChecklistOption = None,
    judge: o.JudgeOption = "skill",
    order: o.OrderOption = "given",
    votes: o.VotesOption = 1,
    model: o.ModelOption = None,
    base_url: o.BaseUrlOption = None,
    timeout: o.TimeoutOption = 300.0,
    tool_mode: o.ToolModeOption = "auto",
    json: o.JsonOption = False,
    verbose: o.VerboseOption = False,
) -> None:
    """Which of two answers is better, and why.

    [dim]skillrm compare -s instruction-following -p "Name two rivers, no commas." -a "Rhine Elbe" -b "Rhine, Elbe"[/]
    """
    chosen = o.Chosen(skill, model, base_url, judge, order=order, votes=votes, timeout=timeout, tool_mode=tool_mode)
    row = {"prompt": _text(prompt), "responses": [_text(a), _text(b)], **_brought(reference, tests, check)}
    _one(chosen, row, "listwise", json=json, verbose=verbose)


def select(
    answers: Annotated[list[str], typer.Argument(help="The answers; @file reads a file.")],
    prompt: PromptOption,
    skill: o.SkillOption = "general",
    reference: ReferenceOption = None,
    tests: TestsOption = None,
    check: ChecklistOption = None,
    strategy: o.StrategyOption = "listwise",
    judge: o.JudgeOption = "skill",
    votes: o.VotesOption = 1,
    seed: o.SeedOption = 0,
    model: o.ModelOption = None,
    base_url: o.BaseUrlOption = None,
    timeout: o.TimeoutOption = 300.0,
    tool_mode: o.ToolModeOption = "auto",
    json: o.JsonOption = False,
    verbose: o.VerboseOption = False,
) -> None:
    """The best of N answers.

    [dim]skillrm select -s math-answer -p "What is 17 * 6?" "102" "It is 102." "112"[/]
    """
    chosen = o.Chosen(skill, model, base_url, judge, votes=votes, seed=seed, timeout=timeout, tool_mode=tool_mode)
    row = {"prompt": _text(prompt), "responses": [_text(one) for one in answers], **_brought(reference, tests, check)}
    _one(chosen, row, strategy, json=json, verbose=verbose)


def _one(chosen: o.Chosen, row: dict[str, Any], strategy: Any, *, json: bool, verbose: bool) -> None:
    judgment = finish(_judge_one(chosen, row, strategy))
    if json:
        typer.echo(judgment.model_dump_json())
    else:
        from skillrm.cli.tables import judgment_view

        console().print(judgment_view(judgment, verbose=verbose))
    if judgment.status == "failed":
        raise typer.Exit(FAILED)


async def _judge_one(chosen: o.Chosen, row: dict[str, Any], strategy: Any) -> Judgment:
    from skillrm.selection import select as best_of
    from skillrm.types import Sample

    async with await chosen.reward_model() as model:
        await asyncio.sleep(0)
        return await best_of(model.judge, Sample.parse(row), strategy, chosen.seed)
