"""`skillrm data verinstruct`, as a person uses it."""

from __future__ import annotations

import json
import os
import sys

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from skillrm.cli.app import app
from verinstruct_rows import LONG, row


def invoke(*args, **more):
    return CliRunner().invoke(app, ["data", "verinstruct", *map(str, args)], **more)


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "in.jsonl"
    path.write_text("\n".join(json.dumps(row(id=f"r{n}", prompt=f"Name {n} birds.")) for n in range(3)) + "\n")
    return path


def test_what_it_writes_is_what_judge_reads(source, tmp_path):
    rows = tmp_path / "rows.jsonl"
    done = invoke(source, "-o", rows)
    assert done.exit_code == 0, done.output
    assert done.stderr.splitlines() == [
        f"3 rows: 3 written to {rows}, 0 unreadable",
        "9 items: 6 decided by their function, 3 by the judge",
    ]
    answered = tmp_path / "answered.jsonl"
    answered.write_text(
        "".join(json.dumps({**json.loads(line), "response": "a b c"}) + "\n" for line in rows.read_text().splitlines())
    )
    judged = CliRunner().invoke(app, ["judge", str(answered), "-s", "instruction-following", "--json"])
    found = [json.loads(line) for line in judged.stdout.splitlines()]
    assert [[cell["decision"] for cell in one["evidence"]] for one in found] == [
        ["satisfied", "satisfied", "unknown"]
    ] * 3
    assert "6 by verifiers" in judged.stderr


def test_the_first_rows_only(source, tmp_path):
    out = tmp_path / "train.parquet"
    assert invoke(source, "-o", out, "--for", "verl", "--limit", "2", "--split", "dev").exit_code == 0
    assert [one["extra_info"]["id"] for one in pq.read_table(out).to_pylist()] == ["r0", "r1"]
    assert pq.read_table(out).to_pylist()[0]["extra_info"]["split"] == "dev"


def test_bad_rows_cost_only_themselves_and_the_exit_status(source, tmp_path):
    with source.open("a") as file:
        file.write(json.dumps(row(functions=[LONG])) + "\n" + json.dumps(row(id="last")) + "\n")
    done = invoke(source, "-o", tmp_path / "rows.jsonl")
    assert done.exit_code == 1
    assert f"row 4: {source}:4: functions: 3 checkers but 1 functions" in done.stderr
    assert json.loads((tmp_path / "rows.jsonl").read_text().splitlines()[-1])["id"] == "last"


def test_reasons_are_counted_and_told_one_by_one_when_asked(tmp_path):
    source, given = tmp_path / "in.jsonl", row(functions=["import jieba\n" + LONG, "def f(", ""])
    source.write_text((json.dumps(given) + "\n") * 2)
    done = invoke(source, "-o", tmp_path / "rows.jsonl", "-v")
    assert done.exit_code == 0
    lines = done.stderr.splitlines()
    assert lines[0] == f"row 1: {source}:1: functions.0: needs the module jieba"
    assert lines[-3:] == [
        "6 items: 0 decided by their function, 6 by the judge (4 for want of a function that runs here)",
        f"  2 × needs the module jieba; first in {source}:1: functions.0",
        f"  2 × is no Python that parses; first in {source}:1: functions.1 ('(' was never closed in line 1)",
    ]


def test_rows_come_from_standard_input_too(tmp_path):
    out = tmp_path / "rows.jsonl"
    assert invoke("-", "-o", out, input=json.dumps(row()) + "\n").exit_code == 0
    assert json.loads(out.read_text())["id"] == "r1"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("-o", "out.jsonl", "--for", "verl"), "--for verl writes Parquet: name a .parquet file"),
        (("-o", "out.parquet"), "--for skillrm writes JSON lines: name a .jsonl file"),
        (("-o", "in.jsonl"), "in.jsonl: is the file that is read"),
        (("-o", "nowhere/out.jsonl"), "cannot be written: No such file or directory"),
        (("-o", "."), "cannot be written: Is a directory"),
        (("-o", "-"), "-: name a file"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_read(source, tmp_path, monkeypatch, options, said):
    monkeypatch.chdir(tmp_path)
    done = invoke("in.jsonl", *options)
    assert done.exit_code == 2
    assert said in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]
    assert len(source.read_text().splitlines()) == 3


def test_what_is_no_file_is_written_to_and_never_replaced(source, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    assert invoke(source, "-o", pipe).exit_code == 0
    assert [json.loads(line)["id"] for line in os.read(reader, 1 << 16).splitlines()] == ["r0", "r1", "r2"]
    os.close(reader)
    assert pipe.is_fifo()


def test_a_full_disk_is_told(source, tmp_path):
    full = tmp_path / "full"
    full.symlink_to("/dev/full")
    done = invoke(source, "-o", full)
    assert (done.exit_code, done.stderr) == (2, f"error: {full}: cannot be written: No space left on device\n")
    assert full.is_char_device()


def test_a_link_stays_one_and_leads_to_what_was_written(source, tmp_path):
    (tmp_path / "big disk").mkdir()
    link, target = tmp_path / "rows.jsonl", tmp_path / "big disk" / "rows.jsonl"
    link.symlink_to(target)
    assert invoke(source, "-o", link).exit_code == 0
    assert link.is_symlink()
    assert len(target.read_text().splitlines()) == 3
    assert [path.name for path in target.parent.iterdir()] == ["rows.jsonl"]


def test_a_file_that_is_not_there_leaves_nothing_behind(tmp_path):
    done = invoke(tmp_path / "none.jsonl", "-o", tmp_path / "out.jsonl")
    assert done.exit_code == 2
    assert "cannot be opened" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_command_that_fails_leaves_the_file_of_an_earlier_one(tmp_path):
    (tmp_path / "out.jsonl").write_text("earlier\n")
    assert invoke(tmp_path / "none.jsonl", "-o", tmp_path / "out.jsonl").exit_code == 2
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("out.jsonl", "earlier\n")]


def test_without_pyarrow_the_command_says_what_to_install(source, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    done = invoke(source, "-o", tmp_path / "t.parquet", "--for", "trl")
    assert done.exit_code == 2
    assert "pip install 'skillrm[parquet]'" in done.stderr
