"""`skillrm serve` as a process: addresses, workers, SIGTERM."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest
from typer.testing import CliRunner

from judge_server import Says
from judging import well_behaved
from serving import GOOD, PROMPT
from skillrm.cli.app import app

ROW = {"prompt": PROMPT, "response": GOOD}


class Process:
    def __init__(self, process: asyncio.subprocess.Process, url: str, said: list[str]) -> None:
        self.process, self.url, self.said = process, url, said

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)


@asynccontextmanager
async def served(*options: str, **environ: str) -> AsyncIterator[Process]:
    command = [sys.executable, "-m", "skillrm", "serve", "--port", "0", *options]
    env = {**os.environ, **environ}
    for name in ("OPENAI_BASE_URL", "SKILLRM_MODEL"):
        env.pop(name, None)
    process = await asyncio.create_subprocess_exec(
        *command, stderr=asyncio.subprocess.PIPE, env=env, start_new_session=True
    )
    said: list[str] = []
    try:
        while not (found := re.search(r" at (http://\S+)", said[-1] if said else "")):
            line = await asyncio.wait_for(process.stderr.readline(), 60)
            assert line, said
            said.append(line.decode())

        async def listen() -> None:
            while line := await process.stderr.readline():
                said.append(line.decode())

        listening = asyncio.ensure_future(listen())
        await _ready(found[1])
        yield Process(process, found[1], said)
        await asyncio.wait_for(listening, 60)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await asyncio.wait_for(process.wait(), 10)


async def _until(http: aiohttp.ClientSession, url: str, holds: Callable[[str], bool]) -> None:
    """Until the page is as it should be. Raises what the connection raises."""
    while True:
        async with http.get(url) as response:
            if holds(await response.text()):
                return
        await asyncio.sleep(0.05)


async def _ready(url: str) -> None:
    async with aiohttp.ClientSession() as http, asyncio.timeout(60):
        while True:
            try:
                async with http.get(url + "/readyz") as response:
                    if response.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.05)


async def test_sigterm_answers_what_was_accepted_and_then_ends_well(judge_server):
    server = await judge_server([Says("no tool call", delay=0.5)])
    judge = ("--judge", "direct", "--model", "judge", "--base-url", server.base_url, "--no-cache")
    async with served(*judge, "--concurrency", "4") as service, aiohttp.ClientSession() as http:

        async def one() -> int:
            async with http.post(service.url + "/v1/judge", json=ROW) as response:
                await response.read()
                return response.status

        async with http.get(service.url + "/healthz") as response:
            assert response.status == 200
        calls = [asyncio.ensure_future(one()) for _ in range(12)]  # eight of them wait for their turn
        await server.until(lambda: server.in_flight == 4)
        service.terminate()
        async with asyncio.timeout(5):
            while True:
                async with http.get(service.url + "/readyz") as response:
                    if response.status == 503:
                        assert response.headers["Connection"] == "close"
                        break
                await asyncio.sleep(0.01)
        assert await asyncio.gather(*calls) == [200] * 12
        assert await service.process.wait() == 0
        with pytest.raises(aiohttp.ClientError):
            await one()
    logged = [json.loads(line) for line in service.said if line.startswith("{")]
    assert [line["status"] for line in logged if line["path"] == "/v1/judge"] == [200] * 12


@pytest.mark.parametrize("workers", ["1", "2"])
async def test_clients_that_go_on_through_a_sigterm_lose_no_request_that_was_begun(workers):
    options = ("--skill", "instruction-following", "--quiet", "--workers", workers)
    async with served(*options) as service, aiohttp.ClientSession() as http:
        answered, refused = 0, 0

        async def ask() -> None:
            nonlocal answered, refused
            while True:
                try:
                    async with http.post(service.url + "/v1/judge", json=ROW) as response:
                        assert response.status == 200
                        assert (await response.json())["status"] == "ok"
                        answered += 1
                except aiohttp.ClientConnectorError:
                    refused += 1
                    return
                await asyncio.sleep(0.01)

        clients = [asyncio.ensure_future(ask()) for _ in range(8)]
        await asyncio.sleep(0.3)
        service.terminate()
        await asyncio.gather(*clients)
        assert refused == 8
        assert answered > 8


async def test_several_workers_share_port_and_counts():
    async with served("--skill", "instruction-following", "--workers", "2") as service:
        statuses = []
        for _ in range(20):  # a connection each: any worker may take it
            async with aiohttp.ClientSession() as http, http.post(service.url + "/v1/judge", json=ROW) as response:
                statuses.append(response.status)
        assert statuses == [200] * 20
        counted = 'skillrm_requests_total{path="/v1/judge",status="200"} 20.0'
        async with aiohttp.ClientSession() as http, asyncio.timeout(10):  # it is counted just after it is answered
            await _until(http, service.url + "/metrics", lambda text: counted in text)
        service.terminate()
        assert await service.process.wait() == 0


async def test_several_workers_share_what_the_judge_has_said(judge_server):
    server = await judge_server(lambda request, _: Says(calls=well_behaved(request["messages"])))
    judge = ("--judge", "direct", "--model", "judge", "--base-url", server.base_url, "--workers", "2")
    async with served(*judge) as service:

        async def ask() -> str:
            async with aiohttp.ClientSession() as http, http.post(service.url + "/v1/judge", json=ROW) as response:
                return (await response.json())["status"]

        assert await ask() == "ok"
        await asyncio.sleep(0.5)  # it is written behind the answer
        assert [await ask() for _ in range(12)] == ["ok"] * 12
        service.terminate()
    assert len(server.requests) == 1


async def test_workers_end_when_their_parent_is_killed():
    async with served("--skill", "math-answer", "--workers", "2", "--quiet") as service:
        service.process.kill()
        async with aiohttp.ClientSession() as http, asyncio.timeout(20):
            with pytest.raises(aiohttp.ClientError):
                await _until(http, service.url + "/readyz", lambda _: False)


def serve(*options: str):
    return CliRunner().invoke(app, ["serve", *options], env={"SKILLRM_TOKEN": "", "OPENAI_BASE_URL": ""})


def test_what_cannot_be_served_is_told_before_anything_listens(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for options, words in (
            (["--host", "0.0.0.0"], "no token is set"),
            (["--token-file", str(tmp_path / "none")], "cannot be read"),
            (["--on-failure", "zero"], "is no failure choice"),
            (["--skill", "no-such-skill"], "no-such-skill"),
            (["--judge", "direct"], "needs a judge model"),
            (["--port", port, "--skill", "math-answer"], f"cannot listen on 127.0.0.1:{port}"),
        ):
            done = serve(*options)
            assert done.exit_code == 2
            assert words in done.stderr


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
async def test_at_its_end_no_group_waits_for_those_who_cannot_come_any_more(sign):
    options = ("-s", "instruction-following", "--group-size", "3", "--group-wait", "600")
    async with served(*options) as service, aiohttp.ClientSession() as http:

        async def asked(answer: str) -> float:
            async with http.post(f"{service.url}/v1/reward", json={"prompt": PROMPT, "completion": answer}) as response:
                return (await response.json())["value"]

        asking = [asyncio.ensure_future(asked(answer)) for answer in (GOOD, "a, b")]
        await _until(http, f"{service.url}/metrics", lambda page: "skillrm_requests_waiting_for_group 2.0" in page)
        service.process.send_signal(sign)
        assert await asyncio.wait_for(asyncio.gather(*asking), 30) == [1.0, 0.0]
        assert await asyncio.wait_for(service.process.wait(), 30) == 0
    told = [line for line in service.said if "2 requests are answered first; Ctrl-C again ends at once" in line]
    assert len(told) == (sign == signal.SIGINT)


async def test_a_judge_that_is_away_is_told_at_the_start():
    here = ("-s", "general", "-m", "judge", "--no-cache", "--base-url")
    async with served(*here, "http://127.0.0.1:9/v1") as service:
        service.terminate()
    assert any(line.startswith("warning: http://127.0.0.1:9/v1 cannot be reached") for line in service.said)
