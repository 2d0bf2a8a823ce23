"""verifiers (0.4, its v1): a judge plugin, `id = "skillrm-judge"`, and a reward function for a task's `rewards`.

verifiers finds a plugin by importing a top-level module of its id's name: `skillrm_judge`, which exports the class
from here. Without a valid judgment it raises (`on_failure` is `raise` unless chosen otherwise): verifiers records a
`TaskError` on the rollout and scores nothing, and its retry rules may run it again. Needs `verifiers`.
"""

from __future__ import annotations

import asyncio
import math
import os
from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

from pydantic import Field
from verifiers.v1.configs.judge import JudgeConfig
from verifiers.v1.dialects.chat import message_to_wire
from verifiers.v1.judge import Judge, JudgeView
from verifiers.v1.task import TaskData
from verifiers.v1.trace import Trace
from verifiers.v1.types import ID

from skillrm.errors import ConfigError, Fault, NoReward
from skillrm.integrations.opening import opened
from skillrm.integrations.rows import fields_of, from_label
from skillrm.rewards import RewardSource

_FAILED = "a TaskError on the rollout, which has no reward then"
_MEANINGS = {
    "none": _FAILED,
    "raise": _FAILED,
    "group_mean": "the mean of its group; a group without any is a TaskError",
    "constant": "this number is the reward",
}
_SAID_BY_THE_SKILL = ("sampling", "prompt", "headers", "headers_from_env", "timeout")
_sources: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, RewardSource]] = WeakKeyDictionary()


class SkillJudgeConfig(JudgeConfig):  # type: ignore[misc]
    """What a `judges` entry may say; what it does not comes from the environment (`skillrm.rewards.open_rewards`)."""

    id: ID = "skillrm-judge"
    model: str = ""
    base_url: str = ""
    api_key_var: str = "OPENAI_API_KEY"
    skill: str | None = None
    url: str | None = None
    """Of a `skillrm serve` that judges, in place of skill and model."""
    token_var: str = "SKILLRM_TOKEN"
    on_failure: str | None = None
    form: str | None = None
    group_size: int | None = None
    """Rollouts of a task that wait for one another and are judged together."""
    group_wait: float | None = None
    answer_field: str = "answer"
    """The task's field that holds a reference answer, if it has one."""
    view: JudgeView = "last_reply"
    """What is judged: the last reply, or everything since the task's prompt."""
    settings: dict[str, Any] = Field(default_factory=dict)
    """Whatever else `RewardModel` takes."""


class SkillJudge(Judge[float, SkillJudgeConfig]):  # type: ignore[misc]
    """A rollout's reward by a skill. Judges of equal settings share one reward model in an event loop."""

    def __init__(self, config: SkillJudgeConfig | None = None) -> None:
        super().__init__(config)
        for name in _SAID_BY_THE_SKILL:
            if getattr(self.config, name) != type(self.config).model_fields[name].get_default(
                call_default_factory=True
            ):
                mend = "the skill says how to judge; what RewardModel takes goes into `settings`"
                raise ConfigError(Fault("is not read by this judge", field=f"judges.{name}", mend=mend))

    async def score(self, task: TaskData, trace: Trace) -> float:
        """The reward; what stands behind it is recorded as metrics of the trace. Raises `NoReward`."""
        reward = await self._source().one(row_of(task, self.config.answer_field), answer_of(trace, self.config.view))
        for name, value in reward.plain().items():
            if name != "score" and not math.isnan(value):
                trace.record_metric(f"{self.reward_name}/{name}", value)
        if reward.value is None:
            raise NoReward(reward.error or f"the judgment {reward.status}")
        return reward.value

    def _source(self) -> RewardSource:
        open_here = _sources.setdefault(asyncio.get_running_loop(), {})
        key = self.config.model_dump_json(exclude={"weight", "name", "answer_field", "view"})
        if key not in open_here:
            open_here[key] = opened("verifiers", _MEANINGS, "raise", **self._settings())
        return open_here[key]

    def _settings(self) -> dict[str, Any]:
        config, environ = self.config, os.environ
        names = ("skill", "model", "base_url", "url", "on_failure", "form", "group_size", "group_wait")
        given = {name: getattr(config, name) or None for name in names}
        if config.url is not None:
            given["token"] = environ.get(config.token_var) or None
        elif config.api_key_var != "OPENAI_API_KEY":  # which is read anyway
            given["api_key"] = environ.get(config.api_key_var) or None
        return {**given, **config.settings}


def row_of(task: TaskData, answer_field: str) -> dict[str, Any]:
    """The task's prompt with its system prompt, its reference answer, and the row fields among what it adds to
    `TaskData` (whose own `resources` are machines). Raises `SampleError`.
    """
    own = {name for name in type(task).model_fields if name not in TaskData.model_fields}
    brought = {**{name: getattr(task, name) for name in own}, **(task.model_extra or {})}
    plain = {name: _plain(value) for name, value in brought.items()}
    row = {**from_label(plain.get(answer_field)), **fields_of(plain), "prompt": _prompt(task)}
    return {"id": task.id, **row} if task.id is not None else row


def _prompt(task: TaskData) -> Any:
    prompt = task.prompt if isinstance(task.prompt, str) else [message_to_wire(turn) for turn in task.prompt or ()]
    if not task.system_prompt:
        return prompt
    turns = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else prompt
    return [{"role": "system", "content": task.system_prompt}, *turns]


def _plain(value: Any) -> Any:
    """Models as plain values."""
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    return value.model_dump(mode="json") if hasattr(value, "model_dump") else value


def answer_of(trace: Trace, view: JudgeView) -> Any:
    """The last reply; or the turns of the last branch from the first that was sampled on."""
    if view == "last_reply":
        return trace.last_reply
    nodes = trace.branches[-1].nodes if trace.branches else []
    first = next((at for at, node in enumerate(nodes) if node.sampled), len(nodes))
    return [message_to_wire(node.message) for node in nodes[first:]]


async def reward(task: TaskData, trace: Trace) -> float:
    """For a task's `rewards`: `{"skill": {"fn": "skillrm.integrations.verifiers:reward"}}`, by the environment's
    settings. Raises `NoReward`."""
    return await SkillJudge(SkillJudgeConfig(name="skillrm")).score(task, trace)
