"""`skillrm judge`, `compare`, `select` and `readout`, as a person uses them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

import pytest
from typer.testing import CliRunner

from skillrm.cli.app import app
from skillrm.judgment import Judgment
from skillrm.store import Run

PAIR = {
    "id": "rivers",
    "prompt": "Name two rivers. Do not use any commas.",
    "responses": ["Rhine and Elbe", "Rhine, Elbe"],
}
SKILL = ["--skill", "instruction-following"]


@pytest.fixture(autouse=True)
def _no_model(monkeypatch, tmp_path):
    for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY", "SKILLRM_MODEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def invoke(*args: str):
    return CliRunner().invoke(app, list(args))


def written(tmp_path, *rows, raw: bytes | None = None):
    path = tmp_path / "in.jsonl"
    path.write_bytes(raw if raw is not None else "\n".join(json.dumps(row) for row in rows).encode())
    return str(path)


def test_a_table_shows_criterion_decision_observation_and_bounds(tmp_path):
    done = invoke("judge", written(tmp_path, PAIR), *SKILL)
    assert done.exit_code == 0
    assert "rivers  ok  winner A" in done.stdout
    assert "counted 1 comma; none allowed" in done.stdout
    assert "A 1.000   B 0.000" in done.stdout
    assert "1 row: 1 ok, 0 abstained, 0 failed, 0 unreadable" in done.stderr


def test_a_flag_names_the_candidate_and_says_no_more_than_there_is(tmp_path):
    done = invoke("judge", written(tmp_path, {**PAIR, "responses": ["Rhine and Elbe", None]}), *SKILL)
    assert "  ! no answer: B\n" in done.stdout


def test_a_winner_without_scores_says_that_only_the_scores_are_open(tmp_path):
    prompt = 'def dashes(text: str) -> str:\n    """Blanks to dashes.\n\n    >>> dashes("a b")\n    \'a-b\'\n    """\n'
    right, wrong = (f'def dashes(text):\n    return text.replace(" ", "{mark}")' for mark in "-+")
    row = {"prompt": prompt, "responses": [right, wrong]}
    done = invoke("judge", written(tmp_path, row), "--skill", "code-tests")
    assert "winner A  no score yet: 2 of 6 cells open; a judge model could decide" in done.stdout


def test_what_is_open_for_all_for_the_same_reason_takes_one_line(tmp_path):
    row = {"prompt": "Write f(x) that doubles.", "responses": [f"def f(x): return x * {n}" for n in range(3)]}
    done = invoke("judge", written(tmp_path, row), "--skill", "code-tests")
    assert done.stdout.count("the prompt shows no example") == 1
    assert "A, B, C  – n/a" in done.stdout


def test_a_tie_of_many_is_counted_not_listed(tmp_path):
    done = invoke("judge", written(tmp_path, {**PAIR, "responses": ["Rhine and Elbe"] * 30}), *SKILL)
    assert "tie of A, B, C, D, E, F, G, H, I, J, K, L and 18 more" in done.stdout


def test_json_prints_one_judgment_a_line_in_input_order(tmp_path):
    rows = [{**PAIR, "id": f"row {n}"} for n in range(40)]
    done = invoke("judge", written(tmp_path, *rows), *SKILL, "--json", "--concurrency", "7")
    judgments = [Judgment.model_validate_json(line) for line in done.stdout.splitlines()]
    assert [judgment.sample_id for judgment in judgments] == [row["id"] for row in rows]


def test_bad_rows_are_named_the_others_judged_and_the_status_is_1(tmp_path):
    raw = json.dumps(PAIR).encode() + b'\nnot json\n{"prompt": "p"}\n' + json.dumps(PAIR).encode()
    done = invoke("judge", written(tmp_path, raw=raw), *SKILL, "--json")
    assert done.exit_code == 1
    assert len(done.stdout.splitlines()) == 2
    assert "in.jsonl:2: is no valid JSON" in done.stderr
    assert "in.jsonl:3: response: no answer in this row" in done.stderr
    assert "2 ok, 0 abstained, 0 failed, 2 unreadable" in done.stderr


@pytest.mark.parametrize(
    ("raw", "words"),
    [(b"", "holds no row"), (b"PK\x03\x04rows", "is a zip archive"), (None, "cannot be opened")],
    ids=["empty", "archive", "missing"],
)
def test_an_unusable_file_is_status_2_and_no_traceback(tmp_path, raw, words):
    path = written(tmp_path, raw=raw) if raw is not None else str(tmp_path / "missing.jsonl")
    done = invoke("judge", path)
    assert done.exit_code == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_faulty_element_of_an_array_does_not_take_the_others_with_it(tmp_path):
    raw = f"[{json.dumps(PAIR)}, {{'prompt': }}, {json.dumps(PAIR)}]".encode()
    done = invoke("judge", written(tmp_path, raw=raw), *SKILL, "--json")
    assert (done.exit_code, len(done.stdout.splitlines())) == (1, 2)
    assert "2 ok, 0 abstained, 0 failed, 1 unreadable" in done.stderr


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_other_encodings_with_a_byte_order_mark_are_read(tmp_path, encoding):
    done = invoke("judge", written(tmp_path, raw=json.dumps(PAIR).encode(encoding)), *SKILL, "--json")
    assert (done.exit_code, len(done.stdout.splitlines())) == (0, 1)


