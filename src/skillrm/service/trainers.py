"""The endpoints that trainers call, each in its own words: OpenRLHF, slime, NeMo Gym."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from fastapi import Request
from starlette.responses import Response

from skillrm.errors import Fault, NoReward
from skillrm.failing import OnFailure
from skillrm.judgment import Judgment
from skillrm.service.bodies import an_object, listed
from skillrm.service.endpoints import as_json
from skillrm.service.house import House
from skillrm.service.refusing import Refused
from skillrm.service.transcripts import answer_of, asked_and_answered
from skillrm.service.visit import KEY, Visit

_ROW_KEYS = ("reference", "tests", "checklist", "instruction_id_list", "kwargs", "resources", "criteria", "tags")
_GOLD_KEYS = ("label", "expected_answer", "ground_truth", "answer")
_RAISE = OnFailure("raise")


def stated(on_failure: OnFailure) -> dict[str, str]:
    """What each endpoint answers where there is no valid judgment."""
    number = on_failure.kind == "constant"
    alone = f"{on_failure.value:g}" if number else "503: the trainer tries again"
    group = {"none": "null", "raise": "503"}.get(on_failure.kind, alone if number else "mean of its group, else null")
    mean = "mean of its group, else 503" if on_failure.kind == "group_mean" else alone
    masked = alone if number else "503" if on_failure.kind == "raise" else "masked: mask_sample, _ng_failure_class"
    return {"/v1/group": group, "/get_reward": mean, "/slime": alone, "/verify": masked}


class Trainers:
    """What the protocol cannot say is not made up: where no number is chosen, the answer is 503 or a marked row."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def get_reward(self, request: Request) -> Response:
        """OpenRLHF: `{"query", "prompts", "labels"}` to `{"rewards", "scores", "extra_logs"}`.

        Answers of equal prompt and label are one rollout group and are judged together.
        """
        visit: Visit = request.scope[KEY]
        body = an_object(visit.body)
        queries = listed(body, "query")
        prompts = listed(body, "prompts", len(queries))
        labels = listed(body, "labels", len(queries)) if body.get("labels") is not None else [None] * len(queries)
        groups: dict[bytes, list[int]] = {}
        for place, pair in enumerate(zip(prompts, labels, strict=True)):
            groups.setdefault(msgspec.json.encode(pair), []).append(place)
        rows = []
        for places in groups.values():
            prompt, label = prompts[places[0]], labels[places[0]]
            answers = [answer_of(queries[place], prompt, place) for place in places]
            rows.append({"prompt": prompt, "responses": answers, **brought(label)})
        judgments = await self._house.judge_many(visit, rows)
        rewards: list[Any] = [None] * len(queries)
        scores, valid = list(rewards), [0.0] * len(queries)
        for places, judgment in zip(groups.values(), judgments, strict=True):
            found = [judgment.reward(label) for label in judgment.verdict.scores]
            settled = self._numbers(visit, found)
            for place, reward, number, score in zip(
                places, found, settled, judgment.verdict.scores.values(), strict=True
            ):
                rewards[place], valid[place] = number, float(reward is not None)
                scores[place] = score.value if reward is not None else number
        return as_json({"rewards": rewards, "scores": scores, "extra_logs": {"valid_judgment": valid}})

    async def slime(self, request: Request) -> Response:
        """slime: `{"prompt", "response", "label"}` to a number."""
        visit: Visit = request.scope[KEY]
        body = an_object(visit.body)
        if "response" not in body:  # null is an answer that says nothing, but none at all is a mistake
            raise Refused(422, "response: is missing", faults=[Fault("is missing", field="response")])
        judgment = await self._house.judge(visit, _row(body, body.get("prompt"), body["response"]))
        return as_json(self._numbers(visit, [judgment.reward()])[0])

    async def verify(self, request: Request) -> Response:
        """NeMo Gym: the request with its `reward`. Without a valid judgment the row is masked and says why."""
        visit: Visit = request.scope[KEY]
        body = an_object(visit.body)
        judgment = await self._house.judge(visit, _row(body, *asked_and_answered(body)))
        reward = judgment.reward()
        chosen = self._house.settings.on_failure
        settled = self._house.settle(visit, [reward])[0]
        told = {**body, "reward": settled, "skillrm": {"status": judgment.status, "error": judgment.error}}
        if reward is None:
            told |= _failure(judgment) | {"mask_sample": chosen.kind != "constant"}
            told["reward"] = settled if settled is not None else 0.0  # a float must stand here; the mask takes it out
            if settled is None:
                told |= {"_ng_failure_class": "judge_failed", "_ng_failure_judge_error": _why(judgment)}
        return as_json(told)

    async def seed_session(self, _: Request) -> Response:
        """NeMo Gym begins an episode here; there is nothing to begin."""
        return as_json({})

    def _numbers(self, visit: Visit, rewards: list[float | None]) -> list[float | None]:
        """Settled; `none` cannot be said to this trainer, so it becomes 503 here, as stated at the start."""
        chosen = self._house.settings.on_failure
        settled = self._house.settle(visit, rewards, _RAISE if chosen.kind == "none" else chosen)
        if None in settled:
            raise NoReward("no valid judgment in the whole group")
        return settled


def brought(label: Any) -> dict[str, Any]:
    """What a trainer's label brings: an object of row fields as it is, anything else as the reference."""
    if isinstance(label, str) and label.lstrip().startswith("{"):
        try:
            label = msgspec.json.decode(label)
        except (ValueError, RecursionError):
            return {"reference": label}
    if isinstance(label, Mapping):
        known = {key: label[key] for key in _ROW_KEYS if key in label}
        return known or {"reference": label}
    return {} if label is None or label == "" else {"reference": label}


def _row(body: Mapping[str, Any], prompt: Any, response: Any) -> dict[str, Any]:
    row = {key: body[key] for key in ("id", *_ROW_KEYS) if body.get(key) is not None}
    gold = next((body[key] for key in _GOLD_KEYS if body.get(key) is not None), None)
    return {**brought(gold), **row, "prompt": prompt, "response": response}


def _why(judgment: Judgment) -> str:
    return judgment.error or f"the judgment {judgment.status}"


def _failure(judgment: Judgment) -> dict[str, Any]:
    kind = "judge_failed" if judgment.status == "failed" else "skillrm:abstained"
    return {"failure_kind": kind, "failure_reason": _why(judgment)}
