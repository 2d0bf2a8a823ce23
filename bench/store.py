"""What the cache and the store take in: puts, gets and keeps a second at values of 4 KB.

Run: python bench/store.py
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from hashlib import sha256
from pathlib import Path

from skillrm.cache import Cache
from skillrm.store import Run

PUTS, GETS, KEEPS, IN_FLIGHT = 3000, 10_000, 4000, 64
WORDS = b" ".join(sha256(b"%d" % number).hexdigest()[:5].encode() for number in range(1000))


def value(number: int) -> bytes:
    """4 KB that compress about as a judgment does."""
    start = number * 7 % 2000
    return b'{"n": %d, "text": "' % number + WORDS[start : start + 2000] + b"tides and moon " * 130 + b'"}'


def keys(worker: int, count: int) -> list[bytes]:
    return [sha256(b"%d %d" % (worker, number)).digest() for number in range(count)]


def work(folder: str, worker: int) -> None:
    """One process: waits for the signal, puts, waits again, gets; prints the seconds and CPU seconds of each."""
    cache, mine = Cache(Path(folder)), keys(worker, PUTS)
    values = [value(number) for number in range(PUTS)]
    print("ready", flush=True)
    sys.stdin.readline()
    started, cpu = time.perf_counter(), time.process_time()
    for number, key in enumerate(mine):
        cache.put(key, values[number])
        while number % 1000 == 999 and cache.waiting > 2000:
            time.sleep(0.001)  # paced to what the disk takes: beyond that, puts are dropped
    while cache.waiting:
        time.sleep(0.001)
    print(time.perf_counter() - started, time.process_time() - cpu, flush=True)
    sys.stdin.readline()
    started, cpu = time.perf_counter(), time.process_time()
    for turn in range(GETS):
        cache.get(mine[turn * 31 % PUTS])
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    stats = cache.stats()
    cache.close()
    assert (stats.hits, stats.dropped) == (GETS, 0), stats
    print(seconds, cpu, flush=True)


def cache_rates(processes: int) -> str:
    with tempfile.TemporaryDirectory() as folder:
        workers = [
            subprocess.Popen(
                [sys.executable, __file__, folder, str(number)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for number in range(processes)
        ]
        told = []
        for _ in ("ready", "put", "got"):
            told.append([worker.stdout.readline().split() for worker in workers])
            for worker in workers:
                worker.stdin.write("go\n")
                worker.stdin.flush()
        for worker in workers:
            worker.communicate()
    figures = []
    for name, count, said in (("put", PUTS, told[1]), ("get", GETS, told[2])):
        seconds = max(float(wall) for wall, _ in said)
        cpu_us = statistics.mean(float(cpu) for _, cpu in said) / count * 1e6
        figures += [f"{name}s_per_s={processes * count / seconds:.0f}", f"{name}_cpu_us={cpu_us:.0f}"]
    return f"{' '.join(figures)} procs={processes}"


async def store_rates(in_flight: int, keeps: int) -> str:
    waits = []
    with tempfile.TemporaryDirectory() as folder:
        async with Run.create(Path(folder) / "run", {}) as run:
            waiting = iter(enumerate(keys(0, keeps)))

            async def keep() -> None:
                for number, key in waiting:
                    judgment = value(number)
                    started = time.perf_counter()
                    await run.keep(key, "ok", judgment)
                    waits.append(time.perf_counter() - started)

            cpu, started = time.process_time(), time.perf_counter()
            await asyncio.gather(*(keep() for _ in range(in_flight)))
            seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    p50, p99 = statistics.median(waits) * 1000, sorted(waits)[int(len(waits) * 0.99)] * 1000
    rate = f"keeps_per_s={keeps / seconds:.0f} p50_ms={p50:.2f} p99_ms={p99:.2f} cpu_ms={cpu / keeps * 1000:.3f}"
    return f"{rate} in_flight={in_flight}"


if __name__ == "__main__":
    if len(sys.argv) == 3:
        work(sys.argv[1], int(sys.argv[2]))
    else:
        for count in (1, 8):
            print(f"cache {cache_rates(count)}")
        for flying, rounds in ((1, KEEPS // 10), (IN_FLIGHT, KEEPS)):
            print(f"store {asyncio.run(store_rates(flying, rounds))}")
