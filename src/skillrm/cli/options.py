"""Options that several commands share, and the reward model they describe."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from skillrm.errors import ConfigError, Fault
from skillrm.selection import Strategy
from skillrm.setting import JudgeKind, ToolMode
from skillrm.types import Access, Goal

if TYPE_CHECKING:
    from skillrm.reward_model import RewardModel

_MODEL = "Judge model"
_JUDGING = "Judging"
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
GoalOption = Annotated[Goal, typer.Option("--goal", help="What must become sure.", rich_help_panel=_JUDGING)]
StrategyOption = Annotated[
    Strategy, typer.Option("--strategy", help="One table for all, or matches of two.", rich_help_panel=_JUDGING)
]
ConcurrencyOption = Annotated[
    int, typer.Option("--concurrency", min=1, help="Rows judged at once.", rich_help_panel=_MODEL)
]
LimitOption = Annotated[int | None, typer.Option("--limit", "-n", min=1, help="Only the first n rows.")]
FileOption = Annotated[
    Path | None,
    typer.Option("--output", "-o", help="Also write judgments to this JSONL file.", rich_help_panel=_OUTPUT),
]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Only the summary.", rich_help_panel=_OUTPUT)]
JsonOption = Annotated[
    bool, typer.Option("--json", help="One judgment a line on standard output.", rich_help_panel=_OUTPUT)
]
VerboseOption = Annotated[
    bool, typer.Option("--verbose", "-v", help="Also what was done, step by step.", rich_help_panel=_OUTPUT)
]


@dataclass(frozen=True, slots=True)
class Chosen:
    """The options that make a reward model."""

    skill: str = "general"
    model: str | None = None
    base_url: list[str] | None = None
    judge: JudgeKind = "skill"
    access: Access = "sample"
    order: Order = "given"
    votes: int = 1
    seed: int = 0
    timeout: float = 300.0
    temperature: float = 0.0
    tool_mode: ToolMode = "auto"
    complete: bool = False

    async def reward_model(self) -> RewardModel:
        """Raises `SkillRMError` for what cannot be used."""
        from skillrm.limits import Limits
        from skillrm.reward_model import RewardModel

        model, urls = self.model or os.environ.get("SKILLRM_MODEL") or None, self.urls()
        if self.judge == "verifiers":
            model = None
        elif model is None and urls:
            from skillrm.backends.discovery import first_model

            model = await first_model(urls[0], os.environ.get("OPENAI_API_KEY"))
        if model is None and self.judge not in ("skill", "verifiers"):
            mend = "give --model and --base-url, or set SKILLRM_MODEL and OPENAI_BASE_URL"
            raise ConfigError(Fault(f"{self.judge} needs a judge model", field="--judge", mend=mend))
        return RewardModel(
            self.skill,
            model=model,
            base_url=urls or None if model and not model.startswith("gguf:") else None,
            judge=self.judge,
            access=self.access,
            limits=Limits(seconds=self.timeout),
            order=self.order,
            votes=self.votes,
            seed=self.seed,
            tool_mode=self.tool_mode,
            temperature=self.temperature,
            early_stop=not self.complete,
        )

    def urls(self) -> list[str]:
        given = self.base_url or os.environ.get("OPENAI_BASE_URL", "").split(",")
        return [url.strip() for url in given if url.strip()]
