"""The fast level's worker: what it is locked into, and what becomes of one that breaks or lies."""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path

import pytest

from skillrm.sandbox import SandboxLimits, monty
from skillrm.sandbox.fast import FastSandbox
from skillrm.sandbox.monty import Worker
from skillrm.sandbox.opening import LevelledSandbox
from skillrm.sandbox.protobuf import field, framed

LIMITS = SandboxLimits(seconds=0.5, output_bytes=1000, result_bytes=1000)


async def run(sandbox: FastSandbox, code: str, **inputs):
    return await sandbox.run(code, inputs=inputs, prelude="", limits=LIMITS)


def facts(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


def files_seen(pid: int) -> set[str]:
    return {path.name for path in Path(f"/proc/{pid}/root").rglob("*") if path.is_file()}


async def test_a_worker_has_no_file_no_capability_and_no_way_back(full):
    worker = Worker(64)
    await worker.ready()
    pid = worker.process.pid
    status = facts(pid)
    assert (status["Name"], status["Seccomp"], status["NoNewPrivs"]) == ("monty", "2", "1")
    assert {status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    for space in ("mnt", "net", "ipc", "uts", "user"):
        assert os.readlink(f"/proc/{pid}/ns/{space}") != os.readlink(f"/proc/self/ns/{space}")
    assert worker.apart()
    assert sorted(os.listdir(f"/proc/{pid}/fd")) == ["0", "1", "2"]
    seen = files_seen(pid)
    assert "monty" in seen
    assert all(".so" in name for name in seen - {"monty"}), seen
    worker.stop()


async def test_only_root_or_the_user_itself_owns_a_worker():
    worker = Worker(64)
    await worker.ready()
    uid = int(facts(worker.process.pid)["Uid"].split()[0])
    assert uid == (65534 if os.getuid() == 0 else os.getuid())
    worker.stop()


async def test_a_stopped_worker_is_gone_and_another_takes_its_place():
    sandbox = FastSandbox(1)
    assert (await run(sandbox, "result = 1")).result == 1
    first = sandbox._idle[0]
    first.process.kill()
    first.process.wait()
    await asyncio.sleep(0.05)
    assert (await run(sandbox, "result = 2")).result == 2
    assert sandbox._idle[0] is not first
    await sandbox.aclose()
    assert not first.alive


async def test_a_worker_that_dies_in_a_run_leaves_the_run_to_full_python():
    sandbox = FastSandbox(1)
    await run(sandbox, "result = 1")
    task = asyncio.create_task(run(sandbox, "while True: pass"))
    await asyncio.sleep(0.1)
    next(iter(sandbox._busy)).process.kill()
    assert await task is None
    await sandbox.aclose()


async def test_nothing_is_left_of_a_run_in_the_next():
    sandbox = FastSandbox(1)
    await run(sandbox, "import json\njson.left = 1\nleft = 2\nresult = 3")
    assert await run(sandbox, "result = left") is None  # a NameError, which full Python is asked about
    await run(sandbox, "_as_json_ = str\n_from_json_ = str\nresult = 1")
    assert (await run(sandbox, "result = data", data=[1])).result == [1]
    await sandbox.aclose()


async def test_more_memory_than_a_worker_was_made_for_gets_a_worker_of_its_own():
    sandbox = FastSandbox(1)
    await sandbox.run("result = 1", inputs={}, prelude="", limits=SandboxLimits(memory_mb=64))
    large = SandboxLimits(memory_mb=128)
    result = await sandbox.run("x = 'x' * 100_000_000\nresult = len(x)", inputs={}, prelude="", limits=large)
    assert result.result == 100_000_000
    assert [worker.memory_mb for worker in sandbox._idle] == [128]
    await sandbox.aclose()


@pytest.mark.parametrize("name", ["class", "a b", "", "x\nimport os"])
async def test_an_input_that_is_no_name_is_left_to_full_python(name):
    sandbox = FastSandbox(1)
    assert await run(sandbox, "result = 1", **{name: 1}) is None


class Liar:
    """A worker process that an attacker has taken over: it says `words` to whatever it is told."""

    def __init__(self, words: bytes) -> None:
        self.words = words

    async def said(self, limits: SandboxLimits):
        worker = Worker(64)
        await worker.ready()
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        asyncio.get_running_loop().remove_reader(worker._sock)
        worker._sock, real = ours, worker._sock
        asyncio.get_running_loop().add_reader(ours, worker.hear)
        theirs.sendall(self.words)
        try:
            return await worker.run([b"1"], limits, 5000)
        finally:
            worker.stop()
            for one in (ours, theirs, real):
                one.close()


LIES = {
    "a frame of four gigabytes": b"\xff\xff\xff\xff" + b"x" * 5000,
    "garbage": b"\x05\0\0\0" + b"\xff" * 5,
    "an empty frame": b"\0\0\0\0",
    "no text": framed(10, b"") + framed(6, field(2, field(2, field(8, b"\xff\xfe")))) * 2,
    "prints without end": framed(1, field(1, field(2, b"x" * 900))) * 5,
    "prints that are no text": framed(1, field(1, field(2, b"\xff" * 10))) + framed(10, b"") * 3,
    "a request to the host": framed(10, b"") + framed(3, field(29, field(1, b"rm -rf /"))) + framed(10, b""),
    "an event nobody knows": framed(19, b"x") * 3,
    "silence": b"",
}


@pytest.mark.parametrize("lie", LIES)
async def test_a_worker_that_lies_gets_no_further_than_its_own_run(lie):
    run = await Liar(LIES[lie]).said(SandboxLimits(seconds=0.01, output_bytes=1000))
    assert run.value is None
    assert len(run.printed) < 2500


async def test_a_worker_that_is_refused_at_its_start_is_an_error_and_full_python_takes_over(monkeypatch, sandbox):
    monkeypatch.setattr(monty, "PROTOCOL", 9999)
    monty._configured.cache_clear()
    alone = FastSandbox(1)
    with pytest.raises(OSError, match="protocol"):
        await run(alone, "result = 1")
    await alone.aclose()
    both = LevelledSandbox(sandbox._behind, "full")
    assert (await both.run("result = 1")).level == "full"
    monty._configured.cache_clear()
