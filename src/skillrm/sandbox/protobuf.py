"""As much of protobuf as a worker of the fast level speaks: whole numbers, and bytes that hold text or messages."""

from __future__ import annotations

from collections.abc import Iterator


def _number(value: int) -> bytes:
    parts = bytearray()
    while value > 127:
        parts.append(value & 127 | 128)
        value >>= 7
    parts.append(value)
    return bytes(parts)


def field(number: int, value: int | bytes) -> bytes:
    """One protobuf field."""
    if isinstance(value, int):
        return _number(number << 3) + _number(value)
    return _number(number << 3 | 2) + _number(len(value)) + value


def fields(body: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a message. Raises `ValueError` for what is none."""
    at = 0
    while at < len(body):
        key, at = _read(body, at)
        value, at = _read(body, at)
        if key & 7 == 2:
            if at + value > len(body):
                raise ValueError("a field runs past its message")
            yield key >> 3, body[at : at + value]
            at += value
        elif key & 7 == 0:
            yield key >> 3, value
        else:
            raise ValueError("a field of a kind that is not used here")


def _read(body: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(body) and shift < 70:
        byte = body[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
    raise ValueError("a number runs past its message")


def inside(body: bytes, *path: int) -> bytes | None:
    """The first field at the end of `path`."""
    for number in path:
        found = next((value for at, value in fields(body) if at == number), None)
        if not isinstance(found, bytes):
            return None
        body = found
    return body


def framed(kind: int, body: bytes) -> bytes:
    """A message of one field behind its length."""
    message = field(kind, body)
    return len(message).to_bytes(4, "little") + message
