"""How an adapter that is called for each answer gets its rewards, and what it says at the start."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from skillrm.errors import ConfigError, Fault
from skillrm.rewards import Rewards, RewardSource, open_rewards


def opened(trainer: str, meanings: Mapping[str, str], default: str, **settings: Any) -> RewardSource:
    """Rewards by these settings and the environment's; prints once who judges and what a missing judgment becomes
    (`meanings`, by kind of `on_failure`; `default` is taken where none is chosen). Raises `InputError`.
    """
    source = open_rewards(default_on_failure=default, **settings)
    kind = source.on_failure.kind
    if kind == "group_mean" and isinstance(source, Rewards) and source.group_size is None:
        words = f"{trainer} calls for each answer: without a group there is no mean"
        raise ConfigError(Fault(words, field="on_failure", mend="set group_size (SKILLRM_GROUP_SIZE)"))
    print(source.announced(trainer, meanings[kind]), flush=True)
    return source
