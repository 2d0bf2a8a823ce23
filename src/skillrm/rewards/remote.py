"""`RemoteRewards`: rewards by a service (`skillrm serve`), which keeps form, groups and components; nothing is judged
here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from math import nan
from typing import Any, Self

from skillrm.client import RemoteRewardModel
from skillrm.errors import BackendError, BackendReplyError, NoReward, SampleError
from skillrm.rewards.answers import Row
from skillrm.rewards.asking import answers_of
from skillrm.rewards.failing import OnFailure
from skillrm.rewards.reporting import Report
from skillrm.rewards.reward import Reward
from skillrm.shapes import plain


class RemoteRewards:
    """As `Rewards`. A service that cannot be reached at the start is raised (`BackendError`); later it is a failure
    like any other, by this side's `on_failure`, which also settles what the service's own leaves open.
    """

    def __init__(self, client: RemoteRewardModel, *, on_failure: OnFailure | str = "none") -> None:
        self.client = client
        self.on_failure = on_failure if isinstance(on_failure, OnFailure) else OnFailure.parse(on_failure)
        self.components: tuple[str, ...] = ()
        self._known = self._gathered = False
        self._report = Report()

    @property
    def counts(self) -> Counter[str]:
        """As `Rewards.counts`."""
        return self._report.counts

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self.client.aclose()

    def announced(self, trainer: str, meaning: str = "") -> str:
        """As `Rewards.announced`."""
        said = f": {meaning}" if meaning else ""
        return f"skillrm: rewards for {trainer} from {self.client!r}; on_failure={self.on_failure}{said}"

    async def group(self, row: Row, answers: Sequence[Any]) -> list[Reward]:
        """As `Rewards.group`."""
        answers = answers_of(row, answers)
        if not answers:
            return []
        await self._meet()
        refused, usable = dict[int, str](), dict[int, Any]()
        for at, answer in enumerate(answers):
            try:
                usable[at] = plain(answer, "responses")
            except SampleError as error:  # it fails alone
                refused[at] = str(error)
        try:
            told = await self.client.rewards(row, list(usable.values())) if usable else []
            given = {at: self._read(one) for at, one in zip(usable, told, strict=True)}
        except (BackendError, NoReward, SampleError) as error:
            given = {at: self._missing(str(error)) for at in usable}
        given |= {at: self._missing(words) for at, words in refused.items()}
        return self._settled(row, [given[at] for at in range(len(answers))])

    def unusable(self, row: Row, count: int, error: str) -> list[Reward]:
        """As `Rewards.unusable`."""
        return self._settled(row, [self._missing(error) for _ in range(count)])

    async def one(self, row: Row, answer: Any, *, group: str | None = None) -> Reward:
        """As `Rewards.one`; the others of its group are waited for in the service, if it was told their number."""
        await self._meet()
        try:
            reward = self._read(await self.client.reward(row, answer, group=group, gathered=self._gathered))
        except (BackendError, NoReward, SampleError) as error:
            reward = self._missing(str(error))
        return self._settled(row, [reward])[0]

    async def _meet(self) -> None:
        if not self._known:
            about = await self.client.about()
            names = about.get("components")
            if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
                raise BackendReplyError("200, and nothing about components: is this `skillrm serve`?")
            self.components, self._gathered = tuple(names), about.get("group_size") is not None
            self._known = True

    def _read(self, told: Any) -> Reward:
        """A reward with the components that were told at the start, whatever became of the service since: trainers
        want the same keys every time. Raises `BackendReplyError`.
        """
        try:
            reward = Reward.of(told)
        except ValueError as error:
            raise BackendReplyError(f"200, and {error}") from None
        return replace(reward, components={name: reward.components.get(name, nan) for name in self.components})

    def _missing(self, error: str) -> Reward:
        return Reward(None, False, "failed", None, dict.fromkeys(self.components, nan), error)

    def _settled(self, row: Row, rewards: list[Reward]) -> list[Reward]:
        error = next((reward.error for reward in rewards if reward.error), None)
        values = [reward.value for reward in rewards]
        settled = self._report.settled(self.on_failure, values, str(row.get("id", "")), error)
        given = [reward.with_value(value) for reward, value in zip(rewards, settled, strict=True)]
        self._report.count(given)
        self.on_failure.demand(settled, error)
        return given
