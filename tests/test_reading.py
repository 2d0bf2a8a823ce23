"""Files as people have them: every row is read or named with what is wrong; no row ends the reading."""

from __future__ import annotations

import contextlib
import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillrm.errors import InputError
from skillrm.reading import read_samples

GOOD = '{"prompt": "p", "response": "r"}'
LINE = GOOD.encode()


def rows(tmp_path, data: bytes, name="in.jsonl"):
    path = tmp_path / name
    path.write_bytes(data)
    return list(read_samples(path))


def told(row):
    return "; ".join(map(str, row.faults))


@pytest.mark.parametrize(
    "data",
    [
        LINE + b"\n\n" + LINE,
        b"\xef\xbb\xbf" + LINE + b"\r\n" + LINE + b"\r\n",
        (GOOD + "\n" + GOOD).encode("utf-16"),
        (GOOD + "\n" + GOOD).encode("utf-16-be").join([b"\xfe\xff", b""]),
        b"[" + LINE + b",\n" + LINE + b"]",
        json.dumps([json.loads(GOOD)] * 2, indent=4).encode(),
        gzip.compress(LINE + b"\n" + LINE),
    ],
    ids=["blank line", "BOM and CRLF", "UTF-16 LE", "UTF-16 BE", "array", "indented array", "gzip"],
)
def test_two_rows_are_read(tmp_path, data):
    read = rows(tmp_path, data)
    assert [row.ordinal for row in read] == [1, 2]
    assert all(row.sample is not None for row in read)


def test_one_indented_object_is_one_row(tmp_path):
    assert len(rows(tmp_path, json.dumps(json.loads(GOOD), indent=2).encode())) == 1


BAD = {
    "no JSON": (b"hello", "is no valid JSON"),
    "a list": (b"[1]", "a row must be a JSON object, this is a list"),
    "a string": (b'"x"', "a row must be a JSON object, this is a string"),
    "a wrong type": (b'{"prompt": "p", "response": 5}', "response: answer 1 must be text, this is a int"),
    "no answer": (b'{"prompt": "p"}', "no answer in this row"),
    "no prompt": (b'{"response": "r"}', "no prompt in this row"),
    "null prompt": (b'{"prompt": null, "response": "r"}', "prompt: is null"),
    "NULs": (b"\0\0\0", "holds only NUL bytes"),
    "Latin-1": (b'{"prompt": "\xe9", "response": "r"}', "is not UTF-8 at byte 12"),
    "deep nesting": (b'{"prompt": "p", "response":' + b"[" * 90_000 + b"]" * 90_000 + b"}", "nested too deeply"),
    "NaN": (b'{"prompt": "p", "response": "r", "meta": NaN}', "NaN is no JSON number"),
    "a huge number": (b'{"prompt": "p", "response":' + b"1" * 9000 + b"}", "4300 digits"),
    "no answers": (b'{"prompt": "p", "responses": []}', "responses: is empty"),
    "duplicate labels": (
        b'{"prompt": "p", "candidates": [{"label": "x", "text": ""}, {"label": "x", "text": ""}]}',
        "candidate labels must be unique",
    ),
    "an unknown key in a resource": (
        b'{"prompt": "p", "response": "r", "resources": [{"id": "a", "kind": "rubric", "text": "t", "wight": 1}]}',
        "resources.0.wight: Extra inputs are not permitted",
    ),
}


@pytest.mark.parametrize(("line", "words"), BAD.values(), ids=BAD)
def test_a_bad_row_is_named_with_file_and_line_and_the_others_are_read(tmp_path, line, words):
    read = rows(tmp_path, LINE + b"\n" + line + b"\n" + LINE)
    assert [row.sample is not None for row in read] == [True, False, True]
    assert words in told(read[1])
    assert "in.jsonl:2: " in told(read[1])


def test_a_bad_first_row_does_not_end_the_file(tmp_path):
    for line in (b"{nope", b"hello", b"[1, 2]"):
        assert [row.sample is not None for row in rows(tmp_path, line + b"\n" + LINE)] == [False, True]


def test_a_torn_last_line_says_that_the_file_breaks_off(tmp_path):
    read = rows(tmp_path, LINE + b'\n{"prompt": "p", "respo')
    assert "the file breaks off here" in told(read[1])


def test_a_null_response_is_an_empty_answer_not_a_bad_row(tmp_path):
    assert rows(tmp_path, b'{"prompt": "p", "response": null}')[0].sample.candidates[0].final == ""


def test_a_five_megabyte_answer_is_read(tmp_path):
    read = rows(tmp_path, json.dumps({"prompt": "p", "response": "x" * 5_000_000}).encode())
    assert len(read[0].sample.candidates[0].final) == 5_000_000


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("in.jsonl", b"", "holds no row"),
        ("in.jsonl", b"\n  \n", "holds no row"),
        ("in.jsonl", b'[{"prompt": "p",\n"response": }]', "in.jsonl:2: is no valid JSON array"),
        ("in.jsonl.gz", gzip.compress(LINE * 500)[:40], "cannot be read further"),
        ("in.parquet", b"hello", "is no readable Parquet file"),
    ],
)
def test_an_unreadable_file_is_named(tmp_path, name, data, words):
    with pytest.raises(InputError, match=words):
        rows(tmp_path, data, name)


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    with pytest.raises(InputError, match="cannot be opened"):
        list(read_samples(tmp_path / "nothing.jsonl"))
    with pytest.raises(InputError, match="is a folder"):
        list(read_samples(tmp_path))


def test_parquet_rows_with_nested_columns_are_read(tmp_path):
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    table = pa.Table.from_pylist(
        [{"prompt": "p", "responses": ["a", "b"], "tags": ["x"]}, {"prompt": None, "responses": ["a"], "tags": None}]
    )
    pq.write_table(table, tmp_path / "in.parquet")
    read = list(read_samples(tmp_path / "in.parquet"))
    assert read[0].sample.labels == ("A", "B")
    assert "row 2" in told(read[1])


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("fuzz") / "in.jsonl"
    path.write_bytes(data)
    with contextlib.suppress(InputError):
        assert all((row.sample is None) == bool(row.faults) for row in read_samples(path))
