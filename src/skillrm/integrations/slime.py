"""slime (0.3.1): `--custom-rm-path skillrm.integrations.slime.reward`, with or without `--group-rm`.

Settings come from the key `skillrm` of slime's `--custom-config-path` file, or from the environment
(`skillrm.rewards.open_rewards`). The service's `/slime` gives single rewards over HTTP (`--rm-type remote_rm`).

slime needs a number for every sample. One without a valid judgment is masked from the loss (`remove_sample`), and its
number is the mean of its group's valid rewards, which leaves the group's mean where it is; 0.0 where the group has
none, in which all are masked. Other choices of `on_failure` give what they say, and mask what they leave open.
"""

from __future__ import annotations

import asyncio
import math
import os
import uuid
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from skillrm.errors import ConfigError, Fault, SampleError
from skillrm.integrations.rows import fields_of, from_label
from skillrm.integrations.transcripts import answered
from skillrm.rewards import Reward, Rewards, RewardSource, open_rewards
from skillrm.rewards.answers import key_of

_MEANINGS = {
    "none": "masked from the loss, beside the mean of its group's valid rewards (0 where there is none)",
    "raise": "the run ends",
    "group_mean": "the mean of its group; where there is none, masked from the loss",
    "constant": "this number is trained on",
}
_KEPT = 1024
"""Groups whose numbers are remembered."""
_HERE = uuid.uuid4().hex
"""Tells this run's groups from those of other runs that ask the same service."""


@dataclass(slots=True)
class _Group:
    """What the samples of one group were given so far."""

    values: list[float] = field(default_factory=list)
    masked: list[Any] = field(default_factory=list)
    """Samples that slime may have taken a number for, until their group is whole."""

    @property
    def mean(self) -> float:
        return math.fsum(self.values) / len(self.values) if self.values else 0.0


class Rewarder:
    """The rewards of one slime run; `groups` are told by `Sample.group_index`."""

    def __init__(self, source: RewardSource) -> None:
        self.source = source
        self._groups: OrderedDict[Any, _Group] = OrderedDict()

    async def one(self, args: Any, sample: Any) -> Any:
        """A sample's number (with `--reward-key`, a mapping), beside the others of its group where they are gathered.
        Raises `NoReward` under `raise`.
        """
        reward = None if _aborted(sample) else await self.judged(sample)
        return self._given(args, [sample], [reward])[0]

    async def many(self, args: Any, samples: Sequence[Any]) -> list[Any]:
        """The numbers of samples, in their order; those of one group and of equal rows are judged together."""
        rows = [_read(sample) for sample in samples]
        together: dict[Any, list[int]] = {}
        for place, sample in enumerate(samples):
            if not _aborted(sample):
                together.setdefault((sample.group_index, key_of(rows[place][0])), []).append(place)
        rewards: list[Reward | None] = [None] * len(samples)

        async def fill(places: Sequence[int]) -> None:
            row, _, error = rows[places[0]]
            if error is not None:
                given = self.source.unusable(row, len(places), error)
            else:
                given = await self.source.group(row, [rows[place][1] for place in places])
            for place, reward in zip(places, given, strict=True):
                rewards[place] = reward

        await asyncio.gather(*(fill(places) for places in together.values()))
        return self._given(args, samples, rewards)

    async def judged(self, sample: Any) -> Reward:
        """Evaluation samples have no group, and wait for nobody."""
        row, answer, error = _read(sample)
        if error is not None:
            return self.source.unusable(row, 1, error)[0]
        if sample.group_index is None:
            return (await self.source.group(row, [answer]))[0]
        return await self.source.one(row, answer, group=f"{_HERE}:{sample.group_index}")

    def _given(self, args: Any, samples: Sequence[Any], rewards: Sequence[Reward | None]) -> list[Any]:
        groups = [self._noted(args, sample, reward) for sample, reward in zip(samples, rewards, strict=True)]
        return [
            shaped(args, reward, reward.value if reward is not None and reward.value is not None else group.mean)
            for reward, group in zip(rewards, groups, strict=True)
        ]

    def _noted(self, args: Any, sample: Any, reward: Reward | None) -> _Group:
        """The sample's group, with this reward in it; the numbers of those that are masked follow its mean."""
        index = sample.group_index
        group = _Group() if index is None else self._groups.setdefault(index, _Group())
        if index is not None:
            self._groups.move_to_end(index)
            if len(self._groups) > _KEPT:
                self._groups.popitem(last=False)
        if reward is None or reward.value is None:
            sample.remove_sample = True
            group.masked.append(sample)
        elif reward.valid:
            group.values.append(reward.value)
            for other in group.masked:
                other.reward = _renewed(args, other.reward, group.mean)
        if len(group.values) + len(group.masked) >= getattr(args, "n_samples_per_prompt", 1):
            group.masked = []
        return group


