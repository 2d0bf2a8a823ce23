"""Tasks as files of trainers."""

from __future__ import annotations

import json
import sys

import pyarrow.parquet as pq
import pytest

from skillrm import RewardModel, Sample
from skillrm.data import written
from skillrm.data.verinstruct import task_of
from skillrm.errors import InputError
from verinstruct_rows import in_verl, row


async def file_of(path, shape, *rows):
    with written(path, shape, data_source="verinstruct", split="train") as write:
        for index, given in enumerate(rows):
            write(await task_of(given, index))
    return path


async def test_verl_gets_its_columns_with_everything_of_the_row_as_one_text(tmp_path):
    table = pq.read_table(await file_of(tmp_path / "t.parquet", "verl", row(), in_verl(row())))
    first, second = table.to_pylist()
    assert first["data_source"] == "verinstruct"
    assert first["prompt"] == [{"role": "user", "content": row()["prompt"]}] == first["extra_info"]["prompt"]
    assert first["reward_model"]["style"] == "rule"
    assert json.loads(first["reward_model"]["ground_truth"]) == {"checkers": row()["checkers"]}
    assert {key: first["extra_info"][key] for key in ("index", "id", "split")} == {
        "index": 0,
        "id": "r1",
        "split": "train",
    }
    assert (second["data_source"], second["ability"], second["extra_info"]["split"]) == ("crab-verif", "if", "test")
    assert second["extra_info"]["skillrm"] == first["extra_info"]["skillrm"]


async def test_what_a_trainer_hands_back_is_judged(tmp_path):
    (only,) = pq.read_table(await file_of(tmp_path / "t.parquet", "trl", row())).to_pylist()
    assert set(only) == {"prompt", "id", "skillrm"}
    sample = Sample.parse(
        {"prompt": only["prompt"], "responses": ["a b c", "a,b"], **json.loads(only["skillrm"]), "id": only["id"]}
    )
    async with RewardModel("instruction-following") as model:
        judgment = await model.judge(sample)
    assert [(one.criterion, one.candidate, one.decision) for one in judgment.evidence[:4]] == [
        ("check-1", "A", "satisfied"),
        ("check-1", "B", "violated"),
        ("check-2", "A", "satisfied"),
        ("check-2", "B", "violated"),
    ]


async def test_the_schema_is_the_same_whatever_the_rows_hold(tmp_path):
    bare = row(checkers=["[llm] a"], functions=[""], prompt=[{"role": "user", "content": "Hi."}], id=None)
    first = pq.read_schema(await file_of(tmp_path / "a.parquet", "verl", row()))
    assert pq.read_schema(await file_of(tmp_path / "b.parquet", "verl", bare)) == first
    assert pq.read_schema(await file_of(tmp_path / "c.parquet", "verl")) == first


async def test_row_groups_end_by_rows_and_by_size(tmp_path):
    small = pq.ParquetFile(await file_of(tmp_path / "a.parquet", "trl", *[row()] * 600)).metadata
    assert [small.row_group(n).num_rows for n in range(small.num_row_groups)] == [512, 88]
    wide = row(checkers=["[llm] " + "w" * 5_000_000], functions=[""])
    large = pq.ParquetFile(await file_of(tmp_path / "b.parquet", "trl", *[wide] * 5)).metadata
    assert [large.row_group(n).num_rows for n in range(large.num_row_groups)] == [2, 2, 1]


async def test_lines_of_json_are_rows_of_our_own(tmp_path):
    path = await file_of(tmp_path / "rows.jsonl", "skillrm", row(), row(id="中"))
    first, second = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    assert list(first) == ["id", "prompt", "criteria", "resources", "tags"]
    assert Sample.parse({**second, "response": "x"}).id == "中"


async def test_without_pyarrow_the_mend_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InputError, match=r"pip install 'skillrm\[parquet\]'"):
        await file_of(tmp_path / "t.parquet", "verl", row())
