"""Many judgments at once: rate against the ideal, memory against the number of rows, a second identical run.

Run: python bench/engine.py [--full]    (with --full also 1,000 in flight and 100,000 rows; some minutes)
The model server runs in a process of its own on the same machine and takes its share of it.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from model_server import ModelServer

from skillrm import RewardModel, Sample
from skillrm.cache import Cache
from skillrm.store import Run

ANSWER = "The moon pulls the water on the near side more than the earth itself, and the far side less. " * 12
PROMPT = "Explain to a sailor why there are two tides a day, and say when the higher one comes. " * 4


def pairs(count: int, first: int = 0) -> Iterator[Sample]:
    """Rows that all differ, four to a prompt as in a rollout group."""
    for number in range(first, first + count):
        responses = [f"{ANSWER} So much for {number}.", f"Because of the moon, says number {number}. {ANSWER[:600]}"]
        yield Sample.parse({"prompt": f"{PROMPT} ({number // 4})", "responses": responses})


def constrained(count: int) -> Iterator[Sample]:
    prompt = "Write about tides. Do not use any commas. Use at least 30 words. Highlight at least 2 sections."
    for number in range(count):
        yield Sample.parse({"prompt": prompt, "response": f"*Tides* rise *twice* a day {number} " + "word " * 200})


async def throughput(mode: str, in_flight: int, latency_ms: float, rows: int) -> None:
    with ModelServer(mode="direct" if mode == "direct" else "agentic", latency_ms=latency_ms) as server:
        kind = "direct" if mode == "direct" else "skill"
        model = RewardModel("general", model="judge", base_url=server.base_url, judge=kind, cache=None)
        async with model:
            async for _ in model.judge_all(
                pairs(in_flight), concurrency=in_flight
            ):  # connections, imports, the sandbox
                pass
            before, cpu, started = server.stats()["requests"], time.process_time(), time.perf_counter()
            done = 0
            async for judged in model.judge_all(pairs(rows, first=in_flight), concurrency=in_flight):
                done += judged.status == "ok"
            seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
        calls = (server.stats()["requests"] - before) / rows
        figures = f"in_flight={in_flight} latency_ms={latency_ms:g} rows={rows} ok={done} calls={calls:.2f}"
        figures += f" per_s={rows / seconds:.0f} cpu_ms={cpu / rows * 1000:.2f}"
        if latency_ms:
            steps = calls if mode == "direct" else 3  # plan (each row of a group waits for it), check, decide
            # every worker takes its rows one after the other; the ideal has no cost beside the model's
            ideal = rows / (-(-rows // in_flight) * steps * latency_ms / 1000)
            figures += f" ideal_per_s={ideal:.0f} share={rows / seconds / ideal:.3f}"
        print(f"throughput judge={mode} {figures}", flush=True)


RSS = """
import asyncio, resource, sys
sys.path.insert(0, "bench")
from engine import constrained
from skillrm import RewardModel
async def main():
    model = RewardModel("instruction-following")
    async for _ in model.judge_all(constrained(int(sys.argv[1])), concurrency=64):
        pass
asyncio.run(main())
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def rss_mb(rows: int) -> float:
    folder = Path(__file__).resolve().parents[1]
    run = subprocess.run([sys.executable, "-c", RSS, str(rows)], capture_output=True, text=True, check=True, cwd=folder)
    return float(run.stdout)


async def second_run(rows: int) -> None:
    """The same rows twice: kept in a run, and with nothing but the cache of replies."""
    with ModelServer(mode="agentic", latency_ms=200) as server, tempfile.TemporaryDirectory() as folder:
        for way in ("run", "cache"):
            cache, took, calls = Cache(Path(folder) / f"cache-{way}"), [], []
            run = Run.create(Path(folder) / "run", {}) if way == "run" else None
            for _ in range(2):
                before, started = server.stats()["requests"], time.perf_counter()
                model = RewardModel("general", model="judge", base_url=server.base_url, cache=cache)
                async with model:
                    async for _ in model.judge_all(pairs(rows), concurrency=32, run=run):
                        pass
                took.append(time.perf_counter() - started)
                calls.append(server.stats()["requests"] - before)
            if run is not None:
                await run.aclose()
            await cache.aclose()
            figures = f"rows={rows} first_s={took[0]:.2f} second_s={took[1]:.2f} faster={took[0] / took[1]:.0f}"
            print(f"second_run kept_by={way} {figures} second_calls={calls[1]:g}", flush=True)


async def main(full: bool) -> None:
    for in_flight in (1, 8, 64, 256):
        await throughput("direct", in_flight, 0, 200 if in_flight == 1 else 600)
    for in_flight in (8, 64, 256):
        await throughput("direct", in_flight, 200, in_flight * 8)
    await throughput("agentic", 64, 0, 400)
    await throughput("agentic", 64, 200, 64 * 6)
    await throughput("agentic", 256, 200, 256 * 3)
    if full:
        await throughput("direct", 1000, 200, 4000)
        await throughput("agentic", 1000, 200, 3000)
    small, many = 1000, 100_000 if full else 10_000
    few, lots = rss_mb(small), rss_mb(many)
    print(f"rss rows={small} mb={few:.0f} rows_many={many} mb_many={lots:.0f} grows_mb={lots - few:.1f}", flush=True)
    await second_run(200)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--full", action="store_true", help="also 1,000 in flight and 100,000 rows")
    asyncio.run(main(parser.parse_args().full))
