"""Rewards over HTTP: one completion's, a group's, gathered groups, and the client's `RemoteRewards`."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest

from judge_server import refusal
from judging import BANK, write_skill
from serving import BAD, GOOD, PROMPT, running
from skillrm import RewardModel
from skillrm.client import RemoteRewardModel
from skillrm.errors import BackendTransportError, ConfigError
from skillrm.rewards import OnFailure, RemoteRewards, open_rewards
from skillrm.service import Settings

ROW = {"prompt": PROMPT}


@asynccontextmanager
async def remote(here, **more):
    async with RemoteRewards(RemoteRewardModel(here.url, retries=0), **more) as rewards:
        yield rewards


async def judged(here) -> int:
    lines = (await here.text("/metrics"))[1].splitlines()
    return int(sum(float(line.split()[1]) for line in lines if line.startswith("skillrm_judgments_total")))


async def test_one_completion_gets_a_reward_and_what_stands_behind_it(service):
    here = await service()
    status, told = await here.post("/v1/reward", {**ROW, "completion": BAD})
    assert (status, told["value"], told["valid"], told["status"]) == (200, 0.0, True, "ok")
    assert told["score"] == {"value": 0.0, "low": 0.0, "high": 0.0, "coverage": 1.0}
    for body, field in (({}, "completion"), ({"completion": "x", "group": 7}, "group")):
        status, answer = await here.post("/v1/reward", {**ROW, **body})
        assert (status, answer["error"]["faults"][0]["field"]) == (422, field)


async def test_those_who_ask_singly_are_judged_together(service):
    here = await service(group_size=4)
    asked = [here.post("/v1/reward", {**ROW, "completion": answer}) for answer in (GOOD, BAD, GOOD, "a, b")]
    assert [told["value"] for _, told in await asyncio.gather(*asked)] == [1.0, 0.0, 1.0, 0.0]
    assert await judged(here) == 1
    slime = [here.post("/slime", {"prompt": "Avoid commas.", "response": f"r{n}", "label": "x"}) for n in range(4)]
    await asyncio.gather(*slime)
    assert await judged(here) == 2


async def test_a_group_larger_than_the_clients_concurrency_is_gathered_all_the_same(service):
    here = await service(group_size=4, group_wait=600.0)
    async with RemoteRewards(RemoteRewardModel(here.url, retries=0, concurrency=1)) as rewards, asyncio.timeout(30):
        given = await asyncio.gather(*(rewards.one(ROW, answer) for answer in (GOOD, BAD, "Elbe", "a, b")))
    assert [reward.value for reward in given] == [1.0, 0.0, 1.0, 0.0]
    assert await judged(here) == 1


async def test_queries_of_several_requests_are_one_group_of_openrlhf(service):
    here = await service(group_size=3)
    bodies = [{"query": [PROMPT + answer], "prompts": [PROMPT], "labels": [""]} for answer in (GOOD, BAD, "Elbe")]
    given = await asyncio.gather(*(here.post("/get_reward", body) for body in bodies))
    assert [answer["rewards"] for _, answer in given] == [[1.0], [0.0], [1.0]]
    assert await judged(here) == 1


async def test_those_who_wait_for_their_group_take_no_room_in_the_queue(service):
    here = await service(group_size=6, concurrency=1, queue=1)
    asked = [here.post("/v1/reward", {**ROW, "completion": f"river {n}"}) for n in range(6)]
    assert {status for status, _ in await asyncio.gather(*asked)} == {200}


async def test_a_request_with_many_answers_waits_once_and_makes_no_room_for_others(service):
    here = await service(group_size=2, group_wait=600.0, concurrency=1, queue=1)
    body = {"query": [f"Hi.{n}" for n in range(8)], "prompts": ["Hi."] * 8, "labels": [str(n) for n in range(8)]}
    waiting = asyncio.ensure_future(here.post("/get_reward", body))
    await here.counted("skillrm_requests_waiting_for_group 1.0")
    assert "skillrm_requests_in_house 0.0" in (await here.text("/metrics"))[1]
    waiting.cancel()
    await asyncio.wait([waiting])
    await here.counted("skillrm_requests_waiting_for_group 0.0")
    assert "skillrm_requests_in_house 0.0" in (await here.text("/metrics"))[1]


async def test_more_than_so_many_that_wait_for_their_group_are_told_to_come_back(service):
    here = await service(group_size=2, group_wait=600.0, connections=8)
    waiting = [
        asyncio.ensure_future(here.post("/v1/reward", {**ROW, "completion": GOOD, "group": str(n)})) for n in range(6)
    ]
    await here.counted("skillrm_requests_waiting_for_group 6.0")
    status, told = await here.post("/v1/reward", {**ROW, "completion": GOOD, "group": "one more"})
    assert (status, told["error"]["message"]) == (429, "too many requests wait for their group")
    assert (await here.post("/v1/group", {**ROW, "completions": [GOOD]}))[0] == 200
    for one in waiting:
        one.cancel()
    await asyncio.wait(waiting)


async def test_clients_of_different_tokens_meet_in_no_group(service):
    here = await service(group_size=2, group_wait=0.3, tokens=("one", "two"))

    async def ask(token: str, answer: str, **more) -> float:
        headers = {"Authorization": f"Bearer {token}"}
        return (await here.post("/v1/reward", {**ROW, "completion": answer, **more}, headers=headers))[1]["value"]

    for more in ({}, {"group": "g"}):
        assert await asyncio.gather(ask("one", GOOD, **more), ask("two", BAD, **more)) == [1.0, 0.0]
    headers = {"Authorization": "Bearer one"}
    assert 'skillrm_judgments_total{status="ok"} 4.0' in (await here.text("/metrics", headers=headers))[1]
    await asyncio.gather(ask("two", "Elbe", group="h"), ask("two", "a, b", group="h"))
    assert 'skillrm_judgments_total{status="ok"} 5.0' in (await here.text("/metrics", headers=headers))[1]


async def test_a_row_that_only_shares_the_name_of_a_group_is_judged_by_its_own_criteria(service):
    here = await service(group_size=2, group_wait=0.3)
    theirs = {**ROW, "criteria": [{"id": "own", "text": "Anything."}], "completion": GOOD, "group": "g"}
    given = await asyncio.gather(
        here.post("/v1/reward", theirs), here.post("/v1/reward", {**ROW, "completion": GOOD, "group": "g"})
    )
    assert [told["status"] for _, told in given] == ["abstained", "ok"]


async def test_one_that_is_no_sample_is_refused_and_its_group_goes_on(service):
    here = await service(group_size=2, group_wait=0.2)
    good, bad = await asyncio.gather(
        here.post("/v1/reward", {**ROW, "completion": GOOD, "group": "g"}),
        here.post("/v1/reward", {**ROW, "completion": 7, "group": "g"}),
    )
    assert (good[0], good[1]["value"], bad[0]) == (200, 1.0, 422)


async def test_the_form_of_rewards_is_the_services(service):
    here = await service(form="win_rates")
    body = {**ROW, "completions": [GOOD, BAD, BAD]}
    assert (await here.post("/v1/group", body))[1]["rewards"] == [1.0, 0.25, 0.25]


def test_groups_are_gathered_in_one_process_only():
    with pytest.raises(ConfigError, match="one process"):
        Settings(group_size=4, workers=2)
    with pytest.raises(ConfigError, match="ranks need a group of two or more"):
        Settings(group_size=1, form="ranks")
    with pytest.raises(ConfigError, match="form"):
        Settings(form="marks")


async def test_about_says_who_judges_and_how_rewards_are_given(service, tmp_path):
    here = await service(RewardModel(write_skill(tmp_path)), on_failure=OnFailure("raise"))
    async with RemoteRewardModel(here.url) as client:
        about = await client.about()
    assert about["skills"] == ["small"]
    assert about["components"] == ["verified", "judged", "criterion/helpful", "criterion/correct"]
    assert (about["form"], about["on_failure"], about["group_size"], about["model"]) == ("scores", "raise", None, None)


async def test_remote_rewards_are_those_of_the_service(service):
    here = await service()
    async with remote(here) as rewards:
        group = await rewards.group(ROW, [GOOD, BAD])
        assert [reward.value for reward in group] == [1.0, 0.0]
        assert await rewards.one(ROW, GOOD) == group[0]
        assert rewards.counts == {"ok": 3}
        assert await rewards.group(ROW, []) == []


@pytest.mark.parametrize(("policy", "value"), [("none", None), ("constant:0.5", 0.5)])
async def test_a_failure_over_there_is_settled_here(service, judge_server, tmp_path, policy, value):
    server = await judge_server([refusal(400, "no")])
    model = RewardModel(
        write_skill(tmp_path, BANK), model="judge", base_url=server.base_url, judge="direct", cache=None
    )
    here = await service(model)
    async with remote(here, on_failure=policy) as rewards:
        (reward,) = await rewards.group({"prompt": "p"}, ["a"])
        assert (reward.value, reward.valid, reward.status) == (value, False, "failed")
        assert set(reward.components) == {"verified", "judged", "criterion/helpful", "criterion/correct"}


async def test_a_service_that_goes_away_is_a_failure_with_the_same_keys():
    async with running(RewardModel("instruction-following")) as live:
        rewards = RemoteRewards(RemoteRewardModel(live.url, retries=0))
        (before,) = await rewards.group(ROW, [GOOD])
    (after,) = await rewards.group(ROW, [GOOD])
    await rewards.aclose()
    assert (after.value, after.status) == (None, "failed")
    assert list(after.plain()) == list(before.plain())


async def test_a_service_that_is_not_there_at_the_start_is_loud():
    async with open_rewards(url="http://127.0.0.1:9", retries=0, environ={}) as rewards:
        with pytest.raises(BackendTransportError, match=r"127\.0\.0\.1:9/v1/about"):
            await rewards.group(ROW, [GOOD])
