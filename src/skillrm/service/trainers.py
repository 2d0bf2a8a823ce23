"""The endpoints that trainers call, each in its own words: OpenRLHF, slime, NeMo Gym."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from typing import Any, TypeVar

import msgspec
from fastapi import Request
from starlette.responses import Response

from skillrm.errors import Fault, NoReward
from skillrm.integrations import gym_rows
from skillrm.integrations.openrlhf import row_of, told
from skillrm.integrations.transcripts import answered
from skillrm.rewards import OnFailure, Reward
from skillrm.service.bodies import an_object, listed
from skillrm.service.endpoints import as_json
from skillrm.service.house import House
from skillrm.service.refusing import Refused
from skillrm.service.visit import KEY, Visit

T = TypeVar("T")
_MOST = 1 << 14
"""Queries of one request."""
_LONG = 1 << 16
_BREATH = 16
"""Queries that are looked at, or begun, before everybody else gets a turn."""


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
        if len(queries) > _MOST:
            words = f"at most {_MOST} in one request, these are {len(queries)}"
            raise Refused(422, f"query: {words}", faults=[Fault(words, field="query")])
        rows = []
        for place, asked in enumerate(zip(queries, prompts, labels, strict=True)):
            rows.append(row_of(*asked, place))
            if place % _BREATH == 0 or len(queries[place]) > _LONG:
                await asyncio.sleep(0)
        groups: dict[bytes, list[int]] = {}
        for place, pair in enumerate(zip(prompts, labels, strict=True)):
            groups.setdefault(msgspec.json.encode(pair), []).append(place)
        rewards: list[Reward | None] = [None] * len(queries)
        gathered = self._house.settings.group_size is not None
        turn = nullcontext() if gathered else asyncio.Semaphore(self._house.admission.concurrency)

        async def fill(places: list[int]) -> None:
            async with turn:
                given = await self._together(visit, rows[places[0]][0], [rows[place][1] for place in places])
            for place, reward in zip(places, given, strict=True):
                rewards[place] = reward

        await all_of([partial(fill, places) for places in groups.values()])
        return as_json(told([reward for reward in rewards if reward is not None]))

    async def _together(self, visit: Visit, row: Mapping[str, Any], answers: Sequence[str]) -> Sequence[Reward]:
        if self._house.settings.group_size is None:
            return await self._house.group(visit, row, answers)
        return await all_of([partial(self._house.reward, visit, row, answer) for answer in answers])

    async def slime(self, request: Request) -> Response:
        """slime: `{"prompt", "response", "label"}` to a number."""
        visit: Visit = request.scope[KEY]
        body = an_object(visit.body)
        if "response" not in body:  # null is an answer that says nothing, but none at all is a mistake
            raise Refused(422, "response: is missing", faults=[Fault("is missing", field="response")])
        row, answer = answered(gym_rows.labelled(body, body.get("prompt")), body["response"])
        reward = await self._house.reward(visit, row, answer)
        if reward.value is None:  # cannot be said to this trainer
            raise NoReward(f"no valid judgment for 1 of 1 answers: {reward.error or reward.status}")
        return as_json(reward.value)

    async def verify(self, request: Request) -> Response:
        """NeMo Gym: the request with its `reward`. Without a valid judgment the row is masked and says why."""
        visit: Visit = request.scope[KEY]
        body = an_object(visit.body)
        row, answer = gym_rows.row_of(body)
        reward = await self._house.reward(visit, row, answer)
        return as_json(body | gym_rows.told(reward, self._house.settings.on_failure, body))

    async def seed_session(self, _: Request) -> Response:
        """NeMo Gym begins an episode here; there is nothing to begin."""
        return as_json({})


async def all_of(work: Sequence[Callable[[], Coroutine[Any, Any, T]]]) -> list[T]:
    """What all of them give; when one fails, the others end before that is told."""
    if len(work) == 1:
        return [await work[0]()]
    tasks: list[asyncio.Task[T]] = []
    try:
        for place, one in enumerate(work, start=1):
            tasks.append(asyncio.ensure_future(one()))
            if place % _BREATH == 0:
                await asyncio.sleep(0)
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
