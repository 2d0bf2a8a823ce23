"""What faults of the model server cost: rows that end ok, what is retried, and the rate against a faultless run.

Run: python bench/faults.py
`faults`: 5 % of requests end in 429, 500, a reset, half a body, HTML or a reply without a message. `hangs`: 1 % more
are never answered, and given up after two seconds. `outage`: in the middle the server resets every connection for three
seconds.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter

from model_server import ModelServer

from engine import pairs
from skillrm import RewardModel
from skillrm.backends import OpenAIBackend

ROWS, IN_FLIGHT, LATENCY_MS = 2000, 64, 200.0


async def judged(name: str, *, faults: float = 0.0, hangs: float = 0.0, outage: float = 0.0) -> float:
    """Rows per second."""
    with ModelServer("direct", LATENCY_MS, faults=faults, hangs=hangs) as server:
        backend = OpenAIBackend("judge", server.base_url, timeout=2.0 if hangs else 120.0)
        async with RewardModel("general", backend=backend, judge="direct") as model:
            ended, started, before = Counter[str](), time.perf_counter(), server.stats()["requests"]
            async for one in model.judge_all(pairs(ROWS), concurrency=IN_FLIGHT):
                ended[one.status or "unreadable"] += 1
                if outage and ended.total() == ROWS // 2:
                    await asyncio.to_thread(server.down, True)
                    asyncio.get_running_loop().call_later(outage, lambda: asyncio.ensure_future(up(server)))
            seconds = time.perf_counter() - started
        answered = server.stats()["requests"] - before
    words = " ".join(f"{status}={count}" for status, count in sorted(ended.items()))
    print(
        f"faults case={name} rows={ROWS} {words} answered={answered:g} per_s={ROWS / seconds:.0f}", end=" ", flush=True
    )
    return ROWS / seconds


async def up(server: ModelServer) -> None:
    await asyncio.to_thread(server.down, False)


async def main() -> None:
    sound = await judged("none")
    print("share=1.000", flush=True)
    for name, case in {
        "faults_5": {"faults": 0.05},
        "faults_5_hangs_1": {"faults": 0.05, "hangs": 0.01},
        "outage_3s": {"outage": 3.0},
    }.items():
        print(f"share={await judged(name, **case) / sound:.3f}", flush=True)


if __name__ == "__main__":
    asyncio.run(main())
