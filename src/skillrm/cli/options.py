"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from skillrm.selection import Strategy
from skillrm.setting import JudgeKind, ToolMode
from skillrm.types import Access, Goal

_MODEL = "Judge model"
_JUDGING = "Judging"
_RUN = "Run"
_OUTPUT = "Output"

Order = Literal["given", "shuffled", "both"]

SkillOption = Annotated[
    str, typer.Option("--skill", "-s", help="A bundled skill or a folder.", rich_help_panel=_JUDGING)
]
JudgeOption = Annotated[
    JudgeKind,
    typer.Option("--judge", help="What fills the table; `verifiers` calls no model.", rich_help_panel=_JUDGING),
]
AccessOption = Annotated[
    Access,
    typer.Option(
        "--access", help="Which of a sample's resources (reference, tests) are mounted.", rich_help_panel=_JUDGING
    ),
]
OrderOption = Annotated[
    Order,
    typer.Option("--order", help="`both` judges twice and keeps what agrees.", rich_help_panel=_JUDGING),
]
VotesOption = Annotated[int, typer.Option("--votes", min=1, help="Judge n times and merge.", rich_help_panel=_JUDGING)]
SeedOption = Annotated[int, typer.Option("--seed", help="Of shuffling and sampling.", rich_help_panel=_JUDGING)]
CompleteOption = Annotated[
    bool,
    typer.Option("--complete", help="Fill every cell, even when the answer is already sure.", rich_help_panel=_JUDGING),
]
ModelOption = Annotated[
    str | None,
    typer.Option(
        "--model", "-m", help="Name on the server, or gguf:PATH. \\[env: SKILLRM_MODEL]", rich_help_panel=_MODEL
    ),
]
BaseUrlOption = Annotated[
    list[str] | None,
    typer.Option(
        "--base-url", help="OpenAI-compatible server; repeatable. \\[env: OPENAI_BASE_URL]", rich_help_panel=_MODEL
    ),
]
TimeoutOption = Annotated[
    float, typer.Option("--timeout", min=0.001, help="Seconds for one judgment.", rich_help_panel=_MODEL)
]
TemperatureOption = Annotated[
    float, typer.Option("--temperature", min=0, help="Of the judge model.", rich_help_panel=_MODEL)
]
ToolModeOption = Annotated[
    ToolMode,
    typer.Option("--tool-mode", help="`json`: for models without tool calls.", rich_help_panel=_MODEL),
]
GoalOption = Annotated[
    Goal,
    typer.Option(
        "--goal",
        help="What is wanted: a score for each answer, their order, or the best; judging ends once it is sure.",
        rich_help_panel=_JUDGING,
    ),
]
StrategyOption = Annotated[
    Strategy, typer.Option("--strategy", help="One table for all, or matches of two.", rich_help_panel=_JUDGING)
]
ConcurrencyOption = Annotated[
    int,
    typer.Option(
        "--concurrency", min=1, help="Rows judged at once; with --engine ray, per worker.", rich_help_panel=_MODEL
    ),
]
LimitOption = Annotated[int | None, typer.Option("--limit", "-n", min=1, help="Only the first n rows.")]
RunOption = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        help="Keep the run in this folder; the same command goes on where it stopped.",
        rich_help_panel=_RUN,
    ),
]
FreshOption = Annotated[
    bool,
    typer.Option("--fresh/--resume", help="Begin the run in --output anew.", rich_help_panel=_RUN),
]
EngineOption = Annotated[
    Literal["local", "ray"],
    typer.Option("--engine", help="`ray`: workers on every node of a Ray cluster.", rich_help_panel=_RUN),
]
RayAddressOption = Annotated[
    str | None,
    typer.Option(
        "--ray-address",
        help="host:port of the cluster, or auto; without it one begins on this machine. \\[env: RAY_ADDRESS]",
        rich_help_panel=_RUN,
    ),
]
RayWorkersOption = Annotated[
    int | None,
    typer.Option("--ray-workers", min=1, help="How many; one per CPU of the cluster.", rich_help_panel=_RUN),
]
MaxCostOption = Annotated[
    float | None,
    typer.Option("--max-cost", min=0, help="Stop cleanly at so many US dollars; needs --prices.", rich_help_panel=_RUN),
]
MaxTokensOption = Annotated[
    int | None,
    typer.Option("--max-tokens-total", min=1, help="Stop cleanly at so many tokens.", rich_help_panel=_RUN),
]
MaxSecondsOption = Annotated[
    float | None,
    typer.Option("--max-seconds", min=0, help="Stop cleanly after so many seconds.", rich_help_panel=_RUN),
]
PricesOption = Annotated[
    str | None,
    typer.Option(
        "--prices", help="US dollars per million prompt and completion tokens: 0.15,0.60", rich_help_panel=_MODEL
    ),
]
CacheOption = Annotated[
    bool,
    typer.Option(
        "--cache/--no-cache", help="Reuse replies to identical requests at temperature 0.", rich_help_panel=_MODEL
    ),
]
ToleranceOption = Annotated[
    float | None,
    typer.Option(
        "--tolerance",
        min=0,
        max=1,
        help="A score whose bounds are this close counts as decided: fewer calls.",
        rich_help_panel=_JUDGING,
    ),
]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Only the summary.", rich_help_panel=_OUTPUT)]
JsonOption = Annotated[
    bool, typer.Option("--json", help="One judgment a line on standard output.", rich_help_panel=_OUTPUT)
]
VerboseOption = Annotated[
    bool, typer.Option("--verbose", "-v", help="Also what was done, step by step.", rich_help_panel=_OUTPUT)
]
