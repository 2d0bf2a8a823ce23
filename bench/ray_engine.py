"""What a row costs when it is judged by workers of a Ray cluster instead of in this process.

Run: python bench/ray_engine.py [rows]    (needs the extra [ray]; begins a cluster of its own on this machine)
`driver_cpu_ms` bounds the workers that one driver can feed; `overhead_ms_per_row` is all CPU of driver and workers less
what the local engine needs for the same rows.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
import uuid
from collections.abc import Callable, Iterable
from contextlib import aclosing
from functools import partial
from pathlib import Path

from model_server import ModelServer

from engine import constrained, pairs
from skillrm import RewardModel, Sample
from skillrm.cli.choosing import Chosen
from skillrm.engine import Engine
from skillrm.engine.ray import RayWorkers

WORKERS, IN_FLIGHT = 2, 64
TOKEN = uuid.uuid4().hex
Measured = tuple[float, float]


def cpu_of_workers() -> float:
    """CPU seconds of the workers' processes so far; Linux only."""
    ticks = 0
    for place in Path("/proc").glob("[0-9]*"):
        try:
            named = (place / "cmdline").read_bytes().startswith(b"ray::Worker")
            if named and TOKEN.encode() in (place / "environ").read_bytes():
                fields = (place / "stat").read_text().rsplit(")", 1)[1].split()
                ticks += int(fields[11]) + int(fields[12])
        except OSError:
            continue
    return ticks / os.sysconf("SC_CLK_TCK")


async def timed(judge: Callable, concurrency: int, samples: Iterable[Sample]) -> Measured:
    """Wall and CPU seconds of this process."""
    cpu, started = time.process_time(), time.perf_counter()
    async with aclosing(Engine(judge, concurrency=concurrency).outcomes(samples)) as outcomes:
        async for judged in outcomes:
            assert judged.status == "ok", judged
    return time.perf_counter() - started, time.process_time() - cpu


async def compared(name: str, chosen: Chosen, samples: Callable[[int], Iterable[Sample]], rows: int) -> None:
    model: RewardModel = await chosen.reward_model()
    async with model:
        await timed(model.judge, IN_FLIGHT, samples(IN_FLIGHT))
        wall, cpu = await timed(model.judge, WORKERS * IN_FLIGHT, samples(rows))
        started = time.perf_counter()
        make = partial(chosen.reward_model, model.skill)
        async with RayWorkers(make, model.identity, workers=WORKERS, concurrency=IN_FLIGHT) as there:
            await timed(there.judge, there.concurrency, samples(WORKERS * IN_FLIGHT * 2))
            start = time.perf_counter() - started
            before = cpu_of_workers()
            far_wall, driver = await timed(there.judge, there.concurrency, samples(rows))
            far_cpu = driver + cpu_of_workers() - before
    print(
        f"ray {name} rows={rows} workers={WORKERS} per_s={rows / far_wall:.0f} "
        f"driver_cpu_ms={driver / rows * 1000:.2f} overhead_ms_per_row={(far_cpu - cpu) / rows * 1000:.2f} "
        f"start_s={start:.1f} local_per_s={rows / wall:.0f} local_cpu_ms={cpu / rows * 1000:.2f}",
        flush=True,
    )


async def main(rows: int) -> None:
    import ray

    os.environ["SKILLRM_BENCH"] = TOKEN
    own = {"num_cpus": WORKERS, "include_dashboard": False, "object_store_memory": 80 << 20}
    ray.init("local", log_to_driver=False, logging_level="ERROR", **own)
    await compared("verifiers", Chosen(skill="instruction-following", judge="verifiers"), constrained, rows)
    with ModelServer(mode="direct", latency_ms=200) as server:
        model = Chosen(skill="general", judge="direct", model="judge", base_url=[server.base_url], cache=False)
        await compared("direct_200ms", model, pairs, rows)
    ray.shutdown()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 3000))
