"""`RemoteRewardModel` against a real service."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from judge_server import refusal
from serving import BAD, GOOD, PROMPT, running
from skillrm import RewardModel, Sample
from skillrm.client import RemoteRewardModel
from skillrm.errors import (
    BackendAuthError,
    BackendRateLimited,
    BackendReplyError,
    BackendRequestError,
    BackendTransportError,
    ConfigError,
    NoReward,
    SampleError,
)
from skillrm.rewards.failing import OnFailure


@asynccontextmanager
async def remote(model=None, *, token=None, retries=6, **settings):
    async with (
        running(model or RewardModel("instruction-following"), **settings) as service,
        RemoteRewardModel(service.url, token=token, retries=retries) as there,
    ):
        yield there


@asynccontextmanager
async def answers(*statuses, body=None, **headers):
    """A server that answers with these statuses in turn, the last for ever; 0 cuts the connection."""
    calls: list[bytes] = []

    async def handle(request: web.Request) -> web.Response:
        calls.append(await request.read())
        status = statuses[min(len(calls), len(statuses)) - 1]
        if status == 0:
            request.transport.abort()
        told = json.dumps(body if body is not None else {"error": {"message": f"status {status}"}})
        return web.Response(text=told, status=status or 500, headers=headers)

    app = web.Application()
    app.router.add_post("/{path:.*}", handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}", calls
    await runner.cleanup()


async def test_judge_compare_and_select_give_what_the_model_gives_here():
    here = RewardModel("instruction-following")
    rows = [
        {"id": "x", "prompt": PROMPT, "response": GOOD},
        Sample.parse({"prompt": [{"role": "user", "content": PROMPT}], "responses": [BAD, GOOD]}),
    ]
    async with remote(tokens=("t",), token="t") as there:
        for row in rows:
            assert _told(await there.judge(row, "ranking")) == _told(await here.judge(row, "ranking"))
        assert _told(await there.compare(PROMPT, BAD, GOOD)) == _told(await here.compare(PROMPT, BAD, GOOD))
        for strategy in ("listwise", "knockout"):
            found = await there.select(PROMPT, [BAD, BAD, GOOD], strategy=strategy, id="s")
            assert _told(found) == _told(await here.select(PROMPT, [BAD, BAD, GOOD], strategy=strategy, id="s"))
        assert await there.group(PROMPT, [GOOD, BAD]) == [1.0, 0.0]


def _told(judgment):
    """Without what time it took."""
    return judgment.model_dump(exclude={"usage", "passes", "evidence", "conflicts"})


async def test_judge_all_gives_every_outcome_and_survives_bad_rows():
    rows = [{"id": str(n), "prompt": PROMPT, "response": f"{GOOD} {n}"} for n in range(50)]
    rows[3] = {"prompt": PROMPT}
    async with remote() as there:
        outcomes = [one async for one in there.judge_all(rows, concurrency=8)]
    assert len(outcomes) == 50
    assert sum(one.judgment is not None and one.judgment.reward() == 1.0 for one in outcomes) == 49


async def test_what_is_no_sample_is_refused_here_and_there_with_field_and_mend():
    async with remote() as there:
        with pytest.raises(SampleError, match="no answer in this row"):
            await there.judge({"prompt": PROMPT})
        with pytest.raises(SampleError, match="completions: must be a list"):
            await there.group(PROMPT, GOOD)
        with pytest.raises(SampleError, match="strategy"):
            await there.select(PROMPT, [GOOD, BAD], strategy="luck")


async def test_a_wrong_token_is_not_tried_again():
    async with answers(401) as (url, calls), RemoteRewardModel(url) as there:
        with pytest.raises(BackendAuthError):
            await there.judge({"prompt": PROMPT, "response": GOOD})
        assert len(calls) == 1
    async with remote(tokens=("right",), token="wrong") as there:
        with pytest.raises(BackendAuthError, match=r"/v1/judge: this token lets nobody in \(give token="):
            await there.judge({"prompt": PROMPT, "response": GOOD})
    async with remote(tokens=("right",)) as there:
        with pytest.raises(BackendAuthError, match="a token is needed"):
            await there.judge({"prompt": PROMPT, "response": GOOD})


@pytest.mark.parametrize("url", ["localhost:8080", "", "ftp://host", 5])
def test_what_is_no_address_is_refused_before_anything_is_asked(url):
    with pytest.raises(ConfigError, match="url: is no address"):
        RemoteRewardModel(url)


async def test_an_address_where_no_service_is_stands_in_the_error():
    async with answers(404, body={"error": {"message": "Not Found"}}) as (url, _), RemoteRewardModel(url) as there:
        with pytest.raises(BackendRequestError, match=r"127\.0\.0\.1:\d+/v1/judge: 404: Not Found"):
            await there.judge({"prompt": PROMPT, "response": GOOD})


async def test_a_broken_connection_a_429_and_a_503_are_tried_again():
    judgment = json.loads(
        (await RewardModel("instruction-following").judge({"prompt": PROMPT, "response": GOOD})).model_dump_json()
    )
    async with answers(0, 429, 503, 200, body=judgment, **{"Retry-After": "0"}) as (url, calls):
        async with RemoteRewardModel(url) as there:
            assert (await there.judge({"prompt": PROMPT, "response": GOOD})).reward() == 1.0
        assert len(calls) == 4


async def test_retry_after_is_kept():
    async with answers(429, **{"Retry-After": "1"}) as (url, calls), RemoteRewardModel(url, retries=1) as there:
        started = asyncio.get_running_loop().time()
        with pytest.raises(BackendRateLimited):
            await there.judge({"prompt": PROMPT, "response": GOOD})
        assert asyncio.get_running_loop().time() - started >= 1.0
        assert len(calls) == 2


async def test_nobody_at_the_address_is_told_after_the_last_try():
    async with RemoteRewardModel("http://127.0.0.1:9", retries=1) as there:
        with pytest.raises(BackendTransportError, match=r"127\.0\.0\.1:9"):
            await there.judge({"prompt": PROMPT, "response": GOOD})


async def test_another_server_is_told_from_the_service():
    async with answers(400, body="<html>") as (url, _), RemoteRewardModel(url) as there:
        with pytest.raises(BackendReplyError, match="400"):
            await there.judge({"prompt": PROMPT, "response": GOOD})


async def test_no_more_than_so_many_requests_are_in_flight():
    flying = most = 0

    async def handle(request: web.Request) -> web.Response:
        nonlocal flying, most
        flying += 1
        most = max(most, flying)
        await asyncio.sleep(0.02)
        flying -= 1
        return web.json_response({"rewards": [1.0]})

    app = web.Application()
    app.router.add_post("/v1/group", handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with RemoteRewardModel(f"http://127.0.0.1:{runner.addresses[0][1]}", concurrency=3) as there:
        await asyncio.gather(*(there.group(PROMPT, [GOOD]) for _ in range(12)))
    await runner.cleanup()
    assert most == 3


async def test_a_judge_failure_is_a_status_and_a_group_is_as_the_service_says(judge_server):
    server = await judge_server([refusal(400, "no")])
    model = RewardModel("general", model="judge", base_url=server.base_url, judge="direct", cache=None)
    async with remote(model, on_failure=OnFailure("raise"), retries=0) as there:
        judgment = await there.judge({"prompt": PROMPT, "response": GOOD})
        assert (judgment.status, judgment.reward()) == ("failed", None)
        with pytest.raises(NoReward, match="2 of 2"):
            await there.group(PROMPT, [GOOD, BAD])


def test_the_client_needs_no_judge_no_sandbox_and_no_server_in_the_trainers_environment():
    code = "import sys, skillrm.client; print(*{name.split('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"fastapi", "uvicorn", "starlette", "prometheus_client", "sympy", "math_verify", "ray"} & set(loaded)
