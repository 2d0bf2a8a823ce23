"""The endpoints that trainers call, each in its own words: OpenRLHF, slime, NeMo Gym."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from fastapi import Request
from starlette.responses import Response

from skillrm.errors import Fault, NoReward
from skillrm.integrations.rows import fields_of, from_label
from skillrm.integrations.transcripts import answer_of, asked_and_answered
from skillrm.rewards import OnFailure, Reward
from skillrm.service.bodies import an_object, listed
from skillrm.service.endpoints import as_json
from skillrm.service.house import House
from skillrm.service.refusing import Refused
from skillrm.service.visit import KEY, Visit

T = TypeVar("T")
_GOLD_KEYS = ("label", "expected_answer", "ground_truth", "answer")


def stated(on_failure: OnFailure, *, gathered: bool = False) -> dict[str, str]:
    """What each endpoint answers where there is no valid judgment; `gathered`: groups are, of those who ask singly."""
    kind = on_failure.kind
    said = f"{on_failure.value:g}" if kind == "constant" else "503" if kind == "raise" else ""
    again, mean = "503: the trainer tries again", "mean of its group, else "
    has_group = kind == "group_mean" and gathered
    return {
        "/v1/group": said or (f"{mean}null" if kind == "group_mean" else "null"),
        "/v1/reward": said or (f"{mean}null" if has_group else "null"),
        "/get_reward": said or (f"{mean}503" if kind == "group_mean" else again),
        "/slime": said or (f"{mean}503" if has_group else again),
        "/verify": said or (mean if has_group else "") + "masked: mask_sample, _ng_failure_class",
    }


class Trainers:
    """What the protocol cannot say is not made up: where no number is chosen, the answer is 503 or a marked row."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def get_reward(self, request: Request) -> Response:
        """OpenRLHF: `{"query", "prompts", "labels"}` to `{"rewards", "scores", "extra_logs"}`.

        Answers of equal prompt and label are one rollout group and are judged together; where groups are gathered,
        with those of other requests.
        """
        visit: Visit = request.scope[KEY]
        body = an_object(visit.body)
        queries = listed(body, "query")
        prompts = listed(body, "prompts", len(queries))
        labels = listed(body, "labels", len(queries)) if body.get("labels") is not None else [None] * len(queries)
        answers = [answer_of(query, prompts[place], place) for place, query in enumerate(queries)]
        groups: dict[bytes, list[int]] = {}
        for place, pair in enumerate(zip(prompts, labels, strict=True)):
            groups.setdefault(msgspec.json.encode(pair), []).append(place)
        rewards: list[Reward | None] = [None] * len(queries)

        async def fill(places: list[int]) -> None:
            row = {"prompt": prompts[places[0]], **from_label(labels[places[0]])}
            given = await self._together(visit, row, [answers[place] for place in places])
            for place, reward in zip(places, given, strict=True):
                rewards[place] = reward

        await all_of([fill(places) for places in groups.values()])
        found = [reward for reward in rewards if reward is not None]
        scores = [reward.score.value if reward.valid and reward.score is not None else reward.value for reward in found]
        logs = {"valid_judgment": [float(reward.valid) for reward in found]}
        return as_json({"rewards": _numbers(found), "scores": scores, "extra_logs": logs})

    async def _together(self, visit: Visit, row: Mapping[str, Any], answers: Sequence[str]) -> Sequence[Reward]:
        if self._house.settings.group_size is None:
            return await self._house.group(visit, row, answers)
        return await all_of([self._house.reward(visit, row, answer) for answer in answers])

    async def slime(self, request: Request) -> Response:
        """slime: `{"prompt", "response", "label"}` to a number."""
        visit: Visit = request.scope[KEY]
        body = an_object(visit.body)
        if "response" not in body:  # null is an answer that says nothing, but none at all is a mistake
            raise Refused(422, "response: is missing", faults=[Fault("is missing", field="response")])
        reward = await self._house.reward(visit, _row(body, body.get("prompt")), body["response"])
        return as_json(_numbers([reward])[0])

    async def verify(self, request: Request) -> Response:
        """NeMo Gym: the request with its `reward`. Without a valid judgment the row is masked and says why."""
        visit: Visit = request.scope[KEY]
        body = an_object(visit.body)
        prompt, answer = asked_and_answered(body)
        reward = await self._house.reward(visit, _row(body, prompt), answer)
        told = {**body, "reward": reward.value, "skillrm": {"status": reward.status, "error": reward.error}}
        if not reward.valid:
            told |= _failure(reward) | {"mask_sample": self._house.settings.on_failure.kind != "constant"}
            if reward.value is None:
                told["reward"] = 0.0  # a float must stand here; the mask takes it out
                told |= {"_ng_failure_class": "judge_failed", "_ng_failure_judge_error": _why(reward)}
        return as_json(told)

    async def seed_session(self, _: Request) -> Response:
        """NeMo Gym begins an episode here; there is nothing to begin."""
        return as_json({})


async def all_of(work: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    """What all of them give; the first that fails ends the others."""
    if len(work) == 1:
        return [await work[0]]
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()


def _numbers(rewards: Sequence[Reward]) -> list[float]:
    """None cannot be said to this trainer: it becomes 503, as stated at the start."""
    values = [reward.value for reward in rewards if reward.value is not None]
    if len(values) < len(rewards):
        missing = len(rewards) - len(values)
        raise NoReward(f"no valid judgment for {missing} of {len(rewards)} answers")
    return values


def _row(body: Mapping[str, Any], prompt: Any) -> dict[str, Any]:
    gold = next((body[key] for key in _GOLD_KEYS if body.get(key) is not None), None)
    name = {"id": body["id"]} if body.get("id") is not None else {}
    return {**name, **from_label(gold), **fields_of(body), "prompt": prompt}


def _why(reward: Reward) -> str:
    return reward.error or f"the judgment {reward.status}"


def _failure(reward: Reward) -> dict[str, Any]:
    kind = "judge_failed" if reward.status == "failed" else "skillrm:abstained"
    return {"failure_kind": kind, "failure_reason": _why(reward)}
