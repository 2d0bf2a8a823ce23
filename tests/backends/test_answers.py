"""Whatever bytes come, in whatever pieces: the same answer, or one error."""

from __future__ import annotations

import gzip
import zlib
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillrm.backends.answers import Answer, AnswerReader, GarbledError

MOST = 1000
BODY = b'{"choices": []}'
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n" + BODY[:4] + b"\r\nb;x=1\r\n" + BODY[4:] + b"\r\n"
)


def sized(body: bytes, *lines: bytes, first: bytes = b"HTTP/1.1 200 OK") -> bytes:
    return b"\r\n".join([first, *lines, b"Content-Length: %d" % len(body), b"", body])


WHOLE = {
    "by length": sized(BODY),
    "in chunks": CHUNKED + b"0\r\n\r\n",
    "in chunks, with a trailer": CHUNKED + b"0\r\nX-Sum: 3\r\n\r\n",
    "after 100 Continue": b"HTTP/1.1 100 Continue\r\nX-A: b\r\n\r\n" + sized(BODY),
    "after two that inform": b"HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n" * 2 + sized(BODY),
    "compressed": sized(gzip.compress(BODY), b"Content-Encoding: gzip"),
    "deflated": sized(zlib.compress(BODY), b"content-encoding: Deflate"),
    "deflated without a head": sized(zlib.compress(BODY)[2:-4], b"Content-Encoding: deflate"),
    "an empty reason": sized(BODY, first=b"HTTP/1.1 200"),
    "bare line feeds": sized(BODY).replace(b"\r\n", b"\n"),
}
LAST = {
    "closing": sized(BODY, b"Connection: close"),
    "of HTTP/1.0": sized(BODY, first=b"HTTP/1.0 200 OK"),
}
TO_THE_END = {
    "HTTP/1.1": b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\n" + BODY,
    "HTTP/1.0": b"HTTP/1.0 200 OK\r\n\r\n" + BODY,
}


def read(data: bytes, cuts: list[int] | None = None) -> tuple[Answer | None, bool]:
    """What a reader makes of `data` in pieces, and whether the connection can go on."""
    reader = AnswerReader(MOST)
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts or ())})
    answer = None
    for start, end in pairwise(places):
        answer = reader.feed(data[start:end]) or answer
    return answer or reader.end(), reader.kept


@pytest.mark.parametrize("data", WHOLE.values(), ids=WHOLE.keys())
def test_each_way_to_send_a_body_gives_the_body_and_keeps_the_connection(data):
    answer, kept = read(data)
    assert answer is not None
    assert (answer.status, answer.content, kept) == (200, BODY, True)


@pytest.mark.parametrize("data", [*LAST.values(), *TO_THE_END.values()], ids=[*LAST, *TO_THE_END])
def test_an_answer_that_ends_the_connection_does_not_keep_it(data):
    answer, kept = read(data)
    assert answer is not None
    assert (answer.content, kept) == (BODY, False)


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
def test_an_answer_that_has_no_body_by_its_status_is_whole_at_once(status):
    answer, kept = read(b"HTTP/1.1 " + status + b"\r\n\r\n")
    assert answer is not None
    assert (answer.content, kept) == (b"", True)


@given(st.sampled_from([*WHOLE.values(), *LAST.values(), *TO_THE_END.values()]), st.lists(st.integers(0, 1 << 16)))
def test_any_split_into_pieces_gives_the_same_answer(data, cuts):
    assert read(data, cuts) == read(data)


@given(st.lists(st.sampled_from([*WHOLE.values()]), min_size=1, max_size=5), st.data())
def test_one_reader_gives_one_answer_after_another(several, data):
    reader = AnswerReader(MOST)
    for whole in several:
        cut = data.draw(st.integers(1, len(whole) - 1))
        assert reader.feed(whole[:cut]) is None
        answer = reader.feed(whole[cut:])
        assert answer is not None
        assert (answer.content, reader.kept) == (BODY, True)
        reader.start()