def row_of(sample: Any) -> tuple[dict[str, Any], Any]:
    """The row and the answer of a sample: its label; row fields, and a `prompt` that is no template text, from its
    metadata; else its own prompt. Raises `SampleError`.
    """
    brought = sample.metadata if isinstance(sample.metadata, Mapping) else {}
    row, answer = answered({"prompt": sample.prompt, **from_label(sample.label), **fields_of(brought)}, sample.response)
    return ({**row, "prompt": brought["prompt"]} if brought.get("prompt") else row), answer


def _read(sample: Any) -> tuple[dict[str, Any], Any, str | None]:
    """Row and answer, or why they cannot be read: a failure like any other, that ends no run."""
    try:
        return *row_of(sample), None
    except SampleError as error:
        return {"id": str(sample.index)}, None, str(error)


def shaped(args: Any, reward: Reward | None, value: float) -> Any:
    """The number; with slime's `--reward-key` under that key, beside what else is known (`status`, `valid`, ...)."""
    key = getattr(args, "reward_key", None)
    if not key:
        return value
    keys = dict.fromkeys((key, getattr(args, "eval_reward_key", None) or key), value)
    beside = {**reward.plain(), "status": reward.status} if reward is not None else {"valid": 0.0, "status": "failed"}
    return beside | keys


def _renewed(args: Any, number: Any, value: float) -> Any:
    if not isinstance(number, dict):
        return value
    return number | {key: value for key in (args.reward_key, getattr(args, "eval_reward_key", None)) if key in number}


def _aborted(sample: Any) -> bool:
    """Its generation was cut off by the trainer: no answer to be judged."""
    return getattr(sample.status, "value", None) == "aborted"


def opened(args: Any) -> RewardSource:
    """Rewards by `args.skillrm` and the environment; a group size of `auto` is slime's own. Raises `InputError`."""
    settings = getattr(args, "skillrm", None) or {}
    if not isinstance(settings, Mapping):
        raise ConfigError(Fault("must be a mapping", field="skillrm", mend="skillrm: {skill: ..., model: ...}"))
    settings = dict(settings)
    here = not (settings.get("url") or os.environ.get("SKILLRM_URL"))
    if here and settings.get("group_size", os.environ.get("SKILLRM_GROUP_SIZE")) == "auto":
        settings["group_size"] = args.n_samples_per_prompt
    source = open_rewards(**settings)
    ranked = isinstance(source, Rewards) and source.group_size is None and source.form != "scores"
    if ranked and not getattr(args, "group_rm", True):
        words = "slime calls for each sample: without a group there are no ranks or win rates"
        raise ConfigError(Fault(words, field="form", mend="--group-rm, or group_size: auto"))
    print(source.announced("slime", _MEANINGS[source.on_failure.kind]), flush=True)
    return source


_rewarders: list[Rewarder] = []


def _rewarder(args: Any) -> Rewarder:
    if not _rewarders:
        _rewarders.append(Rewarder(opened(args)))
    return _rewarders[0]


async def reward(args: Any, samples: Any, **_: Any) -> Any:
    """One sample's number; or those of a list of samples, or of lists of them, in the same shape. Raises `NoReward`
    where `on_failure` is `raise`."""
    rewarder = _rewarder(args)
    if not isinstance(samples, (list, tuple)):
        return await rewarder.one(args, samples)
    lists = [one if isinstance(one, (list, tuple)) else [one] for one in samples]
    numbers = iter(await rewarder.many(args, [sample for one in lists for sample in one]))
    given = [[next(numbers) for _ in one] for one in lists]
    return [many if isinstance(one, (list, tuple)) else many[0] for one, many in zip(samples, given, strict=True)]


async def evaluation(args: Any, sample: Any, **_: Any) -> Any:
    """For evaluation sets (their own `custom_rm_path`): nan without a valid judgment, which no mean hides. A sample
    alone has no rank; its number is its score.
    """
    judged = None if _aborted(sample) else await _rewarder(args).judged(sample)
    value = None if judged is None else judged.value
    if judged is not None and not judged.valid and judged.score is not None and judged.status == "abstained":
        value = value if judged.score.value is None else judged.score.value
    return shaped(args, judged, math.nan if value is None else value)
