"""Arrays and documents are cut by strings and brackets alone; JSONL is the common case."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillrm.reading.opening import Source
from skillrm.reading.splitting import in_array
from skillrm.reading.values import values

ROW = {"prompt": 'a "quoted" ] , } text', "responses": ["[", '\\" {', "\n", "Grüße, 世界"], "deep": [[{"a": []}]]}


def read(data: bytes, chunk: int = 7) -> list:
    """Contents in order; a fault stands as its words."""
    source = Source(data[n : n + chunk] for n in range(0, len(data), chunk))
    return [(v.line, v.faults[0].message if v.faults else v.content) for v in values(source)]


def contents(data: bytes, chunk: int = 7) -> list:
    return [content for _, content in read(data, chunk)]


@pytest.mark.parametrize("chunk", [1, 2, 3, 64, 10_000])
@pytest.mark.parametrize("indent", [None, 0, 1, 4])
def test_an_array_gives_its_elements_whatever_the_chunks(chunk, indent):
    data = json.dumps([ROW, 5, ROW, "x", []], indent=indent, ensure_ascii=False).encode()
    assert contents(data, chunk) == [ROW, 5, ROW, "x", []]


@given(
    st.lists(
        st.recursive(
            st.none() | st.integers() | st.text(max_size=6),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
            max_leaves=6,
        ),
        min_size=1,
        max_size=5,
    ),
    st.sampled_from([None, 0, 2]),
    st.integers(1, 50),
    st.booleans(),
)
def test_an_array_is_read_as_json_reads_it(elements, indent, chunk, ascii_only):
    data = json.dumps(elements, indent=indent, ensure_ascii=ascii_only).encode()
    source = Source(data[n : n + chunk] for n in range(0, len(data), chunk))
    assert [json.loads(piece.data) for piece in in_array(source, 1 << 20)] == elements


@given(st.lists(st.dictionaries(st.text(max_size=4), st.text(max_size=6), min_size=1), min_size=1, max_size=4))
def test_objects_spread_over_lines_are_read_one_after_another(objects):
    data = "\n".join(json.dumps(one, indent=1) for one in objects).encode()
    assert contents(data) == objects


def test_lines_are_counted_where_elements_begin():
    data = b'\n[\n  {"a": 1},\n\n  {"b":\n 2}, {"c": 3}\n]\n'
    assert read(data) == [(3, {"a": 1}), (5, {"b": 2}), (6, {"c": 3})]


def test_a_faulty_element_does_not_hide_the_next():
    data = b'[{"a": 1},\n{nope},\n{"b": NaN},\n{"c": "\xe9"},\n{"d": 4}]'
    read_ = read(data)
    assert [line for line, _ in read_] == [1, 2, 3, 4, 5]
    assert (read_[0][1], read_[4][1]) == ({"a": 1}, {"d": 4})
    assert all(isinstance(words, str) for _, words in read_[1:4])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b'[{"a": 1},\n{"b": ', "the file breaks off here"),
        (b'[{"a": 1},\n', "the array has no end"),
        (b'[{"a": 1}, {"b": 2}', "the array has no end"),
        (b'[{"a": 1}] {"b": 2}', "stands after the end of the array"),
        (b'[{"a": 1},, {"b": 2}]', "nothing stands between two commas"),
    ],
)
def test_what_an_array_lacks_is_told_and_the_rest_is_read(data, words):
    read_ = contents(data)
    assert read_[0] == {"a": 1}
    assert any(words in one for one in read_ if isinstance(one, str))


def test_a_comma_before_the_end_of_an_array_does_no_harm():
    assert contents(b'[{"a": 1},\n]') == [{"a": 1}]


@pytest.mark.parametrize("first", [b"[1, 2]", b'["x", {"a": 1}]', b"{nope", b'{"a": "tor', b'{"a": 1,', b"hello", b"5"])
def test_a_bad_first_line_does_not_make_a_document_of_the_others(first):
    read_ = contents(first + b'\n{"b": 2}\n{"c": 3}\n')
    assert read_[1:] == [{"b": 2}, {"c": 3}]


def test_a_row_longer_than_the_limit_is_named_and_skipped(monkeypatch):
    monkeypatch.setattr("skillrm.reading.values.MAX_ROW", 100)
    long = json.dumps({"a": "x" * 500}).encode()
    assert [type(one) for one in contents(b'{"b": 1}\n' + long + b'\n{"c": 2}\n')] == [dict, str, dict]
    assert [type(one) for one in contents(b'[{"b": 1},' + long + b',{"c": 2}]')] == [dict, str, dict]
    endless = contents(b'[{"b": 1}, "' + b"x" * 5000)
    assert "is longer than 100 bytes; what follows is not read" in endless


def test_a_row_is_given_before_the_next_has_come():
    def chunks():
        yield b'{"a": 1}\n'
        raise AssertionError("the second row was waited for")

    assert next(values(Source(chunks()))).content == {"a": 1}
