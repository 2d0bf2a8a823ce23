"""The reward model that the options of a command describe."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from skillrm.cli.options import Order
from skillrm.errors import ConfigError, Fault
from skillrm.setting import JudgeKind, ToolMode
from skillrm.types import Access

if TYPE_CHECKING:
    from skillrm.backends import Budget
    from skillrm.reward_model import RewardModel
    from skillrm.skill import Skill


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
    tolerance: float | None = None
    cache: bool = True
    prices: str | None = None
    max_cost: float | None = None
    max_tokens_total: int | None = None
    max_seconds: float | None = None

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Chosen:
        """From a command's arguments, by their names; others are not looked at."""
        return cls(**{field.name: given[field.name] for field in fields(cls) if field.name in given})

    async def reward_model(self, skill: Skill | None = None) -> RewardModel:
        """`skill`: instead of the one named. Raises `SkillRMError` for what cannot be used."""
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
            skill or self.skill,
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
            tolerance=self.tolerance,
            cache="default" if self.cache else None,
            prices=self.price_pair(),
            budget=self.budget(),
        )

    def budget(self) -> Budget | None:
        """What the whole run may spend; None without a bound."""
        from skillrm.backends import Budget

        if self.max_cost is None and self.max_tokens_total is None and self.max_seconds is None:
            return None
        if self.max_cost is not None and self.prices is None:
            mend = "give --prices PROMPT,COMPLETION, in US dollars per million tokens"
            raise ConfigError(Fault("the cost of a call is not known", field="--max-cost", mend=mend))
        return Budget(max_cost=self.max_cost, max_tokens=self.max_tokens_total, max_seconds=self.max_seconds)

    def price_pair(self) -> tuple[float, float] | None:
        """`--prices` as US dollars per million (prompt, completion) tokens."""
        if self.prices is None:
            return None
        try:
            prompt, completion = (float(part) for part in self.prices.split(","))
        except ValueError:
            mend = "two numbers with a comma, such as 0.15,0.60"
            raise ConfigError(Fault(f"{self.prices!r} is no pair of prices", field="--prices", mend=mend)) from None
        return prompt, completion

    def urls(self) -> list[str]:
        given = self.base_url or os.environ.get("OPENAI_BASE_URL", "").split(",")
        return [url.strip() for url in given if url.strip()]
