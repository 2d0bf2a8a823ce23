"""Parquet: nested columns, a missing library, a broken file."""

from __future__ import annotations

import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from skillrm.errors import InputError
from skillrm.reading import read_samples


def written(tmp_path, rows, name="in.parquet", **how):
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / name, **how)
    return tmp_path / name


def test_nested_columns_are_read_and_a_bad_row_is_named(tmp_path):
    path = written(
        tmp_path,
        [
            {
                "prompt": "p",
                "responses": ["a", None],
                "tags": ["x"],
                "kwargs": [{"num_words": 3, "relation": "at least"}],
            },
            {"prompt": None, "responses": ["a"], "tags": None, "kwargs": None},
            {"prompt": "p", "responses": ["a"], "tags": None, "kwargs": None},
        ],
    )
    rows = list(read_samples(path))
    assert [row.sample is not None for row in rows] == [True, False, True]
    assert [candidate.final for candidate in rows[0].sample.candidates] == ["a", ""]
    assert "in.parquet row 2: prompt: is null" in str(rows[1].faults[0])


def test_objects_of_different_keys_share_a_column(tmp_path):
    resources = [
        {"id": "rubric", "kind": "rubric", "text": "Be kind.", "decides": None},
        {"id": "v", "kind": "verifier", "verifier": "structure:length", "args": {"unit": "words", "max": 3}},
        {"id": "w", "kind": "verifier", "verifier": "ifeval:punctuation:no_comma", "decides": ["c"]},
    ]
    row = {"prompt": "p", "response": "r", "resources": resources, "criteria": [{"id": "c", "text": "t"}]}
    (read,) = read_samples(written(tmp_path, [row]))
    assert [resource.args for resource in read.sample.resources] == [{}, {"unit": "words", "max": 3}, {}]


def test_parquet_is_known_by_its_first_bytes(tmp_path):
    assert len(list(read_samples(written(tmp_path, [{"prompt": "p", "response": "r"}], "in.data")))) == 1


def test_many_row_groups_are_read_in_order(tmp_path):
    rows = [{"id": str(n), "prompt": "p", "response": "r"} for n in range(500)]
    read = read_samples(written(tmp_path, rows, row_group_size=100))
    assert [row.sample.id for row in read] == [str(n) for n in range(500)]


def test_text_that_is_no_text_is_one_bad_row(tmp_path):
    answers = pa.array([b"good", b"\xff\xfe", b"good"], pa.binary()).view(pa.string())
    pq.write_table(pa.table({"prompt": ["p"] * 3, "response": answers}), tmp_path / "in.parquet")
    rows = list(read_samples(tmp_path / "in.parquet"))
    assert [row.sample is not None for row in rows] == [True, False, True]
    assert "is not UTF-8" in str(rows[1].faults[0])


def test_an_empty_table_and_a_broken_file_are_named(tmp_path):
    pq.write_table(pa.table({"prompt": pa.array([], pa.string())}), tmp_path / "empty.parquet")
    with pytest.raises(InputError, match="holds no row"):
        list(read_samples(tmp_path / "empty.parquet"))
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(InputError, match="is no readable Parquet file"):
        list(read_samples(tmp_path / "broken.parquet"))


def test_without_pyarrow_the_mend_is_told(tmp_path, monkeypatch):
    path = written(tmp_path, [{"prompt": "p", "response": "r"}])
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(InputError, match="pip install 'skillrm\\[parquet\\]'"):
        list(read_samples(path))


def test_parquet_from_a_pipe_is_refused_with_the_mend(tmp_path, monkeypatch):
    path = written(tmp_path, [{"prompt": "p", "response": "r"}])
    with path.open(encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        with pytest.raises(InputError, match="standard input: Parquet is read from its end"):
            list(read_samples("-"))
