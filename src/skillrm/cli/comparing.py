"""`skillrm compare` and `skillrm select`: one prompt, its answers on the command line."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from skillrm.cli import options as o
from skillrm.cli.choosing import Chosen
from skillrm.cli.output import FAILED, console, fail, finish

if TYPE_CHECKING:
    from skillrm.judgment import Judgment


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
    chosen = Chosen(skill, model, base_url, judge, order=order, votes=votes, timeout=timeout, tool_mode=tool_mode)
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
    chosen = Chosen(skill, model, base_url, judge, votes=votes, seed=seed, timeout=timeout, tool_mode=tool_mode)
    row = {"prompt": _text(prompt), "responses": [_text(one) for one in answers], **_brought(reference, tests, check)}
    _one(chosen, row, strategy, json=json, verbose=verbose)


def _one(chosen: Chosen, row: dict[str, Any], strategy: Any, *, json: bool, verbose: bool) -> None:
    judgment = finish(_judge_one(chosen, row, strategy))
    if json:
        typer.echo(judgment.model_dump_json())
    else:
        from skillrm.cli.tables import judgment_view

        console().print(judgment_view(judgment, verbose=verbose))
    if judgment.status == "failed":
        raise typer.Exit(FAILED)


async def _judge_one(chosen: Chosen, row: dict[str, Any], strategy: Any) -> Judgment:
    from skillrm.selection import select as best_of
    from skillrm.types import Sample

    async with await chosen.reward_model() as model:
        await asyncio.sleep(0)
        return await best_of(model.judge, Sample.parse(row), strategy, chosen.seed)
