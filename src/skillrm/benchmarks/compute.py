"""What judging cost, so that judges are compared at equal compute."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from skillrm.judgment import Judgment, Usage


@dataclass(frozen=True, slots=True)
class Spent:
    """The usage of some judgments together."""

    judgments: int
    calls: int
    cached_calls: int
    """Those of `calls` that a cache answered."""
    prompt_tokens: int
    completion_tokens: int
    seconds: float
    """Sum over the judgments; they may have run side by side."""
    cost_usd: float | None
    """None unless every judgment with a call states its cost."""

    @property
    def calls_per_judgment(self) -> float:
        return self.calls / self.judgments if self.judgments else 0.0

    @property
    def tokens_per_judgment(self) -> float:
        return (self.prompt_tokens + self.completion_tokens) / self.judgments if self.judgments else 0.0


def spent(judgments: Iterable[Judgment]) -> Spent:
    """Add up what the judgments say of their usage."""
    return spent_of(judgment.usage for judgment in judgments)


def spent_of(used: Iterable[Usage]) -> Spent:
    """Add up usages, one a judgment."""
    usages = list(used)
    costs = [usage.cost_usd for usage in usages if usage.calls]
    known = [cost for cost in costs if cost is not None]
    return Spent(
        judgments=len(usages),
        calls=sum(usage.calls for usage in usages),
        cached_calls=sum(usage.cached_calls for usage in usages),
        prompt_tokens=sum(usage.prompt_tokens for usage in usages),
        completion_tokens=sum(usage.completion_tokens for usage in usages),
        seconds=sum(usage.seconds for usage in usages),
        cost_usd=sum(known) if len(known) == len(costs) else None,
    )
