"""`skillrm export` and `skillrm cache`, as a person uses them."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from skillrm import RewardModel, Sample
from skillrm.cache import Cache
from skillrm.cli.app import app
from skillrm.errors import Fault
from skillrm.judgment import Judgment
from skillrm.store import Run, key_of

PROMPT = "Name two rivers. Do not use any commas."
PAIR = {"id": "pair", "prompt": PROMPT, "responses": ["Rhine and Elbe", "Rhine, Elbe"]}
OPEN = {"id": "open", "prompt": "Tell me a story.", "response": "Once."}


def invoke(*args: str):
    return CliRunner().invoke(app, list(args))


@pytest.fixture
def folder(tmp_path):
    """Four rows: a pair, one that is no sample, the pair again under another id, one not judged yet."""

    async def fill() -> None:
        async with RewardModel("instruction-following") as model, Run.create(tmp_path / "run", {"model": None}) as run:
            rows = [PAIR, None, {**PAIR, "id": "again"}, OPEN]
            for ordinal, row in enumerate(rows, start=1):
                if row is None:
                    await run.enter(ordinal, ordinal, "", None, None, [Fault("is no JSON", file="in", line=ordinal)])
                    continue
                sample = Sample.parse(row)
                key = key_of(sample.digest, "winner")
                await run.enter(ordinal, ordinal, sample.id, key, sample.model_dump_json().encode())
                if row["id"] == "pair":
                    judgment = await model.judge(sample, "winner")
                    await run.keep(key, judgment.status, judgment.model_dump_json().encode())

    asyncio.run(fill())
    return tmp_path / "run"


def test_every_row_is_a_line_in_input_order_under_its_own_id(folder):
    done = invoke("export", str(folder))
    assert done.exit_code == 0
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["sample_id"] for line in lines] == ["pair", "", "again", "open"]
    assert [line["status"] for line in lines] == ["ok", "unreadable", "ok", "pending"]
    first, again = (Judgment.model_validate(lines[place]) for place in (0, 2))
    assert first.model_copy(update={"sample_id": "again"}) == again
    assert first.verdict.winner == "A"
    assert lines[1]["error"] == "in:2: is no JSON"
    assert "4 rows: 2 ok, 0 abstained, 0 failed, 1 unreadable, 1 pending" in done.stderr


def test_a_file_holds_what_standard_output_gets(folder, tmp_path):
    assert invoke("export", str(folder), str(tmp_path / "out.jsonl")).exit_code == 0
    assert (tmp_path / "out.jsonl").read_text() == invoke("export", str(folder), "-").stdout


def test_parquet_has_columns_and_the_whole_judgment(folder, tmp_path):
    assert invoke("export", str(folder), str(tmp_path / "out.parquet")).exit_code == 0
    rows = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert [row["id"] for row in rows] == ["pair", "", "again", "open"]
    assert [row["winner"] for row in rows] == ["A", None, "A", None]
    assert json.loads(rows[0]["rewards"]) == {"A": 1.0, "B": 0.0}
    assert json.loads(rows[0]["scores"])["B"] == {"value": 0.0, "low": 0.0, "high": 0.0, "coverage": 1.0}
    assert Judgment.model_validate_json(rows[2]["judgment"]).sample_id == "again"
    assert rows[1]["error"] == "in:2: is no JSON"
    assert rows[3]["judgment"] is None


def test_grading_tells_for_each_candidate_what_passed_and_why(folder):
    done = invoke("export", str(folder), "--format", "grading")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(line["sample_id"], line["candidate"]) for line in lines] == [
        ("pair", "A"),
        ("pair", "B"),
        ("again", "A"),
        ("again", "B"),
    ]
    assert [item["passed"] for line in lines[:2] for item in line["expectations"]] == [True, False]
    assert set(lines[0]["expectations"][0]) == {"text", "passed", "evidence"}
    assert "1 comma;" in lines[1]["expectations"][0]["evidence"]
    assert lines[0]["summary"] == {"passed": 1, "failed": 0, "total": 1, "pass_rate": 1.0}


def test_a_fault_that_is_absent_passes_and_an_open_cell_is_neither(tmp_path):
    from skillrm.cli.formats import grading_lines
    from skillrm.judgment import Readout, Score, Verdict, Versions
    from skillrm.store import RunRow
    from skillrm.types import Criterion, Evidence

    cells = [("rude", "violated", 0.0), ("long", "satisfied", 1.0), ("true", "unknown", None), ("n/a", "x", None)]
    judgment = Judgment(
        sample_id="s",
        sample_digest="d",
        goal="scores",
        status="abstained",
        verdict=Verdict(
            scores={"A": Score(value=None, low=0, high=1, coverage=0.5)},
            ranking=(("A",),),
            winner=None,
            margin=None,
            closed=False,
        ),
        criteria=tuple(
            Criterion(id=name.replace("/", ""), text=name, weight=-1 if name in ("rude", "long") else 1)
            for name, _, _ in cells
        ),
        readout=Readout(),
        evidence=tuple(
            Evidence(
                criterion=name.replace("/", ""),
                candidate="A",
                decision="not_applicable" if name == "n/a" else decision,
                score=score,
                reason=f"why {name}",
                quote="as said" if name == "long" else None,
                source="judge",
            )
            for name, decision, score in cells
        ),
        versions=Versions(package="0", skill="s", skill_digest="d"),
    )
    row = RunRow(1, 1, "s", b"k", (), "abstained", judgment.model_dump_json().encode())
    (line,) = map(json.loads, grading_lines(row))
    assert line["expectations"] == [
        {"text": "Free of this fault: rude", "passed": True, "evidence": "why rude"},
        {"text": "Free of this fault: long", "passed": False, "evidence": "why long “as said”"},
        {"text": "true", "passed": None, "evidence": "why true"},
    ]
    assert line["summary"] == {"passed": 1, "failed": 1, "total": 3, "pass_rate": 0.5}


def test_a_folder_without_a_run_is_told(tmp_path):
    done = invoke("export", str(tmp_path / "missing"))
    assert done.exit_code == 2
    assert "is no folder of a run" in done.stderr


def test_an_output_that_cannot_be_written_is_told_and_nothing_is_left(folder, tmp_path):
    done = invoke("export", str(folder), str(tmp_path / "no" / "out.jsonl"))
    assert done.exit_code == 2
    assert "cannot be written: No such file or directory" in done.stderr
    (tmp_path / "dir.parquet").mkdir()
    done = invoke("export", str(folder), str(tmp_path / "dir.parquet"))
    assert done.exit_code == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dir.parquet", "run"]
    assert invoke("export", str(folder), "--format", "parquet").exit_code == 2


def test_a_damaged_run_leaves_the_file_that_was_there(folder, tmp_path):
    (tmp_path / "out.jsonl").write_text("before")
    path = folder / "run.sqlite"
    content = bytearray(path.read_bytes())
    content[8192:] = b"\xa5" * (len(content) - 8192)
    path.write_bytes(bytes(content))
    done = invoke("export", str(folder), str(tmp_path / "out.jsonl"))
    assert done.exit_code == 2
    assert "is damaged" in done.stderr
    assert (tmp_path / "out.jsonl").read_text() == "before"


def test_a_reader_that_has_enough_ends_it_quietly(folder):
    command = f"{sys.executable} -m skillrm export {folder} | true"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


def test_the_cache_tells_what_it_holds_and_is_emptied(tmp_path, monkeypatch):
    monkeypatch.setenv("SKILLRM_CACHE", str(tmp_path / "cache"))
    cache = Cache()
    cache.put(b"key", b"value")
    cache.close()
    assert json.loads(invoke("cache", "stats", "--json").stdout)["entries"] == 1
    assert f"{tmp_path / 'cache'}: 1 entries" in invoke("cache", "stats").stdout
    assert json.loads(invoke("cache", "clear", "--json").stdout)["dropped"] == 1
    assert json.loads(invoke("cache", "stats", "--json").stdout)["entries"] == 0
    assert "0 entries dropped" in invoke("cache", "clear").stderr


def test_a_cache_that_is_no_folder_is_told(tmp_path):
    (tmp_path / "file").write_text("x")
    done = invoke("cache", "stats", "--cache", str(tmp_path / "file"))
    assert done.exit_code == 2
    assert "is no folder" in done.stderr
