"""Every attack of the corpus, at every level: it takes nothing, changes nothing, reaches nobody, and leaves nothing."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from sandbox.corpus import ATTACKS
from skillrm.sandbox import SandboxLimits, SandboxResult

pytestmark = pytest.mark.asyncio(loop_scope="module")

LIMITS = SandboxLimits(seconds=1.0, memory_mb=256, output_bytes=20_000, result_bytes=100_000)
DEADLINE = 8.0
"""Seconds within which every result must be there; far above the limit, so that only a hang fails."""


def descendants(pid: int) -> set[int]:
    """Every living process below `pid`."""
    parents: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                fields = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if fields[0] not in "ZX":
                parents.setdefault(int(fields[1]), []).append(int(entry))
    found: set[int] = set()
    left = [pid]
    while left:
        children = parents.get(left.pop(), [])
        found.update(children)
        left += children
    return found


def name_of(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text().strip()


def settled(processes: set[int], launcher: int) -> set[int]:
    """What is there now that was not before, after a moment for the dying; the zygote's one waiting child is not."""
    for _ in range(100):
        new = descendants(os.getpid()) - processes
        waiting = {pid for zygote in descendants(launcher) for pid in descendants(zygote)}
        if len(waiting) <= 1:
            new -= waiting
            if not new:
                return new
        time.sleep(0.02)
    return new


def failed(attack: dict[str, Any], result: SandboxResult, secret: str) -> None:
    """The attack won nothing."""
    loot = f"{result.result!r} {result.stdout} {result.error}"
    assert secret not in loot
    assert "ESCAPED" not in f"{result.result!r}", loot[:500]
    assert len(result.stdout.encode()) <= 3 * LIMITS.output_bytes
    assert len(result.error or "") <= 4000
    if "kind" in attack:
        assert result.kind in attack["kind"], (result.kind, loot[:500])


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: f"{attack['family']}: {attack['name']}")
async def test_an_attack_at_full_fails(sandbox, world, attack):
    clean = await sandbox.run("result = 1", level="full")
    assert clean.result == 1
    zygote = sandbox._behind._nursery.process.pid
    before = descendants(os.getpid())
    started = time.monotonic()
    result = await sandbox.run(world.filled(attack["code"], zygote), level="full", limits=LIMITS)
    assert time.monotonic() - started < DEADLINE
    assert result.level == "full"
    failed(attack, result, world.secret)
    world.unharmed()
    assert settled(before, zygote) == set()
    following = await sandbox.run(
        "import os, sys, json, math\nprint('clean')\n"
        "result = [os.listdir('/tmp'), 'left' in sys.modules, hasattr(math, 'left'), len([1]), 3 + 4, json.dumps(1)]",
        level="full",
    )
    assert (following.stdout, following.result) == ("clean\n", [[], False, False, 1, 7, "1"])
    assert sandbox._behind._nursery.process.pid == zygote, "the zygote did not survive"


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: f"{attack['family']}: {attack['name']}")
async def test_an_attack_on_the_fast_level_alone_fails(sandbox, world, attack):
    await sandbox.run("result = 1", level="fast")
    before = descendants(os.getpid())
    started = time.monotonic()
    code = world.filled(attack["code"], sandbox._behind._nursery.process.pid)
    result = await sandbox._fast.run(code, inputs={}, prelude="", limits=LIMITS)
    assert time.monotonic() - started < DEADLINE
    if result is not None:  # None: it refuses, full Python would decide
        assert result.level == "fast"
        failed(attack, result, world.secret)
    world.unharmed()
    following = await sandbox.run("result = 6 * 7", level="fast")
    assert (following.result, following.level) == (42, "fast")
    launcher = sandbox._behind._nursery.process.pid
    assert {name_of(pid) for pid in settled(before, launcher)} <= {
        "monty"
    }  # a worker that was killed is replaced by another
