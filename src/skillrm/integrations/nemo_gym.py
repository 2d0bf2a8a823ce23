"""NeMo Gym (0.5): a resources server that verifies with a skill; a file `app.py` of two lines runs it.

Without a valid judgment it raises Gym's `JudgeError`: Gym puts the row among the failures, to be tried again, and the
row carries `mask_sample`, which NeMo RL takes out of its loss. Needs `nemo_gym`; nothing else of this package does.
"""

from __future__ import annotations

from typing import Any, ClassVar

from nemo_gym.base_resources_server import (
    BaseResourcesServerConfig,
    BaseVerifyRequest,
    BaseVerifyResponse,
    ReverifyMode,
    SimpleResourcesServer,
)
from nemo_gym.judge import JudgeError
from pydantic import ConfigDict, Field, PrivateAttr

from skillrm.errors import NoReward
from skillrm.integrations import gym_rows
from skillrm.integrations.opening import opened
from skillrm.rewards import RewardSource

_FAILED = "Gym's judge_failed: the row goes to the failures file, and carries mask_sample"
_MEANINGS = {
    "none": _FAILED,
    "raise": _FAILED,
    "group_mean": "the mean of its group, masked all the same; a group without any is judge_failed",
    "constant": "this number is trained on",
}


class SkillRewardServerConfig(BaseResourcesServerConfig):  # type: ignore[misc]
    """What the server's YAML may say; what it does not comes from the environment (`skillrm.rewards.open_rewards`)."""

    REVERIFY_MODE: ClassVar[ReverifyMode] = ReverifyMode.STATELESS
    skill: str | None = None
    model: str | None = None
    base_url: str | list[str] | None = None
    api_key: str | None = None
    url: str | None = None
    """Of a `skillrm serve` that judges, in place of skill and model."""
    token: str | None = None
    on_failure: str | None = None
    form: str | None = None
    group_size: int | None = None
    """Rollouts of a task (Gym's `num_repeats`) that wait for one another and are judged together."""
    group_wait: float | None = None
    settings: dict[str, Any] = Field(default_factory=dict)
    """Whatever else `RewardModel` takes."""


class SkillVerifyRequest(BaseVerifyRequest):  # type: ignore[misc]
    """A row, with all that it brings."""

    model_config = ConfigDict(extra="allow")


class SkillVerifyResponse(BaseVerifyResponse):  # type: ignore[misc]
    """The row with its reward and what stands behind it."""

    model_config = ConfigDict(extra="allow")


class SkillRewardServer(SimpleResourcesServer):  # type: ignore[misc]
    """`POST /verify` judges a row's last message. The rewards are opened as the server starts."""

    config: SkillRewardServerConfig
    _source: RewardSource = PrivateAttr()

    def model_post_init(self, context: Any) -> None:
        super().model_post_init(context)
        names = (
            "skill",
            "model",
            "base_url",
            "api_key",
            "url",
            "token",
            "on_failure",
            "form",
            "group_size",
            "group_wait",
        )
        given = {name: getattr(self.config, name) for name in names}
        self._source = opened("NeMo Gym", _MEANINGS, "none", **given, **self.config.settings)

    async def verify(self, body: SkillVerifyRequest) -> SkillVerifyResponse:
        """The row with its reward. Raises `JudgeError` without one, and `SampleError` for a row that is none."""
        data = body.model_dump()
        row, answer = gym_rows.row_of(data)
        try:
            reward = await self._source.one(row, answer)
        except NoReward as error:
            raise self._failed(body, str(error)) from None
        if reward.value is None:
            raise self._failed(body, gym_rows.why(reward))
        return SkillVerifyResponse(**data | gym_rows.told(reward, self._source.on_failure, data))

    @staticmethod
    def _failed(body: SkillVerifyRequest, words: str) -> JudgeError:
        """Gym answers with the request and its own marks: what is set in the request comes back."""
        for name, value in gym_rows.mask(body.model_dump()).items():
            setattr(body, name, value)
        return JudgeError(words)
