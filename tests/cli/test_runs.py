"""`skillrm judge --output`, as a person uses it: begun, stopped, gone on with, told what differs, judged again."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from judge_server import HANG, Says
from judging import well_behaved
from skillrm.cli.app import app
from skillrm.judgment import Judgment
from skillrm.store import Run

SKILL = ("--skill", "instruction-following")


@pytest.fixture(autouse=True)
def _no_model(monkeypatch, tmp_path):
    for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY", "SKILLRM_MODEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def invoke(*args: str):
    return CliRunner().invoke(app, list(args))


def row(number: int, **more: object) -> dict[str, object]:
    return {"id": f"r{number}", "prompt": "Name rivers. Do not use any commas.", "response": f"Elbe {number}"} | more


def written(rows, name: str = "in.jsonl") -> str:
    Path(name).write_text("".join(json.dumps(one) + "\n" for one in rows))
    return name


def test_a_run_is_kept_and_the_same_command_has_nothing_left_to_do():
    file = written(row(number) for number in range(50))
    first = invoke("judge", file, *SKILL, "-o", "run")
    assert first.exit_code == 0
    assert "50 rows: 50 ok" in first.stderr
    again = invoke("judge", file, *SKILL, "-o", "run")
    assert again.exit_code == 0
    assert "50 rows: 50 ok, 0 abstained, 0 failed, 0 unreadable; 50 judged before" in again.stderr


def test_json_tells_the_stored_judgments_too_in_input_order():
    file = written(row(number) for number in range(30))
    invoke("judge", file, *SKILL, "-o", "run", "-n", "10")
    done = invoke("judge", file, *SKILL, "-o", "run", "--json")
    ids = [Judgment.model_validate_json(line).sample_id for line in done.stdout.splitlines()]
    assert ids == [f"r{number}" for number in range(30)]
    assert "10 judged before" in done.stderr
    told = invoke("judge", file, *SKILL, "-o", "run", "--json")
    assert told.stdout == done.stdout


def test_rows_may_be_added_at_the_end():
    file = written(row(number) for number in range(10))
    invoke("judge", file, *SKILL, "-o", "run")
    file = written(row(number) for number in range(15))
    done = invoke("judge", file, *SKILL, "-o", "run")
    assert done.exit_code == 0
    assert "15 rows: 15 ok, 0 abstained, 0 failed, 0 unreadable; 10 judged before" in done.stderr


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--skill", "math-answer"), "another skills.instruction-following"),
        (("--goal", "winner", *SKILL), "another goal: scores -> winner"),
        (("--complete", *SKILL), "another early_stop: true -> false"),
        (("--tolerance", "0.2", *SKILL), "another tolerance: null -> 0.2"),
    ],
)
def test_another_configuration_is_refused_with_what_differs(more, words):
    file = written(row(number) for number in range(3))
    invoke("judge", file, *SKILL, "-o", "run")
    done = invoke("judge", file, *more, "-o", "run")
    assert done.exit_code == 2
    assert words in done.stderr
    assert "--fresh" in done.stderr
    assert invoke("judge", file, *more, "-o", "run", "--fresh").exit_code in (0, 1)


def test_changed_rows_are_refused_with_the_first_that_differs():
    file = written(row(number) for number in range(10))
    invoke("judge", file, *SKILL, "-o", "run")
    file = written(row(number, response="Rhine" if number == 6 else f"Elbe {number}") for number in range(10))
    done = invoke("judge", file, *SKILL, "-o", "run")
    assert done.exit_code == 2
    assert "in.jsonl:7: row 7 is not the one that the run in run has" in done.stderr
    file = written(row(number) for number in range(4))
    assert "ends before row 5" in invoke("judge", file, *SKILL, "-o", "run").stderr


def test_unreadable_rows_are_named_and_the_status_is_1():
    Path("in.jsonl").write_text(f"{json.dumps(row(1))}\nnot json\n{json.dumps(row(2))}\n")
    for _ in range(2):
        done = invoke("judge", "in.jsonl", *SKILL, "-o", "run")
        assert done.exit_code == 1
        assert "in.jsonl:2: is no valid JSON" in done.stderr
        assert "3 rows: 2 ok, 0 abstained, 0 failed, 1 unreadable" in done.stderr


def test_a_file_is_no_run_folder():
    file = written([row(1)])
    done = invoke("judge", file, *SKILL, "-o", file)
    assert done.exit_code == 2
    assert "in.jsonl" in done.stderr


def test_a_budget_stops_cleanly_and_says_how_to_go_on():
    file = written(row(number) for number in range(2000))
    done = invoke("judge", file, *SKILL, "-o", "run", "--max-seconds", "0.05")
    assert done.exit_code == 1
    assert "stopped: the budget of 0.05 s is over" in done.stderr
    assert "resume: skillrm" in done.stderr
    assert invoke("judge", file, *SKILL, "-o", "run").exit_code == 0


def test_a_bound_in_dollars_needs_prices():
    done = invoke("judge", written([row(1)]), "--max-cost", "1", "-m", "any", "--base-url", "http://127.0.0.1:9/v1")
    assert done.exit_code == 2
    assert "--max-cost: the cost of a call is not known" in done.stderr


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **more}


def command(*args: str) -> list[str]:
    return [sys.executable, "-m", "skillrm", *args]


async def test_ctrl_c_stops_within_two_seconds_and_what_was_done_is_kept(judge_server):
    def script(request, turn):
        return HANG if "Elbe 77" in str(request["messages"]) else Says(calls=well_behaved(request["messages"]))

    server = await judge_server(script)
    file = written(row(number, prompt="Is it rude to whistle?") for number in range(300))
    args = ("judge", file, "--skill", "general", "--judge", "direct", "-m", "judge", "--base-url", server.base_url)
    process = await asyncio.create_subprocess_exec(
        *command(*args, "-o", "run", "--concurrency", "4", "--no-cache"),
        stderr=asyncio.subprocess.PIPE,
        env=environment(),
    )
    await server.until(lambda: len(server.requests) > 150, seconds=60)
    process.send_signal(signal.SIGINT)
    sent = time.monotonic()
    said = (await process.communicate())[1].decode()
    assert time.monotonic() - sent < 2
    assert process.returncode == 130
    assert f"resume: skillrm judge {file} --skill general" in said
    assert "Traceback" not in said
    with_run = Run.open(Path("run"), writable=False)
    kept = with_run.count().ok
    with_run.close()
    assert 100 < kept < 300


async def test_failed_rows_are_retried_when_the_same_command_is_repeated(judge_server):
    healthy = False

    def script(request, turn):
        return Says(calls=well_behaved(request["messages"])) if healthy else Says("I would rather not.")

    server = await judge_server(script)
    file = written(row(number, prompt="Is it rude to whistle?") for number in range(5))
    args = ("judge", file, "--judge", "direct", "-m", "judge", "--base-url", server.base_url, "-o", "run")

    async def again():
        return await asyncio.to_thread(
            subprocess.run, command(*args, "--no-cache"), capture_output=True, text=True, env=environment(), check=False
        )

    first = await again()
    assert first.returncode == 1
    healthy = True
    second = await again()
    assert "5 ok, 0 abstained, 0 failed" in second.stderr, second.stderr
    assert second.returncode == 0


def test_rows_come_through_a_pipe():
    lines = "".join(json.dumps(row(number)) + "\n" for number in range(400))
    shown = subprocess.run(
        command("judge", "-", *SKILL, "--json"),
        input=lines,
        capture_output=True,
        text=True,
        env=environment(),
        check=True,
    )
    assert len(shown.stdout.splitlines()) == 400


def test_abstained_rows_can_be_judged_again_with_the_same_options():
    file = written([row(1), row(2, prompt="Is it rude to whistle?")])
    invoke("judge", file, "-o", "run")
    done = invoke("rejudge", "run", "--only", "abstained", "-v")
    assert done.exit_code == 0, done.stderr
    assert "2 rows: 0 ok, 2 abstained" in done.stderr
    assert "is no folder of a run" in invoke("rejudge", "nowhere").stderr
    assert invoke("rejudge", "run", "--only", "ok").exit_code == 2


def test_a_whole_run_is_read_anew_under_another_readout():
    written([row(number) for number in range(4)])
    invoke("judge", "in.jsonl", *SKILL, "-o", "run")
    done = invoke("readout", "run", "--readout", '{"kind": "weighted", "shaping": {"scale": [0, 2]}}', "--json")
    assert done.exit_code == 0
    assert len(done.stdout.splitlines()) == 4
    assert "4 judgments re-read, 0 changed, 0 unreadable, 0 calls" in done.stderr


def test_options_of_ray_mean_nothing_without_it():
    done = invoke("judge", written([row(1)]), "--ray-workers", "2")
    assert done.exit_code == 2
    assert "means nothing without --engine ray" in done.stderr


def test_without_ray_its_engine_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    done = invoke("judge", written([row(1)]), *SKILL, "--engine", "ray")
    assert done.exit_code == 2
    assert "--engine: Ray is not installed (pip install 'skillrm[ray]', here and on every node)" in done.stderr


def test_a_pipe_is_read_again_for_it_may_hold_other_rows():
    for rows, words in ((3, "3 rows: 3 ok"), (5, "5 rows: 5 ok, 0 abstained, 0 failed, 0 unreadable; 3 judged before")):
        lines = "".join(json.dumps(row(number)) + "\n" for number in range(rows))
        called = command("judge", "-", *SKILL, "-o", "run")
        done = subprocess.run(called, input=lines, capture_output=True, text=True, env=environment(), check=True)
        assert words in done.stderr
