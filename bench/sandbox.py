"""What a sandbox run costs, one after the other and many at once: `python bench/sandbox.py [runs]`."""

from __future__ import annotations

import asyncio
import os
import resource
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from skillrm.sandbox import SandboxLimits, get_sandbox, trusted_call
from skillrm.sandbox.trusted import pool

CHECK = """
import re
words = text.split()
counts = {}
for word in words:
    key = re.sub(r"[^a-z]", "", word.lower())
    if key:
        counts[key] = counts.get(key, 0) + 1
most = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:3]
lines = [line for line in text.split("\\n") if line.strip()]
long = [word for word in words if len(word) > 5]
print(len(words), len(lines))
result = {"words": len(words), "lines": len(lines), "long": len(long), "most": most}
"""
TEXT = "The quick brown fox jumps over the lazy dog.\nAgain and again, sentence after sentence.\n" * 20
TESTS = "def check(candidate):\n" + "".join(f"    assert candidate({n}) == {2 * n}\n" for n in range(20))


TICK = os.sysconf("SC_CLK_TCK")
SHORT = 'words = text.split()\nprint(len(words))\nresult = {"words": len(words), "ok": len(words) <= 60}'


def spent() -> float:
    """CPU seconds of this process."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    return own.ru_utime + own.ru_stime


def spent_below(pid: int) -> float:
    """CPU seconds of every process below `pid`, with those that have ended; in steps of a tick each."""
    total = 0.0
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
        total += sum(map(int, fields[11:15])) / TICK + spent_below(int(child)) if fields[0] not in "ZX" else 0
    return total


async def measure(name: str, runs: int, once: Callable[[], Awaitable[object]], pause: float = 0) -> None:
    await once()
    times = []
    before, below = spent(), spent_below(os.getpid())
    for _ in range(runs):
        started = time.perf_counter()
        await once()
        times.append((time.perf_counter() - started) * 1000)
        if pause:
            await asyncio.sleep(pause)
    cpu = (spent() - before) / runs * 1000
    below = (spent_below(os.getpid()) - below) / runs * 1000
    times.sort()
    p50, p95 = statistics.median(times), times[int(runs * 0.95)]
    print(f"{name} p50_ms={p50:.2f} p95_ms={p95:.2f} host_cpu_ms={cpu:.2f} children_cpu_ms={below:.2f} runs={runs}")


async def together(name: str, runs: int, once: Callable[[], Awaitable[object]]) -> None:
    started = time.perf_counter()
    await asyncio.gather(*(once() for _ in range(runs)))
    print(f"{name} per_s={runs / (time.perf_counter() - started):.0f} at_once={runs}")


async def main(runs: int) -> None:
    started = time.perf_counter()
    sandbox = await get_sandbox()
    print(f"sandbox_start ms={(time.perf_counter() - started) * 1000:.0f}")
    fast = lambda: sandbox.run(CHECK, inputs={"text": TEXT})  # noqa: E731
    full = lambda: sandbox.run(CHECK, inputs={"text": TEXT}, level="full")  # noqa: E731
    assert (await fast()).level == "fast"
    assert (await full()).result == (await fast()).result
    await measure("sandbox_fast", runs, fast)
    short = TEXT[:260]
    await measure("sandbox_fast_short", runs, lambda: sandbox.run(SHORT, inputs={"text": short}))
    await measure("sandbox_full", runs, full)
    await measure("sandbox_full_with_pauses", runs, full, pause=0.01)
    await measure("sandbox_call", runs, lambda: sandbox.call("def f(x): return 2 * x", "f", [21]))
    await measure(
        "sandbox_call_many_20", runs, lambda: sandbox.call_many("def f(x): return 2 * x", "f", [[n] for n in range(20)])
    )
    await measure("sandbox_check_20_asserts", runs, lambda: sandbox.check("def f(x): return 2 * x", TESTS, entry="f"))
    await together("sandbox_fast_together", runs, fast)
    await together("sandbox_full_together", runs, full)
    late = SandboxLimits(seconds=0.5)
    result = await sandbox.run("while True: pass", level="full", limits=late)
    print(f"sandbox_timeout limit_ms=500 took_ms={result.ms:.0f}")
    await measure("trusted_call", runs, lambda: trusted_call("math:sqrt", [2.0], seconds=10))
    pool().close()
    await sandbox.aclose()
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(
        f"sandbox_children cpu_s={children.ru_utime + children.ru_stime:.2f} max_rss_mb={children.ru_maxrss / 1024:.0f}"
    )


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200))
