"""Length-prefixed JSON over a stream socket, as the guests speak it."""

from __future__ import annotations

import json
import os
import struct
from typing import Any


class Closed(Exception):
    """The other side is gone."""


def _exactly(fd: int, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        chunk = os.read(fd, min(size - len(data), 1 << 20))
        if not chunk:
            raise Closed
        data += chunk
    return bytes(data)


def receive(fd: int, most: int = 1 << 28) -> Any:
    """The next frame. Raises `Closed`, or `ValueError` for what is no frame."""
    (size,) = struct.unpack(">I", _exactly(fd, 4))
    if size > most:
        raise ValueError("frame too large")
    return json.loads(_exactly(fd, size))


def send(fd: int, value: Any) -> None:
    send_bytes(fd, json.dumps(value).encode())


def send_bytes(fd: int, body: bytes) -> None:
    view = memoryview(struct.pack(">I", len(body)) + body)
    while view:
        view = view[os.write(fd, view) :]
