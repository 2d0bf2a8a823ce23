"""What is behind every endpoint: one reward model, judged with in turn, everything counted."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from skillrm.errors import SampleError
from skillrm.failing import OnFailure
from skillrm.judgment import Judgment
from skillrm.reward_model import RewardModel
from skillrm.service.admission import Admission
from skillrm.service.metrics import Metrics
from skillrm.service.refusing import Refused
from skillrm.service.settings import Settings
from skillrm.service.visit import Visit
from skillrm.types import Goal, Sample


class House:
    """`model` is there while the service runs."""

    def __init__(self, settings: Settings, admission: Admission, metrics: Metrics) -> None:
        self.settings, self.admission, self.metrics = settings, admission, metrics
        self.model: RewardModel | None = None

    async def judge(self, visit: Visit, row: Mapping[str, Any] | Sample, goal: Goal = "scores") -> Judgment:
        """Raises `SampleError` for what is no sample, `Refused` when its turn does not come."""
        sample = row if isinstance(row, Sample) else Sample.parse(row)
        model = self._model()
        async with self.admission.slot():
            judgment = await model.judge(sample, goal)
        return self._noted(visit, judgment)

    async def select(self, visit: Visit, body: Mapping[str, Any]) -> Judgment:
        """The best of N; `strategy` beside the row says how."""
        rest = dict(body)
        strategy = rest.pop("strategy", "listwise")
        told = Sample.parse(rest).model_dump(mode="json", exclude_defaults=True)
        model = self._model()
        async with self.admission.slot():
            judgment = await model.select(told.pop("prompt"), told.pop("candidates"), strategy=strategy, **told)
        return self._noted(visit, judgment)

    async def judge_many(self, visit: Visit, rows: Sequence[Mapping[str, Any]]) -> list[Judgment]:
        """All of them, side by side. Raises `Refused` for the first that is no sample."""
        samples: list[Sample] = []
        for number, row in enumerate(rows):
            try:
                samples.append(Sample.parse(row))
            except SampleError as error:
                raise Refused(422, f"row {number}: {error}", faults=error.faults) from None
        tasks = [asyncio.ensure_future(self.judge(visit, sample)) for sample in samples]
        try:
            return await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()

    def settle(
        self, visit: Visit, rewards: Sequence[float | None], on_failure: OnFailure | None = None
    ) -> list[float | None]:
        """The rewards of one group under the chosen failure policy; what is missing is counted. Raises `NoReward`."""
        chosen = on_failure or self.settings.on_failure
        missing = sum(reward is None for reward in rewards)
        if missing:
            self.metrics.missing.labels(visit.path, str(chosen)).inc(missing)
            visit.seen["missing"] = visit.seen.get("missing", 0) + missing
        return chosen.settle(rewards)

    def _model(self) -> RewardModel:
        if self.model is None:
            raise Refused(503, "the service is starting", retry_after=1)
        return self.model

    def _noted(self, visit: Visit, judgment: Judgment) -> Judgment:
        self.metrics.count(judgment)
        visit.seen["sample"], visit.seen["judgment"] = judgment.sample_id[:100], judgment.status
        return judgment
