"""One sandbox per loop, nothing left behind: not by closing, not by Ctrl-C, not by `kill -9` of the host."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from skillrm.errors import ConfigError, SandboxUnavailable
from skillrm.sandbox import get_sandbox, opening, probe

HOST = """
import asyncio, sys
from skillrm.sandbox import get_sandbox, SandboxLimits
async def main():
    sandbox = await get_sandbox()
    await sandbox.run("result = 1")
    loops = [
        asyncio.create_task(sandbox.run("while True: pass", level=level, limits=SandboxLimits(seconds=seconds)))
        for level, seconds in (("full", 60), ("full", 60), ("fast", 1))  # a fast worker ends with its run at the latest
    ]
    await asyncio.sleep(0.3)
    print("ready", flush=True)
    await asyncio.wait(loops)
asyncio.run(main())
"""


def group(session: int) -> list[int]:
    """Living processes that carry the mark of one host in their environment or descend from it."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                fields = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if fields[0] not in "ZX" and int(fields[1]) == session:
                found += [int(entry), *group(int(entry))]
    return found


def gone(pids: list[int]) -> list[int]:
    for _ in range(150):
        pids = [pid for pid in pids if Path(f"/proc/{pid}/stat").exists() and alive(pid)]
        if not pids:
            return pids
        time.sleep(0.02)
    return pids


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_when_the_host_dies_nothing_lives_on(sign):
    host = subprocess.Popen(
        [sys.executable, "-c", HOST], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
    )
    assert host.stdout is not None
    assert host.stdout.readline() == b"ready\n"
    children = group(host.pid)
    assert len(children) >= 4, "zygote, guests and a fast worker should be there"
    host.send_signal(sign)
    host.wait(20)
    host.stdout.close()
    assert gone(children) == []


@pytest.mark.usefixtures("full")
def test_a_program_that_never_closes_ends_cleanly_and_leaves_nothing():
    code = """
    import asyncio, os
    from skillrm.sandbox import get_sandbox
    async def main():
        sandbox = await get_sandbox()
        assert (await sandbox.run("result = 1")).level == "fast"
        assert (await sandbox.run("result = 1", level="full")).result == 1
    for _ in range(2):
        asyncio.run(main())
        os.system(f"ps --ppid {os.getpid()} -o comm= | grep -v -e ^ps -e ^sh -e ^grep")
    """
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr, ran.stdout) == (0, "", "")


@pytest.mark.usefixtures("full")
async def test_one_loop_has_one_sandbox_even_when_asked_at_once():
    first, *others = await asyncio.gather(*(get_sandbox() for _ in range(5)))
    assert all(other is first for other in others)
    await first.aclose()
    await first.aclose()


@pytest.mark.usefixtures("full")
async def test_a_closed_sandbox_starts_again_when_it_is_used():
    sandbox = await get_sandbox()
    await sandbox.aclose()
    assert (await sandbox.run("result = 1", level="full")).result == 1
    assert (await sandbox.run("result = 1", level="fast")).level == "fast"
    await sandbox.aclose()


@pytest.mark.usefixtures("full")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root has another uid to give")
async def test_guests_of_root_are_nobody_outside_too():
    sandbox = await opening.shared()
    run = asyncio.create_task(sandbox.run("import time\ntime.sleep(0.5)", level="full"))
    await asyncio.sleep(0.25)
    below = group(sandbox._behind._nursery.process.pid)  # type: ignore[attr-defined]
    uids = {Path(f"/proc/{pid}/status").read_text().split("Uid:\t")[1].split("\t")[0] for pid in below}  # noqa: ASYNC240
    assert (len(below) >= 2, uids) == (True, {"65534"})
    assert (await run).ok
    await sandbox.aclose()


@pytest.mark.usefixtures("full")
async def test_a_killed_zygote_is_replaced():
    sandbox = await opening.shared()
    await sandbox.run("result = 1", level="full")
    behind = sandbox._behind
    os.kill(behind._nursery.process.pid, signal.SIGKILL)  # type: ignore[attr-defined]
    for _ in range(100):
        if not behind._nursery.running:  # type: ignore[attr-defined]
            break
        await asyncio.sleep(0.02)
    assert (await sandbox.run("result = 2", level="full")).result == 2
    await sandbox.aclose()


@pytest.mark.usefixtures("full")
def test_loops_in_threads_have_sandboxes_of_their_own():
    results: list[object] = []

    async def work(n: int) -> None:
        sandbox = await get_sandbox()
        results.append((await sandbox.run(f"result = {n}", level="full")).result)

    stop = threading.Event()
    busy = [threading.Thread(target=stop.wait) for _ in range(8)]
    threads = [threading.Thread(target=lambda n=n: asyncio.run(work(n))) for n in range(3)]  # type: ignore[misc]
    for thread in busy + threads:
        thread.start()
    for thread in threads:
        thread.join()
    stop.set()
    for thread in busy:
        thread.join()
    assert sorted(results) == [0, 1, 2]  # type: ignore[type-var]


async def test_nothing_runs_bare(monkeypatch):
    monkeypatch.setenv(opening.FORCE, "none")
    with pytest.raises(SandboxUnavailable):
        await get_sandbox()


async def test_a_wrong_setting_is_named(monkeypatch):
    monkeypatch.setenv(opening.FORCE, "docker")
    with pytest.raises(ConfigError, match="SKILLRM_SANDBOX=docker"):
        await get_sandbox()


async def test_where_no_level_isolates_the_reasons_are_told(monkeypatch):
    from skillrm.sandbox import nursery

    monkeypatch.setattr(nursery, "strategies", lambda: ("user",))
    monkeypatch.setattr(
        nursery, "_BOOT", nursery._BOOT.replace("zygote.main", "zygote.os.chroot('/proc'); zygote.main")
    )
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SandboxUnavailable, match=r"full: .*wasm: pyeryx is not installed"):
        await get_sandbox()


def test_the_report_names_every_mechanism():
    report = probe()
    assert set(report.levels) == {"fast", "full", "wasm"}
    assert {"user namespace", "pid namespace", "network namespace", "seccomp"} <= set(report.mechanisms)
    assert report is probe()
    assert str(report).startswith("sandbox")
    if report.levels["full"] == "ok":
        assert report.default == "full"