def test_a_five_megabyte_answer_and_two_hundred_candidates_are_judged(tmp_path):
    long = {"prompt": "Do not use any commas.", "response": "word " * 1_000_000}
    many = {"prompt": "Do not use any commas.", "responses": [f"number {n}" for n in range(200)]}
    done = invoke("judge", written(tmp_path, long, many), *SKILL, "--json")
    assert done.exit_code == 0
    assert [len(json.loads(line)["verdict"]["scores"]) for line in done.stdout.splitlines()] == [1, 200]


def test_null_and_single_answers_are_judged(tmp_path):
    done = invoke("judge", written(tmp_path, {"prompt": "Do not use any commas.", "response": None}), *SKILL, "--json")
    assert Judgment.model_validate_json(done.stdout).reward() == 0.0


def test_an_unknown_skill_names_the_bundled_ones(tmp_path):
    done = invoke("judge", written(tmp_path, PAIR), "--skill", "nothing-like-it")
    assert done.exit_code == 2
    assert "instruction-following" in done.stderr


def test_a_judge_that_needs_a_model_says_how_to_give_one(tmp_path):
    done = invoke("judge", written(tmp_path, PAIR), "--judge", "direct")
    assert done.exit_code == 2
    assert "set SKILLRM_MODEL and OPENAI_BASE_URL" in done.stderr


def test_a_server_that_is_not_there_is_named(tmp_path):
    done = invoke("judge", written(tmp_path, PAIR), "--base-url", "http://127.0.0.1:9/v1")
    assert done.exit_code == 2
    assert "http://127.0.0.1:9/v1: cannot be reached" in done.stderr


def test_an_unreachable_judge_is_failed_and_status_1(tmp_path):
    row = {"prompt": "Is it rude to whistle?", "response": "No."}
    done = invoke(
        "judge", written(tmp_path, row), "-m", "any", "--base-url", "http://127.0.0.1:9/v1", "--timeout", "2", "--json"
    )
    assert done.exit_code == 1
    judgment = Judgment.model_validate_json(done.stdout)
    assert (judgment.status, judgment.reward()) == ("failed", None)


def test_agreement_of_the_answers_does_not_stand_in_for_a_judge_that_broke(tmp_path, monkeypatch):
    asked = ("select", "-s", "math-answer", "-p", "17 * 6?", "102", "102.", "112")
    assert "ok" in invoke(*asked, "--judge", "verifiers").stdout
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    done = invoke(*asked, "-m", "none", "--timeout", "2")
    assert done.exit_code == 1
    assert "failed" in done.stdout


def test_compare_names_the_winner(tmp_path):
    done = invoke("compare", *SKILL, "-p", PAIR["prompt"], "-a", "Rhine and Elbe", "-b", "Rhine, Elbe")
    assert "winner A" in done.stdout


def test_select_reads_answers_from_files(tmp_path):
    (tmp_path / "one.txt").write_text("Rhine, Elbe")
    done = invoke("select", *SKILL, "-p", PAIR["prompt"], "@one.txt", "Rhine and Elbe", "--json")
    assert Judgment.model_validate_json(done.stdout).verdict.winner == "B"


def test_readout_rescores_stored_judgments_without_a_call(tmp_path):
    row = {"prompt": "Write at least 30 words. Do not use any commas.", "response": "Short but clean"}
    stored = tmp_path / "judgments.jsonl"
    stored.write_text(invoke("judge", written(tmp_path, row), *SKILL, "--json").stdout)
    judgment = Judgment.model_validate_json(stored.read_text())
    weights = ",".join(f"{c.id}={9 if 'comma' in c.text else 1}" for c in judgment.criteria)
    done = invoke("readout", str(stored), "--weights", weights)
    assert done.exit_code == 0
    assert "0.500 -> 0.900" in done.stdout
    same = invoke("readout", str(stored), "--json")
    assert same.stdout == stored.read_text()


def test_readout_names_an_unknown_criterion(tmp_path):
    stored = tmp_path / "judgments.jsonl"
    stored.write_text(invoke("judge", written(tmp_path, PAIR), *SKILL, "--json").stdout)
    done = invoke("readout", str(stored), "--weights", "beauty=2")
    assert done.exit_code == 2
    assert "no criterion beauty" in done.stderr


def test_a_configuration_file_is_overruled_by_flags(tmp_path):
    (tmp_path / "skillrm.toml").write_text('[judge]\nskill = "instruction-following"\njson = true\n')
    assert (
        Judgment.model_validate_json(invoke("judge", written(tmp_path, PAIR)).stdout).versions.skill
        == "instruction-following"
    )
    flagged = invoke("judge", written(tmp_path, PAIR), "--skill", "general")
    assert Judgment.model_validate_json(flagged.stdout).versions.skill == "general"


def test_ctrl_c_stops_at_once_says_what_is_done_and_keeps_it(tmp_path):
    command = [sys.executable, "-m", "skillrm", "judge", "-", *SKILL, "--json", "--concurrency", "1", "-o", "run"]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path
    )
    process.stdin.write((json.dumps(PAIR) + "\n").encode() * 3)
    process.stdin.flush()
    assert json.loads(process.stdout.readline())["sample_id"] == "rivers"
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    process.stdin.close()
    status = process.wait(timeout=20)
    errors = process.stderr.read().decode()
    process.stdout.close()
    process.stderr.close()
    assert status == 130
    assert "done so far: " in errors
    assert "Traceback" not in errors
    assert "resume: skillrm judge - " in errors
    run = Run.open(tmp_path / "run", writable=False)
    assert run.count().ok >= 1
    run.close()
