"""verl: `compute_score` for `reward.custom_reward_function`, tried with 0.9.1. See docs/trainers/verl.md.

    reward.custom_reward_function.path=pkg://skillrm.integrations.verl
    reward.custom_reward_function.name=compute_score
    +reward.custom_reward_function.reward_kwargs.skill=instruction-following

verl passes no prompt: it is read from `extra_info["prompt"]`, where data sets or `verl_rollouts` put it. verl is not
imported here.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from skillrm.errors import ConfigError, Fault, NoReward, SampleError
from skillrm.integrations.opening import opened
from skillrm.integrations.rows import PACKED, fields_of, from_label, without_nulls, worded
from skillrm.rewards import Background, RemoteRewards, Reward, RewardSource

MEANING = {
    "raise": "that rollout is lost, its group and batch go on (the legacy trainer stops)",
    "group_mean": "the mean of its group's valid rewards, so no advantage; where the group has none, as raise",
    "constant": "that number is trained on",
}
"""What verl makes of each choice. It cannot take None, and a nan would spoil the whole batch."""
_SWALLOWED = "verl's rate_limited makes 0.0 of whatever is raised or takes too long: use another reward manager"
_VERLS_OWN = ("reward_router_address", "reward_model_tokenizer")
_kept: dict[str, RewardSource] = {}
_background: list[Background] = []


async def compute_score(
    data_source: str,
    solution_str: str,
    ground_truth: Any,
    extra_info: Mapping[str, Any] | None = None,
    **settings: Any,
) -> dict[str, float | None]:
    """The reward of one rollout: `score`, always a number, and what stands behind it, with the same keys every time.

    `settings` are those of `open_rewards`, without `on_failure` it is `raise`. None is: not known (verl leaves it out
    of its means). Raises `NoReward` without a valid judgment and a number to stand in for it, `SampleError` for a row
    without a prompt, `ConfigError` for settings that cannot be used.
    """
    rewards = rewards_of(settings)
    row = row_of(data_source, ground_truth, extra_info or {})
    return _told(await rewards.one(row, solution_str, group=_group(extra_info or {})))


def compute_score_sync(
    data_source: str,
    solution_str: str,
    ground_truth: Any,
    extra_info: Mapping[str, Any] | None = None,
    **settings: Any,
) -> dict[str, float | None]:
    """`compute_score` for callers that cannot await, such as verl's reward manager `remote`. They ask one after
    another, so no group is gathered.
    """
    if settings.get("group_size") is not None:
        raise _unfit("group_size", "cannot be gathered by a function that is not awaited", "name=compute_score")
    if not _background:
        _background.append(Background())
    return _background[0].run(compute_score(data_source, solution_str, ground_truth, extra_info, **settings))


def rewards_of(settings: Mapping[str, Any], *, reward_workers: int | None = None) -> RewardSource:
    """The rewards of these settings, one for each process; what holds is printed once. Raises `InputError`.

    `reward_workers`: how many processes verl asks for rewards; looked up if not given.
    """
    chosen = {key: _plain(value) for key, value in settings.items() if key not in _VERLS_OWN}
    name = repr(sorted(chosen.items()))
    if name not in _kept:
        _kept[name] = opened("verl", MEANING, "raise", lambda rewards: _fits(rewards, reward_workers), **chosen)
        if _swallowed():
            print(f"skillrm: {_SWALLOWED}", flush=True)
    return _kept[name]


def row_of(data_source: str, ground_truth: Any, extra_info: Mapping[str, Any]) -> dict[str, Any]:
    """The prompt and what the data set brings. Row fields are read from `extra_info`; its `skillrm` packs them as JSON,
    and without that the ground truth is the reference, or an object of row fields. Raises `SampleError`.
    """
    prompt = next((extra_info[key] for key in ("prompt", "raw_prompt") if extra_info.get(key) is not None), None)
    if prompt is None:
        mend = "put it into the data, or let skillrm.integrations.verl_rollouts pass it: docs/trainers/verl.md"
        words = "is missing: verl passes no prompt to reward functions"
        raise SampleError(Fault(words, field="extra_info.prompt", mend=mend))
    number = extra_info.get("index")
    name = extra_info.get("id") or (f"{data_source}/{number}" if number is not None else None)
    label = {} if extra_info.get(PACKED) else from_label(without_nulls(ground_truth))
    named = {"id": str(name)} if name is not None else {}
    return {**named, "prompt": worded(prompt), **label, **fields_of(extra_info)}


def _group(extra_info: Mapping[str, Any]) -> str | None:
    """`verl_rollouts` passes verl's id of the rollout group; without it, equal rows are one group."""
    uid = extra_info.get("uid")
    return None if uid is None else str(uid)


def _told(reward: Reward) -> dict[str, float | None]:
    if reward.value is None:
        raise NoReward(f"no valid judgment, and nothing to stand in for it: {reward.error or reward.status}")
    return {key: None if math.isnan(value) else value for key, value in reward.plain().items()}


def _fits(rewards: RewardSource, reward_workers: int | None) -> None:
    """Raises `ConfigError` for what verl cannot do."""
    kind = rewards.on_failure.kind
    if kind == "none":
        raise _unfit("on_failure", "verl must be given a number", "raise, group_mean or constant:NUMBER")
    if isinstance(rewards, RemoteRewards):
        if kind == "group_mean":
            raise _unfit("on_failure", "the group is gathered by the service", "skillrm serve --on-failure group_mean")
    elif rewards.group_size is not None and (reward_workers or _reward_workers()) > 1:
        words = "verl sends the rollouts of a group to several reward workers, so none of them sees it whole"
        raise _unfit("group_size", words, "reward.num_workers=1, or the url of `skillrm serve --group-size N`")


def _reward_workers() -> int:
    """How many reward workers verl has started on this cluster."""
    ray = sys.modules.get("ray")
    if ray is None or not ray.is_initialized():
        return 0
    return sum(name.startswith("reward_loop_worker_") for name in ray.util.list_named_actors())


def _swallowed() -> bool:
    """Whether verl's reward manager of this process turns errors into rewards of zero."""
    limited = sys.modules.get("verl.experimental.reward_loop.reward_manager.limited")
    return bool(getattr(getattr(limited, "RateLimitedRewardManager", None), "_class_initialized", False))


def _unfit(field: str, words: str, mend: str) -> ConfigError:
    return ConfigError(Fault(words, field=field, mend=mend))


def _plain(value: Any) -> Any:
    """Dicts and lists for what hydra configures."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, Sequence) and not isinstance(value, str) else value
