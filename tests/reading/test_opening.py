"""Bytes as they lie on a disk: packed, marked, recoded, broken off."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillrm.errors import InputError
from skillrm.reading import read_samples
from skillrm.reading.opening import Source, opened

LINE = b'{"prompt": "p", "response": "r"}\n'


def bytes_of(path) -> bytes:
    with opened(str(path)) as source:
        return b"".join(iter(source.read, b""))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-8"])
@pytest.mark.parametrize("packed", [False, True])
def test_text_comes_out_as_plain_utf8(tmp_path, encoding, packed):
    text = '{"prompt": "Größe 世界 🙂"}\n' * 20_000
    data = text.encode(encoding)
    (tmp_path / "in").write_bytes(gzip.compress(data) if packed else data)
    assert bytes_of(tmp_path / "in") == text.encode()


def test_gzip_members_one_after_the_other_are_read(tmp_path):
    (tmp_path / "in").write_bytes(gzip.compress(LINE) + gzip.compress(LINE) + b"\0\0")
    assert bytes_of(tmp_path / "in") == LINE * 2


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (gzip.compress(LINE * 3) + b"garbage", "is damaged gzip"),
        (gzip.compress(LINE * 3, mtime=0)[:-6], "is gzip that breaks off"),
        (b"\xff\xfe" + (LINE * 3).decode().encode("utf-16-le") + b"\x00", "is not UTF-16 at byte 200"),
        (b"\xff\xfe" + (LINE * 3).decode().encode("utf-16-le") + b"\x00\xdc\x00\x00", "is not UTF-16 at byte 200"),
    ],
    ids=["garbage after gzip", "torn gzip", "half a character", "half a pair"],
)
def test_rows_before_the_break_are_given(tmp_path, data, words):
    (tmp_path / "in").write_bytes(data)
    rows = read_samples(tmp_path / "in")
    assert [next(rows).sample is not None for _ in range(3)] == [True] * 3
    with pytest.raises(InputError, match=words):
        list(rows)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (LINE.decode().encode("utf-32"), "is UTF-32"),
        (b"PK\x03\x04rest", "is a zip archive"),
        (bz2.compress(LINE), "bzip2"),
        (lzma.compress(LINE), "xz"),
        (b"\x28\xb5\x2f\xfdrest", "zstd"),
    ],
)
def test_what_is_not_read_is_named_with_a_mend(tmp_path, data, words):
    (tmp_path / "in").write_bytes(data)
    with pytest.raises(InputError, match=words) as caught:
        list(read_samples(tmp_path / "in"))
    assert caught.value.faults[0].mend


def test_a_packed_bomb_is_unpacked_bit_by_bit(tmp_path):
    (tmp_path / "in").write_bytes(gzip.compress(b"\n" * 50_000_000))
    with opened(str(tmp_path / "in")) as source:
        assert all(len(chunk) <= 1 << 16 for chunk in iter(source.read, b""))


def test_standard_input_without_a_descriptor_is_read(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(LINE)))
    assert [row.source for row in read_samples("-")] == ["-"]


@given(st.lists(st.binary(min_size=1, max_size=9), max_size=9), st.lists(st.integers(0, 30), max_size=5))
def test_looking_ahead_changes_nothing(chunks, looks):
    source, whole = Source(iter(chunks)), b"".join(chunks)
    for size in looks:
        seen = source.peek(size)
        assert whole.startswith(seen)
        assert len(seen) >= min(size, len(whole))
    assert b"".join(iter(source.read, b"")) == whole
