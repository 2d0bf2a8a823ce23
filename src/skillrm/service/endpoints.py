"""The endpoints of `/v1`: one sample, many, two answers, N answers, a rollout group."""

from __future__ import annotations

import itertools
from contextlib import aclosing
from typing import Any, get_args

import msgspec
from fastapi import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from skillrm.errors import ConfigError, Fault
from skillrm.service.batching import Batch
from skillrm.service.bodies import an_object, bounded, listed, rows_of
from skillrm.service.house import House
from skillrm.service.refusing import Refused
from skillrm.service.visit import KEY, Visit
from skillrm.types import Goal, Sample
from skillrm.validation import among

JSON = "application/json"
NDJSON = "application/x-ndjson"


class Lines(StreamingResponse):
    """Sends what comes; that the client left is the guard's to see."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async with aclosing(self.body_iterator) as lines:  # type: ignore[type-var]
            async for line in lines:
                await send({"type": "http.response.body", "body": line, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def as_json(value: Any) -> Response:
    return Response(msgspec.json.encode(value), media_type=JSON)


class Endpoints:
    """Each takes a request whose body the guard has read."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def judge(self, request: Request) -> Response:
        """One sample, in any of the row shapes, to its judgment."""
        visit, goal = _visit(request), _goal(request)
        judgment = await self._house.judge(visit, an_object(visit.body), goal)
        return Response(judgment.model_dump_json(), media_type=JSON)

    async def batch(self, request: Request) -> Response:
        """Many samples to a line each, in the order in which they are done."""
        visit, goal = _visit(request), _goal(request)
        brief = _flag(request, "brief")
        rows = rows_of(visit.body)
        visit.body = b""  # the rows hold it
        first = list(itertools.islice(rows, 1))  # what is wrong with the whole body is told before the first line
        batch = Batch(self._house, visit, itertools.chain(first, rows), goal, brief=brief)
        return Lines(batch.lines(), media_type=NDJSON)

    async def compare(self, request: Request) -> Response:
        """Two answers, as `a` and `b` or in a shape that holds two, to the judgment of the better one."""
        visit = _visit(request)
        body = an_object(visit.body)
        if "a" in body and "b" in body:
            body["responses"] = [body.pop("a"), body.pop("b")]
        bounded(body)
        sample = Sample.parse(body)
        if len(sample.candidates) != 2:
            words = f"two answers are compared, here are {len(sample.candidates)}"
            raise Refused(422, words, faults=[Fault(words, mend='give "a" and "b"')])
        judgment = await self._house.judge(visit, sample, "winner")
        return Response(judgment.model_dump_json(), media_type=JSON)

    async def select(self, request: Request) -> Response:
        """N answers to the judgment of the best one."""
        visit = _visit(request)
        judgment = await self._house.select(visit, an_object(visit.body))
        return Response(judgment.model_dump_json(), media_type=JSON)

    async def group(self, request: Request) -> Response:
        """A prompt and its completions, judged together under the same criteria, to a reward each."""
        visit = _visit(request)
        row = an_object(visit.body)
        completions = listed(row, "completions")
        del row["completions"]
        if not completions:
            raise Refused(422, "completions: is empty", faults=[Fault("is empty", field="completions")])
        rewards = await self._house.group(visit, row, completions)
        return as_json(
            {
                "rewards": [reward.value for reward in rewards],
                "valid": [reward.valid for reward in rewards],
                "status": visit.seen["judgment"],
                "error": next((reward.error for reward in rewards if reward.error), None),
                "on_failure": str(self._house.settings.on_failure),
                "details": [reward.told() for reward in rewards],
            }
        )

    async def reward(self, request: Request) -> Response:
        """One completion to its reward; where groups are gathered, together with the others of its group."""
        visit = _visit(request)
        row = an_object(visit.body)
        if "completion" not in row:
            raise Refused(422, "completion: is missing", faults=[Fault("is missing", field="completion")])
        completion, group = row.pop("completion"), row.pop("group", None)
        if group is not None and not isinstance(group, str):
            raise Refused(422, "group: must be text", faults=[Fault("must be text", field="group")])
        return as_json((await self._house.reward(visit, row, completion, group)).told())

    async def about(self) -> Response:
        """What judges here, and how rewards are given."""
        return as_json(self._house.about())


def _visit(request: Request) -> Visit:
    visit: Visit = request.scope[KEY]
    return visit


def _flag(request: Request, name: str) -> bool:
    given = request.query_params.get(name, "false").lower()
    if given not in ("true", "false", "1", "0"):
        raise Refused(422, f"{name}: must be true or false", faults=[Fault("must be true or false", field=name)])
    return given in ("true", "1")


def _goal(request: Request) -> Goal:
    goal = request.query_params.get("goal", "scores")
    if goal not in get_args(Goal):
        try:
            among(goal, Goal, "goal")
        except ConfigError as error:
            raise Refused(422, str(error), faults=error.faults) from None
    return goal  # type: ignore[return-value]
