"""Rewards as a trainer's settings describe them: plain values, from its configuration or the environment."""

from __future__ import annotations

import inspect
import os
from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from skillrm.errors import ConfigError, Fault
from skillrm.rewards.failing import OnFailure
from skillrm.rewards.remote import RemoteRewards
from skillrm.rewards.rewards import Rewards
from skillrm.validation import faults

RewardSource = Rewards | RemoteRewards
_HERE = ("form", "group_size", "group_wait")
"""What a service keeps itself."""
_PATIENCE = frozenset({"timeout", "retries"})


def open_rewards(
    *,
    on_failure: OnFailure | str | None = None,
    default_on_failure: str = "none",
    environ: Mapping[str, str] = os.environ,
    **given: Any,
) -> RewardSource:
    """Rewards by a service (`url`, `token`; `timeout` and `retries` of a request) or by a reward model here (`skill`,
    `model`, `base_url`, and whatever else `RewardModel` takes; `limits` as a mapping, `cache=False` for none), in a
    `form`, with `group_size` and `group_wait`.

    What is not given comes from the environment: SKILLRM_URL, SKILLRM_TOKEN, SKILLRM_SKILL, SKILLRM_MODEL,
    OPENAI_BASE_URL, SKILLRM_ON_FAILURE, SKILLRM_FORM, SKILLRM_GROUP_SIZE, SKILLRM_GROUP_WAIT. Raises `InputError`.
    """
    chosen = {key: value for key, value in given.items() if value is not None}
    for key in ("url", "token", "skill", "model", *_HERE):
        if key not in chosen and environ.get(f"SKILLRM_{key.upper()}"):
            chosen[key] = environ[f"SKILLRM_{key.upper()}"]
    policy = environ.get("SKILLRM_ON_FAILURE") or default_on_failure if on_failure in (None, "") else on_failure
    if "url" in chosen:
        return _remote(chosen, policy, {key for key, value in given.items() if value is not None})
    chosen.pop("token", None)
    settings: dict[str, Any] = {"on_failure": policy}
    if "form" in chosen:
        settings["form"] = chosen.pop("form")
    if "group_size" in chosen:
        settings["group_size"] = _number(chosen.pop("group_size"), "group_size", int)
    if "group_wait" in chosen:
        settings["group_wait"] = _number(chosen.pop("group_wait"), "group_wait", float)
    return Rewards(_model_here(chosen), **settings)


def _remote(chosen: Mapping[str, Any], policy: OnFailure | str, given: set[str]) -> RemoteRewards:
    from skillrm.client import RemoteRewardModel

    for key in sorted(given - _PATIENCE - {"url", "token"}):
        option = f"--{key.replace('_', '-')}"
        mend = f"start the service with {option}" if key in _HERE else "give it to `skillrm serve`"
        raise ConfigError(Fault("is the service's to say, and a url is given", field=key, mend=mend))
    patience = {key: _number(chosen[key], key, int if key == "retries" else float) for key in _PATIENCE & given}
    client = RemoteRewardModel(str(chosen["url"]), token=chosen.get("token"), **patience)
    return RemoteRewards(client, on_failure=policy)


def _model_here(chosen: dict[str, Any]) -> Any:
    from skillrm.limits import Limits
    from skillrm.reward_model import RewardModel

    if chosen.get("cache") is False:
        chosen["cache"] = None
    if isinstance(chosen.get("limits"), Mapping):
        try:
            chosen["limits"] = Limits(**chosen["limits"])
        except ValidationError as error:
            found = faults(error, Limits)
            raise ConfigError(*(replace(fault, field=f"limits.{fault.field}") for fault in found)) from None
    elif not isinstance(chosen.get("limits", Limits()), Limits):
        raise ConfigError(Fault("must be a mapping", field="limits", mend="{seconds: 60}"))
    try:
        return RewardModel(**chosen)
    except TypeError as error:
        unknown = str(error).rpartition("argument ")[2].strip("'\"")
        if unknown in chosen:
            known = (*inspect.signature(RewardModel).parameters, *_HERE, "on_failure", "url", "token")
            near = get_close_matches(unknown, known, n=1)
            mend = f"did you mean {near[0]}?" if near else None
            raise ConfigError(Fault("is no setting of a reward model", field=unknown, mend=mend)) from None
        raise


def _number(value: Any, field: str, kind: type) -> Any:
    try:
        if kind is int and isinstance(value, float) and not value.is_integer():
            raise ValueError(value)
        return kind(value)
    except (TypeError, ValueError, OverflowError):
        words = "must be a whole number" if kind is int else "must be a number of seconds"
        raise ConfigError(Fault(f"{words}, is {value!r}", field=field)) from None
