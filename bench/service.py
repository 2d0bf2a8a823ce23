"""The service's own cost: batches of real IFEval rows judged by verifiers, and single requests beside direct calls.

    python bench/service.py [data folder]

Prints `service batch_per_s=... single_p50_ms=... overhead_ms=...`:

- `batch_per_s`: judgments a second of the service's CPU (its process alone, so that neighbours do not count), whole
  judgments streamed back; `brief_per_s`: rewards only; `direct_per_s`: `RewardModel.judge` in a process of its own,
  with the samples read and the judgments written as JSON.
- `single_p50_ms`, `direct_p50_ms`, `overhead_ms`: 32 clients out of step, one judgment a request, each with one call
  of a judge model that takes 50 ms; the same 32 without HTTP; and the difference of the two medians.
- `request_cpu_ms`: CPU of the service for one request beyond the judgment itself.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
from model_server import ModelServer

from skillrm import RewardModel
from skillrm.backends.answers import Answer
from skillrm.backends.endpoints import Endpoint
from skillrm.backends.transport import Transport

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data"
CLIENTS, SECONDS, LATENCY = 32, 4.0, 50.0
_TICK = os.sysconf("SC_CLK_TCK")


def ifeval(data: Path) -> list[dict[str, Any]]:
    """Prompts with the answers of one model."""
    prompts, answers = (
        [json.loads(line) for line in path.read_text().splitlines()]
        for path in (data / "ifeval/prompts.jsonl", min((data / "ifeval/responses").glob("*.jsonl")))
    )
    return [{**row, "response": answer["response"]} for row, answer in zip(prompts, answers, strict=True)]


@contextmanager
def served(*options: str) -> Iterator[tuple[str, int]]:
    """A service in a process of its own: its address and pid."""
    command = [sys.executable, "-m", "skillrm", "serve", "--port", "0", "--quiet", "--no-cache", *options]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    url = next(found[1] for line in process.stderr if (found := re.search(r" at (http://\S+)", line)))
    try:
        yield url, process.pid
    finally:
        process.terminate()
        process.wait()


def cpu_seconds(pid: int) -> float:
    """What the process has used, user and system, its threads included."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


async def batch_rate(http: aiohttp.ClientSession, url: str, pid: int, rows: list[dict[str, Any]], brief: str) -> float:
    """Judgments a second of the service's CPU: the best of several batches."""
    body, rates = "\n".join(map(json.dumps, rows)).encode(), []
    for _ in range(6):
        before = cpu_seconds(pid)
        async with http.post(f"{url}/v1/judge/batch?brief={brief}", data=body) as response:
            lines = (await response.read()).count(b"\n")
        assert lines == len(rows)
        rates.append(lines / (cpu_seconds(pid) - before))
    return max(rates)


async def direct_rate(rows: list[dict[str, Any]]) -> float:
    model, rates = RewardModel("instruction-following"), []
    for _ in range(4):
        before = time.process_time()
        for row in rows:
            (await model.judge(row)).model_dump_json()
        rates.append(len(rows) / (time.process_time() - before))
    return max(rates)


async def median_ms(call: Callable[[int], Awaitable[object]]) -> tuple[float, int]:
    """The median time of calls by 32 clients for some seconds, and how many there were."""
    took: list[float] = []
    end = time.perf_counter() + SECONDS

    async def client(number: int) -> None:
        while time.perf_counter() < end:
            await asyncio.sleep(random.uniform(0, LATENCY / 1000))  # in step they would be a burst, and wait for it
            begun = time.perf_counter()
            await call(len(took) * CLIENTS + number)
            took.append((time.perf_counter() - begun) * 1000)

    await asyncio.gather(*(client(number) for number in range(CLIENTS)))
    return statistics.median(took), len(took)


def sample(number: int) -> dict[str, Any]:
    return {"prompt": f"Name river {number}.", "response": "Elbe"}


async def singles() -> dict[str, float]:
    """32 clients with a judge model of 50 ms, with HTTP and without, in turn."""
    with ModelServer("direct", LATENCY) as judge:
        options = ("--judge", "direct", "--model", "judge", "--base-url", judge.base_url)
        with served(*options) as (url, pid):
            model = RewardModel("general", model="judge", base_url=judge.base_url, judge="direct", cache=None)

            transport, endpoint = Transport(None, 1 << 20), Endpoint(f"{url}/v1/judge")
            lane = await transport.lane()

            async def asked(number: int) -> None:
                answer = await transport.send(lane, endpoint, msgspec.json.encode(sample(number)))
                assert isinstance(answer, Answer)
                assert answer.status == 200

            await median_ms(asked)
            before = cpu_seconds(pid)
            there, count = await median_ms(asked)
            service_cpu = (cpu_seconds(pid) - before) / count
            before = time.process_time()
            here, count = await median_ms(lambda number: model.judge(sample(number)))
            own_cpu = (time.process_time() - before) / count
            await model.aclose()
            await transport.close()
    return {
        "single_p50_ms": there,
        "direct_p50_ms": here,
        "overhead_ms": there - here,
        "request_cpu_ms": (service_cpu - own_cpu) * 1000,
    }


async def main() -> None:
    rows = ifeval(Path(sys.argv[1]) if len(sys.argv) > 1 else DATA)
    figures: dict[str, float] = {}
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=600)) as http:
        with served("--skill", "instruction-following") as (url, pid):
            for name, brief in (("batch_per_s", "0"), ("brief_per_s", "1")):
                figures[name] = await batch_rate(http, url, pid, rows, brief)
        figures["direct_per_s"] = await direct_rate(rows)
        figures |= await singles()
    print("service", *(f"{name}={value:.2f}" for name, value in figures.items()))


if __name__ == "__main__":
    asyncio.run(main())