_LINES = rb"""HTTP/1.1 200 OK|HTTP/1.0 503 x|HTTP/1.1 101 Up|HTTP/1.1 100 Continue|HTTP/1.1 204 No|Content-Length: 5
Content-Length: 99999999999999999999|Transfer-Encoding: chunked|Transfer-Encoding: gzip|Content-Encoding: gzip|A: b
Upgrade: x|Connection: upgrade|Connection: close|5|hello|0|"""
_PIECES = st.sampled_from([line + b"\r\n" for line in _LINES.replace(b"\n", b"|").split(b"|")] + [b"\n", b"x" * 1500])


@given(st.lists(st.one_of(_PIECES, st.binary(max_size=20)), max_size=12))
def test_garbage_is_an_answer_or_nothing_or_our_own_error(pieces):
    reader, answer = AnswerReader(MOST), None
    with suppress(GarbledError):
        answer = next(filter(None, map(reader.feed, pieces)), None) or reader.end()
    if answer is not None:
        assert 0 <= answer.status <= 999
        assert answer.content is None or len(answer.content) <= MOST
        assert all(name == name.lower() for name in answer.headers)


@given(st.sampled_from([*WHOLE.values()]), st.integers(0, 1 << 16), st.integers(0, 255))
def test_a_byte_that_was_changed_never_raises_anything_else(data, place, byte):
    place %= len(data)
    with suppress(GarbledError):
        read(data[:place] + bytes([byte]) + data[place + 1 :])


@pytest.mark.parametrize(
    "data",
    [
        sized(b"x" * (MOST + 1)),
        sized(b"")[:-5] + b"99999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + (b"64\r\n" + b"x" * 100 + b"\r\n") * 11,
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (MOST + 1),
        sized(gzip.compress(b"x" * (MOST + 1)), b"Content-Encoding: gzip"),
    ],
    ids=["by length", "before it has come", "in chunks", "to the end", "once unpacked"],
)
def test_what_is_larger_than_allowed_has_a_status_but_no_content(data):
    answer, _ = read(data)
    assert answer is not None
    assert (answer.status, answer.content) == (200, None)


def test_a_large_answer_is_not_read_to_its_end():
    reader = AnswerReader(MOST)
    assert reader.feed(sized(b"x" * (MOST + 1))[:60]) is not None
    assert not reader.kept


@pytest.mark.parametrize(
    "endless",
    [b"X-Field: " + b"x" * 100 + b"\r\n", b"x" * 100, b"\r\n\r\nHTTP/1.1 100 Continue\r\n"],
    ids=["fields", "one field", "answers that only inform"],
)
def test_a_head_without_end_is_given_up(endless):
    reader = AnswerReader(MOST)
    reader.feed(b"HTTP/1.1 100 Continue\r\nX-A: ")
    with pytest.raises(GarbledError, match=r"the head of the answer is larger than 65536 bytes"):
        any(map(reader.feed, [endless] * 5000))


def test_a_trailer_without_end_is_given_up():
    reader = AnswerReader(MOST)
    reader.feed(CHUNKED + b"0\r\nX-Trailer: ")
    with pytest.raises(GarbledError, match="nearly all frame"):
        any(map(reader.feed, [b"x" * 100] * 2000))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (sized(BODY, b"Content-Encoding: br"), "compressed as 'br', unasked"),
        (sized(gzip.compress(BODY)[:-9], b"Content-Encoding: gzip"), "no whole gzip"),
        (b"220 mail.example ESMTP\r\n", "no HTTP"),
        (b"\x15\x03\x01\x00\x02\x02\x16", "no HTTP"),
    ],
    ids=["unknown coding", "cut off", "another protocol", "TLS"],
)
def test_what_cannot_be_read_says_why(data, why):
    with pytest.raises(GarbledError, match=why):
        read(data)


@pytest.mark.parametrize("more", [sized(BODY), b"HT", b"garbage"])
def test_what_comes_behind_an_answer_is_not_taken_for_the_next(more):
    answer, kept = read(sized(BODY) + more)
    assert answer is not None
    assert (answer.content, kept) == (BODY, False)


def test_an_answer_cut_off_is_none():
    for whole in WHOLE.values():
        assert read(whole[:-1]) == (None, False)
