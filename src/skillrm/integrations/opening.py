"""How an adapter that is called for each answer gets its rewards, and what it says at the start."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from skillrm.errors import ConfigError, Fault
from skillrm.rewards import Rewards, RewardSource, open_rewards


def opened(
    trainer: str,
    meanings: Mapping[str, str],
    default: str,
    check: Callable[[RewardSource], None] | None = None,
    **settings: Any,
) -> RewardSource:
    """Rewards by these settings and the environment's; prints once who judges and what a missing judgment becomes
    (`meanings`, by kind of `on_failure`; `default` is taken where none is chosen). `check` may refuse what the trainer
    cannot do. Raises `InputError`.
    """
    source = open_rewards(default_on_failure=default, **settings)
    kind = source.on_failure.kind
    if isinstance(source, Rewards) and source.group_size is None:
        mend = "set group_size (SKILLRM_GROUP_SIZE)"
        if kind == "group_mean":
            words = f"{trainer} calls for each answer: without a group there is no mean"
            raise ConfigError(Fault(words, field="on_failure", mend=mend))
        if source.form != "scores":
            words = f"{trainer} calls for each answer: without a group there are no {source.form}"
            raise ConfigError(Fault(words, field="form", mend=mend))
    if check is not None:
        check(source)
    print(source.announced(trainer, meanings[kind]), flush=True)
    return source
