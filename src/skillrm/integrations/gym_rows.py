"""NeMo Gym's rows: what is asked in them, and what stands beside them once they are judged."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from skillrm.integrations.rows import fields_of, from_label
from skillrm.integrations.transcripts import asked_and_answered
from skillrm.rewards import OnFailure, Reward

GOLD_KEYS = ("label", "expected_answer", "ground_truth", "answer")
"""What a row may call its reference, first come first served."""


def row_of(body: Mapping[str, Any]) -> tuple[dict[str, Any], Any]:
    """The row and the answer of a verify request. Raises `SampleError`."""
    prompt, answer = asked_and_answered(body)
    return labelled(body, prompt), answer


def labelled(body: Mapping[str, Any], prompt: Any) -> dict[str, Any]:
    """A row of that prompt, with the row fields and the reference that the body holds. Raises `SampleError`."""
    gold = next((body[key] for key in GOLD_KEYS if body.get(key) is not None), None)
    name = {"id": body["id"]} if body.get("id") is not None else {}
    return {**name, **from_label(gold), **fields_of(body), "prompt": prompt}


def why(reward: Reward) -> str:
    """Why there is no valid judgment."""
    return f"the judgment {reward.status}" if reward.error is None else f"{reward.status}: {reward.error}"


def mask(body: Mapping[str, Any]) -> dict[str, Any]:
    """The marks by which NeMo RL leaves a row out of its loss: at the top, and where its older releases look."""
    config = body.get("instance_config")
    return {
        "mask_sample": True,
        "instance_config": {**(config if isinstance(config, Mapping) else {}), "mask_sample": True},
    }


def told(reward: Reward, on_failure: OnFailure, body: Mapping[str, Any]) -> dict[str, Any]:
    """The keys that a judged row gains. Numbers stand at the top, where Gym averages them; what is not known, nowhere.

    A row without a valid judgment is masked, whatever stands in `reward`; only a chosen constant is trained on. One
    without a number is among Gym's failures (`_ng_failure_class`): not in its metrics, and tried again.
    """
    numbers = {name: value for name, value in reward.plain().items() if name != "score" and not math.isnan(value)}
    given: dict[str, Any] = {"reward": reward.value, "skillrm/status": reward.status}
    given |= {f"skillrm/{name}": value for name, value in numbers.items()}
    if reward.valid:
        return given
    kind = "judge_failed" if reward.status == "failed" else "skillrm:abstained"
    given |= {"failure_kind": kind, "failure_reason": why(reward)}
    if on_failure.kind != "constant":
        given |= mask(body)
    if reward.value is None:
        failure = {"_ng_failure_class": "judge_failed", "_ng_failure_judge_error": why(reward)}
        given |= {"reward": 0.0, **failure}  # a float must stand there
    return given
