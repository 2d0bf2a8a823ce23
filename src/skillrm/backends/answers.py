"""The bytes that a server sends as HTTP answers. They come from outside: whatever they are, an answer or one error."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Final, NamedTuple

from httptools import HttpParserError, HttpResponseParser

_MOST_HEAD: Final = 64 << 10
_FRAMES: Final = 8
"""Chunks may cost up to so many times the bytes that they carry; beyond, and past the head, nobody reads on."""


class Answer(NamedTuple):
    """An HTTP answer, read to its end; `content` is None where it was larger than allowed."""

    status: int
    fields: Mapping[bytes, bytes]
    content: bytes | None
    sent: int = 1
    """How often the request went out."""

    @property
    def headers(self) -> dict[str, str]:
        """By name in lower case."""
        return {name.decode("latin-1"): value.decode("latin-1") for name, value in self.fields.items()}


class GarbledError(Exception):
    """What came is no HTTP answer; the message says why."""


class AnswerReader:
    """Takes the bytes of one connection in any pieces and gives its answers, one for each `start`."""

    __slots__ = ("_answer", "_body", "_fields", "_in_head", "_most", "_parser", "_size", "_to_end", "kept", "received")

    def __init__(self, most: int) -> None:
        """`most`: bytes of content."""
        self._most = most
        self._parser = HttpResponseParser(self)
        self._parser.set_dangerous_leniencies(  # what old servers send, and other clients take
            lenient_headers=True, lenient_optional_cr_before_lf=True, lenient_spaces_after_chunk_size=True
        )
        self.start()

    def start(self) -> None:
        """Be ready for the next answer."""
        self._answer: Answer | None = None
        self.kept = False
        """The answer has come to its end and the connection can carry another."""
        self.received = 0
        self._fields: dict[bytes, bytes] = {}
        self._body: list[bytes] = []
        self._size = 0
        self._in_head, self._to_end = True, False

    def feed(self, data: bytes) -> Answer | None:
        """The answer, once its last byte is there. Raises `GarbledError`."""
        self.received += len(data)
        try:
            self._parser.feed_data(data)
        except HttpParserError as error:
            self.kept = False
            if self._answer is None:
                reason = " ".join(str(error).split())[:100] or type(error).__name__
                raise GarbledError(f"the answer is no HTTP: {reason}") from None
        if self._answer is None:
            if self.received > _MOST_HEAD and self._in_head:
                raise GarbledError(f"the head of the answer is larger than {_MOST_HEAD} bytes")
            if self.received > _MOST_HEAD + _FRAMES * self._most:
                raise GarbledError("the answer is nearly all frame and no content")
            return None
        return self._unpacked(self._answer) if b"content-encoding" in self._fields else self._answer

    def end(self) -> Answer | None:
        """The server has closed: the answer, where that was the sign of its end. Raises `GarbledError`."""
        if self._answer is None and self._to_end:
            self._finish()
            self.kept = False
            assert self._answer is not None
            return self._unpacked(self._answer)
        return None

    def on_message_begin(self) -> None:
        if self._answer is not None:  # something came behind it that nobody asked for
            self.kept = False

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:  # not in a trailer
            self._fields[name.lower()] = value

    def on_headers_complete(self) -> None:
        if self._answer is not None:
            return
        fields = self._fields
        self._in_head = False
        length = fields.get(b"content-length")
        if length is not None:
            if length.strip().isdigit() and int(length) > self._most:
                self._answer = Answer(self._parser.get_status_code(), fields, None)
        elif b"transfer-encoding" not in fields:
            self._to_end = True

    def on_body(self, body: bytes) -> None:
        if self._answer is None:
            self._body.append(body)
            self._size += len(body)
            if self._size > self._most:
                self._answer = Answer(self._parser.get_status_code(), self._fields, None)

    def on_message_complete(self) -> None:
        if self._answer is not None:
            return
        if 100 <= self._parser.get_status_code() < 200 and self._parser.get_status_code() != 101:
            self._fields, self._in_head, self._to_end = {}, True, False  # the answer itself is still to come
            return
        self.kept = self._parser.should_keep_alive()
        self._finish()

    def _finish(self) -> None:
        body = self._body
        content = body[0] if len(body) == 1 else b"".join(body)
        self._answer = Answer(self._parser.get_status_code(), self._fields, content)

    def _unpacked(self, answer: Answer) -> Answer:
        """Some servers compress although `identity` was asked for."""
        coding = answer.fields.get(b"content-encoding", b"").strip().lower()
        if not answer.content or coding in (b"", b"identity"):
            return answer
        if coding not in (b"gzip", b"x-gzip", b"deflate"):
            raise GarbledError(f"the answer is compressed as {coding.decode('latin-1')[:40]!r}, unasked")
        for bits in (47, -15):  # gzip or zlib by its head; some servers call raw deflate by the same name
            unpack = zlib.decompressobj(bits)
            try:
                content = unpack.decompress(answer.content, self._most + 1)
            except zlib.error:
                continue
            if len(content) > self._most:
                return answer._replace(content=None)
            if unpack.eof:
                return answer._replace(content=content)
        raise GarbledError(f"the answer is no whole {coding.decode()}")
