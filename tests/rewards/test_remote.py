"""Rewards by a service, whatever comes back from there."""

from __future__ import annotations

import json
import math
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from serving import BAD, GOOD, PROMPT, running
from skillrm import RewardModel
from skillrm.client import RemoteRewardModel
from skillrm.errors import BackendReplyError, NoReward
from skillrm.rewards import RemoteRewards, Reward

ROW = {"prompt": PROMPT, "id": "r1"}
ABOUT = {"components": ["verified", "judged"], "group_size": None}
GIVEN = Reward(0.5, True, "ok", None, {"verified": 1.0, "judged": math.nan}).told()


@asynccontextmanager
async def rewards_of(reply, about=ABOUT, **more):
    """Against a server that answers 200 with these bytes, or this value as JSON."""

    def written(value) -> bytes:
        return value if isinstance(value, bytes) else json.dumps(value).encode()

    async def handle(request: web.Request) -> web.Response:
        return web.Response(body=written(about if request.path == "/v1/about" else reply))

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    async with RemoteRewards(RemoteRewardModel(url, retries=0), **more) as rewards:
        yield rewards
    await runner.cleanup()


BROKEN = [
    b"",
    b"<html>Sign in</html>",
    b'{"value": 0.5',
    b"[" * 5000,
    [],
    None,
    0.5,
    {"reward": 0.5},
    {**GIVEN, "value": "0.5"},
    {**GIVEN, "value": True},
    json.dumps({**GIVEN, "value": math.nan}).encode(),
    json.dumps({**GIVEN, "value": math.inf}).encode(),
    b'{"value": 1e999, "valid": true, "status": "ok", "score": null, "components": {}, "error": null}',
    {**GIVEN, "value": None},
    {**GIVEN, "valid": 1},
    {**GIVEN, "status": "fine"},
    {**GIVEN, "components": [1.0]},
    {**GIVEN, "components": {"verified": "all"}},
    {**GIVEN, "score": {"value": 7}},
]


@pytest.mark.parametrize("body", BROKEN, ids=range(len(BROKEN)))
async def test_a_body_that_holds_no_reward_is_a_failure_and_no_number(body):
    async with rewards_of(body) as rewards:
        given = await rewards.one(ROW, GOOD)
        assert (given.value, given.valid, given.status) == (None, False, "failed")
        assert given.components.keys() == {"verified", "judged"}
        assert given.error.startswith("200, and no")
    async with rewards_of(body, on_failure="raise") as rewards:
        with pytest.raises(NoReward):
            await rewards.one(ROW, GOOD)
    several = {"details": [body, GIVEN]} if not isinstance(body, bytes) else body
    async with rewards_of(several) as rewards:
        assert [one.value for one in await rewards.group(ROW, [GOOD, BAD])] == [None, None]


@pytest.mark.parametrize("details", [[], [GIVEN], [GIVEN] * 3, {"a": GIVEN, "b": GIVEN}, None])
async def test_more_or_fewer_rewards_than_answers_are_none(details):
    async with rewards_of({"details": details}) as rewards:
        assert [one.value for one in await rewards.group(ROW, [GOOD, BAD])] == [None, None]


async def test_whole_numbers_are_numbers():
    async with rewards_of({**GIVEN, "value": 1}) as rewards:
        assert (await rewards.one(ROW, GOOD)).value == 1.0


@pytest.mark.parametrize("about", [b"<html>", {}, [], {"components": "all"}])
async def test_what_is_no_service_of_ours_is_said_at_the_start(about):
    async with rewards_of(GIVEN, about) as rewards:
        with pytest.raises(BackendReplyError):
            await rewards.one(ROW, GOOD)


async def test_the_components_stay_those_that_were_told_at_the_start():
    changed = {**GIVEN, "components": {"verified": 1.0, "criterion/new": 0.0}}
    async with rewards_of(changed) as rewards:
        given = await rewards.one(ROW, GOOD)
        assert given.components["verified"] == 1.0
        assert math.isnan(given.components["judged"])
        assert "criterion/new" not in given.components


async def test_an_answer_that_cannot_be_sent_fails_alone():
    deep: list = []
    for _ in range(3000):
        deep = [deep]
    call = {"function": {"name": "f", "arguments": {"x": deep}}}
    odd = [{"role": "assistant", "content": GOOD, "tool_calls": [call]}]
    half = [{"role": "assistant", "content": GOOD, "name": "\ud800"}]
    async with (
        running(RewardModel("instruction-following")) as service,
        RemoteRewards(RemoteRewardModel(service.url)) as rewards,
    ):
        given = await rewards.group(ROW, [odd, GOOD, half, BAD])
        assert [one.value for one in given] == [None, 1.0, 1.0, 0.0]
        assert "nested" in given[0].error
        assert (await rewards.one(ROW, odd)).value is None
        assert (await rewards.one(ROW, half)).value == 1.0
