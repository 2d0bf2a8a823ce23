"""What is behind every endpoint: one reward model, judged with in turn, everything counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import Any

from skillrm.errors import NoReward
from skillrm.judgment import Judgment
from skillrm.reward_model import RewardModel
from skillrm.rewards import Reward, Rewards
from skillrm.rewards.answers import sample_of
from skillrm.service.admission import Admission
from skillrm.service.bodies import bounded
from skillrm.service.metrics import Metrics
from skillrm.service.refusing import Refused
from skillrm.service.settings import Settings
from skillrm.service.visit import Visit
from skillrm.types import Goal, Sample, Status
from skillrm.version import __version__

_GRAVEST: list[Status] = ["failed", "abstained", "ok"]


class Turns:
    """The house's reward model, judged with in turn."""

    def __init__(self, house: House, model: RewardModel) -> None:
        self._house, self._model = house, model
        self.router, self.readout = model.router, model.readout

    async def judge(self, sample: Sample, goal: Goal = "scores") -> Judgment:
        async with self._house.admission.slot():
            judgment = await self._model.judge(sample, goal)
        self._house.metrics.count(judgment)
        return judgment


class House:
    """`model` is there while the service runs."""

    def __init__(self, settings: Settings, admission: Admission, metrics: Metrics) -> None:
        self.settings, self.admission, self.metrics = settings, admission, metrics
        self.model: RewardModel | None = None
        self._rewards: Rewards | None = None

    async def judge(self, visit: Visit, row: Mapping[str, Any] | Sample, goal: Goal = "scores") -> Judgment:
        """Raises `SampleError` for what is no sample, `Refused` when its turn does not come."""
        sample = row if isinstance(row, Sample) else _parsed(row)
        model = self._model()
        async with self.admission.slot():
            judgment = await model.judge(sample, goal)
        return self._noted(visit, judgment)

    async def select(self, visit: Visit, body: Mapping[str, Any]) -> Judgment:
        """The best of N; `strategy` beside the row says how."""
        bounded(body)
        rest = dict(body)
        strategy = rest.pop("strategy", "listwise")
        told = Sample.parse(rest).model_dump(mode="json", exclude_defaults=True)
        model = self._model()
        async with self.admission.slot():
            judgment = await model.select(told.pop("prompt"), told.pop("candidates"), strategy=strategy, **told)
        return self._noted(visit, judgment)

    def about(self) -> dict[str, Any]:
        """What judges here, and how rewards are given."""
        model, chosen = self._model(), self.settings
        return {
            "skills": [skill.name for skill in model.router.skills],
            "model": model.backend.model if model.backend is not None else None,
            "form": chosen.form,
            "on_failure": str(chosen.on_failure),
            "group_size": chosen.group_size,
            "components": list(self.rewards.components),
            "version": __version__,
        }

    @property
    def rewards(self) -> Rewards:
        """For trainers: judged in turn, counted."""
        if self._rewards is None:
            chosen, model = self.settings, self._model()
            self._rewards = Rewards(
                Turns(self, model),
                on_failure=chosen.on_failure,
                form=chosen.form,
                group_size=chosen.group_size,
                group_wait=chosen.group_wait,
                strict=True,
            )
        return self._rewards

    def hurry(self) -> None:
        """The end is near: groups are judged as they are."""
        if self._rewards is not None:
            self._rewards.hurry()

    async def reward(self, visit: Visit, row: Mapping[str, Any], answer: Any, group: str | None = None) -> Reward:
        """One answer's, beside the others of its group where groups are gathered. Raises `SampleError`, `NoReward`."""
        bounded(row)
        sample_of(row, (answer,))  # what is wrong with one must not end its whole group
        with self.admission.parked(visit) if self.settings.group_size else nullcontext():
            try:
                reward = await self.rewards.one(row, answer, group=f"{visit.client}\0{group or ''}")
            except NoReward:
                self._missed(visit, 1)
                raise
        self.noted(visit, row, [reward])
        return reward

    async def group(self, visit: Visit, row: Mapping[str, Any], answers: Sequence[Any]) -> list[Reward]:
        """A whole group's. Raises `SampleError` and `NoReward`."""
        bounded({**row, "responses": answers})
        try:
            rewards = await self.rewards.group(row, answers)
        except NoReward:
            self._missed(visit, len(answers))
            raise
        self.noted(visit, row, rewards)
        return rewards

    def noted(self, visit: Visit, row: Mapping[str, Any], rewards: Sequence[Reward]) -> None:
        missing = sum(not reward.valid for reward in rewards)
        if missing:
            self._missed(visit, missing)
        visit.seen["sample"] = str(row.get("id", ""))[:100]
        visit.seen["judgment"] = min((reward.status for reward in rewards), key=_GRAVEST.index)

    def _missed(self, visit: Visit, missing: int) -> None:
        self.metrics.missing.labels(visit.path, str(self.settings.on_failure)).inc(missing)
        visit.seen["missing"] = visit.seen.get("missing", 0) + missing

    def _model(self) -> RewardModel:
        if self.model is None:
            raise Refused(503, "the service is starting", retry_after=1)
        return self.model

    def _noted(self, visit: Visit, judgment: Judgment) -> Judgment:
        self.metrics.count(judgment)
        visit.seen["sample"], visit.seen["judgment"] = judgment.sample_id[:100], judgment.status
        return judgment


def _parsed(row: Mapping[str, Any]) -> Sample:
    bounded(row)
    return Sample.parse(row)
