"""TRL: a reward function for `GRPOTrainer` and `RLOOTrainer`, tried with 1.16. See docs/trainers/trl.md.

    trainer = GRPOTrainer(..., reward_funcs=reward_function(RewardModel("instruction-following")))

Dataset columns named as a row's fields (`reference`, `tests`, `checklist`, ...) are what the sample brings; a column
`skillrm` packs such fields as JSON. Other columns are the caller's own. TRL is not imported here.
"""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Protocol, TypeVar, cast

from skillrm.client import RemoteRewardModel
from skillrm.errors import ConfigError, Fault, SampleError
from skillrm.integrations.rows import PACKED, ROW_FIELDS, fields_of, worded
from skillrm.rewards import Form, OnFailure, RemoteRewards, Reward, Rewards, RewardSource
from skillrm.rewards.answers import key_of
from skillrm.rewards.rewards import Judge

T = TypeVar("T")
_MEANING = {
    "none": "None, which TRL takes as unscored: no advantage, and no part in the baseline",
    "group_mean": "the mean of its group's valid rewards, so no advantage; None where the group has none",
    "constant": "that number",
    "raise": "the run stops",
}
Log = Callable[[str, Any], None]
Asked = tuple[dict[str, Any], str | None]
"""A row, and why it cannot be read."""


class RewardFunction(Protocol):
    """What TRL calls; a coroutine function. `rewards` judges and counts."""

    __name__: str
    rewards: RewardSource

    async def __call__(
        self,
        prompts: Sequence[Any],
        completions: Sequence[Any],
        completion_ids: Sequence[Any] | None = None,
        trainer_state: Any = None,
        log_extra: Log | None = None,
        log_metric: Log | None = None,
        **columns: Sequence[Any],
    ) -> list[float | None]: ...


def reward_function(
    judge: Judge | RemoteRewardModel | RewardSource,
    *,
    on_failure: OnFailure | str | None = None,
    form: Form | None = None,
    name: str = "skillrm",
) -> RewardFunction:
    """A reward function for TRL. Completions with equal prompt and row fields are one group, judged together.

    `on_failure`: what TRL gets without a valid judgment, `none` unless said. `form`: `scores` unless said. Both belong
    to rewards that are given ready-made. `name` stands in TRL's logs, and must differ between two reward functions.
    Raises `ConfigError`; the function itself raises `NoReward` under `raise`. A row that cannot be read is a failure
    like any other.
    """
    rewards = _rewards_of(judge, on_failure, form)
    told = False

    async def score(
        prompts: Sequence[Any],
        completions: Sequence[Any],
        completion_ids: Sequence[Any] | None = None,
        trainer_state: Any = None,
        log_extra: Log | None = None,
        log_metric: Log | None = None,
        **columns: Sequence[Any],
    ) -> list[float | None]:
        nonlocal told
        if not told and getattr(trainer_state, "is_world_process_zero", True):
            print(rewards.announced("TRL", _MEANING[rewards.on_failure.kind]), flush=True)
        told = True
        given = await _judged(rewards, [_row(prompt, columns, at) for at, prompt in enumerate(prompts)], completions)
        if log_metric is not None:
            for metric, value in summary(given).items():
                log_metric(f"{name}/{metric}", value)
        if log_extra is not None:
            for column, values in _table(given).items():
                log_extra(f"{name}/{column}", values)
        return [reward.value for reward in given]

    score.__name__ = score.__qualname__ = name
    made = cast(RewardFunction, score)
    made.rewards = rewards
    return made


def summary(rewards: Sequence[Reward]) -> dict[str, float]:
    """What a batch was like, in finite numbers: the shares of `valid`, `abstained`, `failed` and `stood_in` rewards;
    mean `coverage`, `low` and `high`; and the mean of each component (`verified`, `judged`, `criterion/ID`) if known.
    """
    status = Counter("valid" if reward.valid else reward.status for reward in rewards)
    status["stood_in"] = sum(not reward.valid and reward.value is not None for reward in rewards)
    shares = {word: status[word] / len(rewards) for word in ("valid", "abstained", "failed", "stood_in") if rewards}
    known: dict[str, list[float]] = {}
    for reward in rewards:
        for key, value in reward.plain().items() if reward.score is not None else ():
            if key not in ("score", "valid") and math.isfinite(value):
                known.setdefault(key, []).append(value)
    return shares | {key: math.fsum(values) / len(values) for key, values in known.items()}


def _rewards_of(judge: Any, on_failure: OnFailure | str | None, form: Form | None) -> RewardSource:
    if isinstance(judge, (Rewards, RemoteRewards)):
        for field, value in (("on_failure", on_failure), ("form", form)):
            if value is not None:
                raise ConfigError(Fault("belongs to the rewards that are given", field=field, mend="give it to those"))
        return judge
    policy = "none" if on_failure is None else on_failure
    if isinstance(judge, RemoteRewardModel):
        if form is not None:
            mend = f"start it with `skillrm serve --form {form}`"
            raise ConfigError(Fault("is the service's to say", field="form", mend=mend))
        return RemoteRewards(judge, on_failure=policy)
    return Rewards(judge, on_failure=policy, form=form or "scores")


def _row(prompt: Any, columns: Mapping[str, Sequence[Any]], at: int) -> Asked:
    """The prompt and what the dataset brings for one completion, and why it cannot be read, if so."""
    given = {field: columns[field][at] for field in ("id", PACKED, *ROW_FIELDS) if field in columns}
    row = {"id": given["id"]} if given.get("id") is not None else {}
    row["prompt"] = worded(prompt)
    try:
        return {**row, **fields_of(given)}, None
    except SampleError as error:
        return row, str(error)


async def _judged(rewards: RewardSource, rows: Sequence[Asked], completions: Sequence[Any]) -> list[Reward]:
    """A reward for each completion, in their order, whatever the order of the groups."""
    groups: dict[str, list[int]] = {}
    for at, row in enumerate(rows):
        groups.setdefault(key_of(row), []).append(at)

    async def of_group(ats: Sequence[int]) -> list[Reward]:
        row, error = rows[ats[0]]
        if error is not None:
            return rewards.unusable(row, len(ats), error)
        return await rewards.group(row, [worded(completions[at]) for at in ats])

    work = [of_group(ats) for ats in groups.values()]
    by_place: dict[int, Reward] = {}
    for ats, given in zip(groups.values(), await _together(work), strict=True):
        by_place |= zip(ats, given, strict=True)
    return [by_place[at] for at in range(len(rows))]


async def _together(work: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    """Side by side; when one raises, the others are not left running."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


def _table(rewards: Sequence[Reward]) -> dict[str, list[Any]]:
    """Columns beside each completion in TRL's table: always the same, one value each."""
    told = [reward.plain() for reward in rewards]
    kept = [key for key in (told[0] if told else ()) if key not in ("score", "valid", "coverage")]
    return {"status": [reward.status for reward in rewards]} | {key: [one[key] for one in told] for key in kept}
