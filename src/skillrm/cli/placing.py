"""Where the rows of a command are judged: in this process, or on the nodes of a Ray cluster."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, Self

import typer

from skillrm.cli.choosing import Chosen

if TYPE_CHECKING:
    from skillrm.engine.local import Judge
    from skillrm.reward_model import RewardModel


@dataclass(frozen=True, slots=True)
class Placing:
    """The options that say where, and how many rows at once."""

    engine: Literal["local", "ray"] = "local"
    ray_address: str | None = None
    ray_workers: int | None = None
    concurrency: int = 64

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Self:
        """From a command's arguments, by their names. Refuses what would have no effect."""
        placing = cls(**{field.name: given[field.name] for field in fields(cls)})
        for name in ("ray_address", "ray_workers"):
            if placing.engine != "ray" and getattr(placing, name) is not None:
                hint = f"--{name.replace('_', '-')}"
                raise typer.BadParameter("means nothing without --engine ray", param_hint=hint)
        return placing

    @contextlib.asynccontextmanager
    async def judging(self, model: RewardModel, chosen: Chosen) -> AsyncIterator[tuple[Judge, int]]:
        """What judges a row, and how many rows it takes at once."""
        if self.engine == "local":
            yield model.judge, self.concurrency
            return
        from skillrm.engine.ray import RayWorkers

        workers = RayWorkers(
            partial(_for_a_worker(chosen, model).reward_model, model.skill),
            model.identity,
            address=self.ray_address,
            workers=self.ray_workers,
            concurrency=self.concurrency,
            budget=model.budget,
        )
        async with workers:
            yield workers.judge, workers.concurrency


def _for_a_worker(chosen: Chosen, model: RewardModel) -> Chosen:
    """The same choice for another machine: nothing is left to its environment, and the budget is kept here."""
    portable = replace(chosen, base_url=chosen.urls(), max_cost=None, max_tokens_total=None, max_seconds=None)
    if model.backend is None:
        return replace(portable, judge="verifiers")
    return replace(portable, model=chosen.model or os.environ.get("SKILLRM_MODEL") or model.backend.model)
