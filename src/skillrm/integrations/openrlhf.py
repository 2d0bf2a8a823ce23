"""OpenRLHF (0.11): this file is a reward function, `--reward.remote_url $(python -m skillrm.integrations.openrlhf)`.

OpenRLHF loads it by its path in every rollout engine, under a name of its own, and calls `reward_func` from a thread
for each answer. Settings come from the environment (`skillrm.rewards.open_rewards`); or write a file of two lines with
`reward_func = reward_function(skill=..., group_size=...)`. The service's `/get_reward` gives the same over HTTP.

Without a valid judgment it raises (`on_failure` is `raise` unless chosen otherwise), after some more tries. OpenRLHF
then logs the error, has no reward for the answer, and ends the run at that step: it never trains on a number.
"""

from __future__ import annotations

import asyncio
import functools
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from skillrm.errors import NoReward
from skillrm.integrations.opening import opened
from skillrm.integrations.rows import from_label
from skillrm.integrations.transcripts import answer_of, answered
from skillrm.rewards import Background, Reward

Told = dict[str, Any]
_TRIES = 3
_THREADS = 2048
"""Answers that may wait for their reward in one engine. By asyncio's own choice it would be five to thirty-two: too
few for a judge that takes seconds, and fewer than a batch has groups that wait for their last answer."""
_ENDS_THE_RUN = "after 3 tries there is no reward, and OpenRLHF ends the run"
_MEANINGS = {
    "none": _ENDS_THE_RUN,
    "raise": _ENDS_THE_RUN,
    "group_mean": "the mean of its group, so no advantage; a group without any ends the run",
    "constant": "this number is trained on",
}


def row_of(query: Any, prompt: Any, label: Any, place: int = 0) -> tuple[dict[str, Any], Any]:
    """The row, with the label's row fields, and the answer of one query. Raises `SampleError`."""
    answer = answer_of(query, prompt, place)
    return answered({"prompt": prompt, **from_label(label)}, answer)


def told(rewards: Sequence[Reward]) -> Told:
    """What OpenRLHF reads: a number each for advantages, one in [0, 1] for its dynamic filtering, and what it logs.

    It averages logs over a batch, so that one nan would take the whole mean: a criterion is told by what it can still
    be, `low` and `high`, which are equal once it is decided. Raises `NoReward` where there is no number.
    """
    missing = sum(reward.value is None for reward in rewards)
    if missing:
        errors = [reward.error for reward in rewards if reward.value is None and reward.error]
        why = f": {errors[0]}" if errors else ""
        raise NoReward(f"no valid judgment for {missing} of {len(rewards)} answers{why}")
    logs = [_logs(reward) for reward in rewards]
    names = dict.fromkeys(name for one in logs for name in one)
    return {
        "rewards": [reward.value for reward in rewards],
        "scores": [_score(reward) for reward in rewards],
        "extra_logs": {name: [one[name] for one in logs] for name in names},
    }


def _score(reward: Reward) -> float | None:
    known = reward.score.value if reward.valid and reward.score is not None else None
    return reward.value if known is None else known


def _logs(reward: Reward) -> dict[str, float]:
    plain = reward.plain()
    logs = {f"skillrm/{name}": plain[name] for name in ("valid", "low", "high", "coverage")}
    for name, value in reward.components.items():
        known = value == value  # not nan
        logs[f"skillrm/{name}/low"], logs[f"skillrm/{name}/high"] = (value, value) if known else (0.0, 1.0)
    return logs


def reward_function(**settings: Any) -> Callable[..., Told]:
    """A reward function for OpenRLHF. `settings` as `skillrm.rewards.open_rewards` takes them; what is not given comes
    from the environment. Prints who judges and what happens without a judgment. Raises `InputError`.
    """
    source = opened("OpenRLHF", _MEANINGS, "raise", **settings)
    background = Background()

    async def given(rows: Sequence[tuple[Mapping[str, Any], Any]]) -> list[Reward]:
        return await asyncio.gather(*(source.one(row, answer) for row, answer in rows))

    def reward_func(queries: Sequence[str], prompts: Sequence[str], labels: Sequence[Any] | None, **_: Any) -> Told:
        """Rewards of queries (prompt and answer, decoded with special tokens), from any thread. Raises `NoReward`."""
        marks = list(labels) if labels is not None else [None] * len(queries)
        asked_for = [row_of(*three, place) for place, three in enumerate(zip(queries, prompts, marks, strict=True))]
        for attempt in range(1, _TRIES):
            with suppress(NoReward):
                return _as_tensors(told(background.run(given(asked_for))))
            time.sleep(2**attempt)  # OpenRLHF tries a function once, a URL five times
        return _as_tensors(told(background.run(given(asked_for))))

    return reward_func


def _as_tensors(numbers: Told) -> Told:
    """Lists as tensors, where the trainer has torch: agents ask for `rewards.item()`."""
    torch: Any = sys.modules.get("torch")
    if torch is None:
        return numbers
    logs = {name: torch.tensor(values) for name, values in numbers["extra_logs"].items()}
    return {"rewards": torch.tensor(numbers["rewards"]), "scores": torch.tensor(numbers["scores"]), "extra_logs": logs}


@functools.cache
def _of_environment() -> Callable[..., Told]:
    return reward_function()


def reward_func(queries: Sequence[str], prompts: Sequence[str], labels: Sequence[Any] | None, **more: Any) -> Told:
    """Rewards by the environment's settings. Raises `NoReward` and, for settings that cannot be used, `InputError`."""
    return _of_environment()(queries, prompts, labels, **more)


def make_room(threads: int = _THREADS) -> None:
    """Let this many answers wait at once, where an event loop runs: OpenRLHF calls from its loop's own threads."""
    with suppress(RuntimeError):
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(threads, thread_name_prefix="openrlhf-rewards"))


if __name__ == "__main__":
    print(__file__)
elif __name__ != "skillrm.integrations.openrlhf":  # loaded by its path: by a trainer's engine, as it starts
    make_room()
    _of_environment()  # wrong settings end the run now, not at its first reward
