"""`kill -9` at any moment: what was reported as kept is there, once."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time

from skillrm.store import Run

KEEPER = """
import asyncio, hashlib, random, sys
from pathlib import Path
from skillrm.store import Run

async def main(folder, total):
    run = Run.open(folder)
    waiting = iter(range(1, total + 1))
    async def keep():
        for ordinal in waiting:
            key = hashlib.sha256(b"%d" % ordinal).digest()
            await run.enter(ordinal, ordinal, f"row {ordinal}", key, b'{"n": %d}' % ordinal)
            if run.status(key) is None:
                await run.keep(key, "ok", random.Random(ordinal).randbytes(1000))
                sys.stdout.write(key.hex() + "\\n")
                sys.stdout.flush()
    await asyncio.gather(*(keep() for _ in range(16)))
    await run.aclose()
    print("done", flush=True)

asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
"""
TOTAL = 5000


def test_twenty_kills_lose_nothing_reported_and_double_nothing(tmp_path):
    folder = tmp_path / "run"
    Run.create(folder, {"model": "none"}).close()
    reported: list[str] = []
    chance = random.Random(20)
    for kill in range(21):
        child = subprocess.Popen([sys.executable, "-c", KEEPER, str(folder), str(TOTAL)], stdout=subprocess.PIPE)
        if kill < 20:  # only a child that has begun to keep is worth killing
            first = child.stdout.readline()
            time.sleep(chance.uniform(0, 0.03))
            child.send_signal(signal.SIGKILL)
            lines = [first, *child.stdout]
        else:
            lines = list(child.stdout)
            assert lines.pop() == b"done\n"
        child.stdout.close()
        child.wait()
        if kill == 19:
            assert len(reported) < TOTAL, "the kills came too late to show anything"
        reported += [line.decode().strip() for line in lines if line.endswith(b"\n") and line != b"done\n"]
        reader = Run.open(folder, writable=False)
        lost = [key for key in reported if reader.status(bytes.fromhex(key)) != "ok"]
        reader.close()
        assert lost == []
    assert len(reported) == len(set(reported))
    run = Run.open(folder)
    rows = list(run.rows(samples=True))
    run.close()
    assert [row.ordinal for row in rows] == list(range(1, TOTAL + 1))
    assert len({row.key for row in rows}) == TOTAL
    assert all(row.judgment == random.Random(row.ordinal).randbytes(1000) for row in rows)
    assert all(row.sample == b'{"n": %d}' % row.ordinal for row in rows)
