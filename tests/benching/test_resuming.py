"""A benchmark run with an agentic judge over HTTP: stopped in the middle and gone on with, it is the same run."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import sys

import pytest

from judge_server import Says
from judging import well_behaved
from real_data import FOLDERS
from skillrm.benching import read_record, read_results
from skillrm.benchmarks.registry import BENCHMARKS
from skillrm.cli.bench_running import run_bench
from skillrm.cli.choosing import Chosen
from skillrm.engine import Tally
from skillrm.store import Run

pytestmark = pytest.mark.data
ROWS = {"rmbench": 1, "ifeval": 1, "jetts": 2, "if-rewardbench": 1}


def agentic(request, turn):
    """Proposes nothing, runs a check, then decides by a draw that depends on what it is shown alone."""
    messages = request["messages"]
    if "propose_criteria" in str(request.get("tools")):
        return Says(calls=[("propose_criteria", {"criteria": []})])
    if turn == 1:
        return Says(calls=[("run_python", {"code": "result = {name: len(text) for name, text in candidates.items()}"})])
    drawn = hashlib.sha256(messages[1]["content"].split("Open cells")[0][-4000:].encode()).digest()[0]
    return Says(calls=well_behaved(messages, "AB"[drawn % 2]))


def compared(folder):
    """What must be equal: every number and every row. What was spent is told apart: a plan is made anew."""
    return read_record(folder).model_dump(mode="json", exclude={"command", "spent"}), read_results(folder)


def spent_the_same_but_for_plans(one, other, rows):
    """Judgments of one prompt share its plan; who comes after the stop asks for it once more."""
    assert one.judgments == other.judgments
    assert other.calls <= one.calls <= other.calls + rows


@pytest.mark.parametrize("benchmark", BENCHMARKS, ids=[f"{one.name}-{one.mode}" for one in BENCHMARKS])
async def test_a_run_that_was_interrupted_and_resumed_equals_the_whole_one(benchmark, task, judge_server, tmp_path):
    server = await judge_server(agentic)
    access = "sample" if benchmark.mode == "constraint" else "open"
    asked = task(benchmark.name, benchmark.mode, limit=ROWS.get(benchmark.name, 4), access=access)
    chosen = Chosen("general", "judge", [server.base_url], access=access, cache=False)

    async def judge(name):
        return await run_bench(asked, chosen, 4, Tally(), tmp_path / name, fresh=False, quiet=True)

    made, stopped = await judge("whole")
    assert stopped is None
    assert made.complete
    assert made.judge["kind"] == "skill"
    assert made.spent.calls == len(server.requests)
    needed = len(server.requests)

    begun = asyncio.ensure_future(judge("parts"))
    await server.until(lambda: len(server.requests) >= needed + needed // 2)
    begun.cancel()
    await asyncio.gather(begun, return_exceptions=True)
    assert begun.cancelled()
    assert not (tmp_path / "parts" / "metrics.json").exists()
    resumed, _ = await judge("parts")
    assert compared(tmp_path / "parts") == compared(tmp_path / "whole")
    spent_the_same_but_for_plans(resumed.spent, made.spent, asked.limit)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
async def test_the_command_killed_and_repeated_equals_the_whole_run(how, data_dir, judge_server, tmp_path):
    server = await judge_server(agentic)
    words = ["bench", "judgebench", "--data", str(data_dir / FOLDERS["judgebench"] / "gpt.jsonl"), "-n", "12"]
    words += ["-m", "judge", "--base-url", server.base_url, "--no-cache", "--concurrency", "2"]

    async def begun(name):
        return await asyncio.create_subprocess_exec(
            *[sys.executable, "-m", "skillrm", *words, "-o", str(tmp_path / name)],
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )

    whole = await begun("whole")
    said = (await whole.communicate())[1].decode()
    assert whole.returncode == 0, said
    needed = len(server.requests)
    killed = await begun("parts")
    await server.until(lambda: len(server.requests) >= needed + needed // 2)
    killed.send_signal(how)
    said = (await killed.communicate())[1].decode()
    if how == signal.SIGINT:
        assert killed.returncode == 130
        assert "resume: skillrm bench judgebench" in said
    kept = Run.open(tmp_path / "parts", writable=False)
    assert 0 < kept.count().ok + kept.count().abstained < 24
    kept.close()
    again = await begun("parts")
    assert "judged before" in (await again.communicate())[1].decode()
    assert compared(tmp_path / "parts") == compared(tmp_path / "whole")
