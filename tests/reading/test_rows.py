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
    "a wrong type": (b'{"prompt": "p", "response": 5}', "response: answer 1 must be text, this is a number"),
    "no answer": (b'{"prompt": "p"}', "no answer in this row"),
    "no prompt": (b'{"response": "r"}', "no prompt in this row"),
    "null prompt": (b'{"prompt": null, "response": "r"}', "prompt: is null"),
    "NULs": (b"\0\0\0", "holds only NUL bytes"),
    "NULs after it": (LINE + b"\0\0", "it ends in NUL bytes"),
    "UTF-16 without BOM": (GOOD.encode("utf-16-le"), "if the file is UTF-16, save it with BOM"),
    "Latin-1": (b'{"prompt": "\xe9", "response": "r"}', "is not UTF-8 at byte 12 of the row"),
    "deep nesting": (b'{"prompt": "p", "response":' + b"[" * 90_000 + b"]" * 90_000 + b"}", "nested too deeply"),
    "NaN": (b'{"prompt": "p", "response": "r", "meta": NaN}', "NaN is no JSON number"),
    "infinity in disguise": (b'{"prompt": "p", "response": "r", "meta": 1e999}', "1e999 is too large a number"),
    "deep resources": (
        b'{"prompt": "p", "response": "r", "resources":' + b"[" * 500 + b"]" * 500 + b"}",
        "resources: is nested more than 100 levels deep",
    ),
    "an array of constants": (
        b'{"prompt": "p", "response": "r", "kwargs": ["x"], "instruction_id_list": ["a:b"]}',
        "kwargs:",
    ),
    "a huge number": (b'{"prompt": "p", "response":' + b"1" * 9000 + b"}", "4300 digits"),
    "no answers": (b'{"prompt": "p", "responses": []}', "responses: is empty"),
    "duplicate labels": (
        b'{"prompt": "p", "candidates": [{"label": "x", "text": ""}, {"label": "x", "text": ""}]}',
        "candidate labels must be unique",
    ),
    "an unknown key in a resource": (
        b'{"prompt": "p", "response": "r", "resources": [{"id": "a", "kind": "rubric", "text": "t", "wight": 1}]}',
        "resources.0.wight: unknown key",
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
    ("data", "words"),
    [(b"", "holds no row"), (b"\n  \n", "holds no row"), (b"[]", "holds no row"), (b"\xef\xbb\xbf", "holds no row")],
)
def test_a_file_without_rows_is_named(tmp_path, data, words):
    with pytest.raises(InputError, match=words):
        rows(tmp_path, data)


def test_every_row_keeps_its_ordinal_and_line_and_ids_may_repeat(tmp_path):
    same = b'{"id": "x", "prompt": "p", "response": "r"}'
    read = rows(tmp_path, b"\n" + same + b"\n\n" + same + b'\n{"id": "broken", "prompt": "p"}')
    assert [(row.ordinal, row.line, row.id) for row in read] == [(1, 2, "x"), (2, 4, "x"), (3, 5, "broken")]


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    with pytest.raises(InputError, match="cannot be opened: No such file"):
        list(read_samples(tmp_path / "nothing.jsonl"))
    with pytest.raises(InputError, match="is a folder"):
        list(read_samples(tmp_path))
    with pytest.raises(InputError, match="cannot be opened"):
        list(read_samples("a\0b"))


def test_a_lone_surrogate_anywhere_can_still_be_written(tmp_path):
    row = {
        "prompt": [
            {"role": "user", "content": [{"type": "\ud801", "text": "\ud802"}]},
            {"role": "\ud800", "content": "x"},
        ],
        "candidates": [{"label": "\udfff", "text": "t", "meta": {"\ud800": "\ud800"}}],
        "tags": ["\ud800"],
    }
    (read,) = rows(tmp_path, json.dumps(row).encode())
    assert read.sample.tags == ("\ufffd",)
    assert read.sample.model_dump_json().encode()
    assert len(read.sample.digest) == 64


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(tmp_path_factory, data):
    assert_read_or_refused(tmp_path_factory, data)


SCRAPS = [
    *'[]{}",:\n\\ 1e',
    "prompt",
    "response",
    "\\ud800",
    "\0",
    "\ufeff",
    '{"prompt": "p", "response": "r"}',
    "\n[",
    "NaN",
]


@given(st.lists(st.sampled_from(SCRAPS), max_size=40).map("".join), st.sampled_from(["utf-8", "utf-16", "utf-16-be"]))
def test_any_heap_of_json_scraps_is_read_or_refused(tmp_path_factory, text, encoding):
    assert_read_or_refused(tmp_path_factory, text.encode(encoding))


json_value = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(codec=None), max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
KEYS = ["prompt", "messages", "response", "responses", "candidates", "chosen", "rejected", "resources", "criteria"]
KEYS += ["tags", "reference", "tests", "checklist", "instruction_id_list", "kwargs", "id"]


@given(st.dictionaries(st.sampled_from(KEYS), json_value, max_size=6))
def test_whatever_is_read_has_a_digest_and_can_be_written(tmp_path_factory, row):
    assert_read_or_refused(tmp_path_factory, json.dumps({"prompt": "p", "response": "r", **row}).encode())


def assert_read_or_refused(tmp_path_factory, data):
    with contextlib.suppress(InputError):
        for row in rows(tmp_path_factory.mktemp("fuzz"), data):
            assert (row.sample is None) == bool(row.faults)
            if row.sample is not None:
                assert row.sample.digest
                assert row.sample.model_dump_json().encode()


def test_a_table_of_plain_text_is_refused_once_not_row_by_row(tmp_path):
    (tmp_path / "in.csv").write_text("prompt,response\np,r\n" * 100)
    with pytest.raises(InputError, match=r"in\.csv: is not read: it has no JSON \(write each row"):
        list(read_samples(tmp_path / "in.csv"))
