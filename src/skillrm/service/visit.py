"""One request on its way through the house, and the line that is logged of it."""

from __future__ import annotations

import re
import time
import traceback
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from skillrm.service.logs import write

KEY = "skillrm.visit"
"""Where it lies in the ASGI scope."""
_ID = re.compile(rb"[A-Za-z0-9_.:\-]{1,64}")


@dataclass(slots=True)
class Visit:
    """What is known of a request; nothing of it holds a text of the sample."""

    path: str
    method: str
    id: str
    began: float = field(default_factory=time.perf_counter)
    body: bytes = b""
    client: str = ""
    """Which of the tokens it came with; clients of different ones meet in no group."""
    parked: int = 0
    """How many of its answers wait for their group."""
    held: int = 0
    """Bytes of the body that admission counts."""
    status: int = 0
    started: bool = False
    gone: bool = False
    """The client left before the answer."""
    seen: dict[str, Any] = field(default_factory=dict)
    """What else the log tells: sample id, status of the judgment, rows, missing rewards."""

    @classmethod
    def of(cls, scope: Mapping[str, Any], headers: Mapping[bytes, bytes]) -> Visit:
        given = headers.get(b"x-request-id", b"")
        identity = given.decode() if _ID.fullmatch(given) else uuid.uuid4().hex
        return cls(scope["path"][:200], scope["method"], identity)

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self.began

    def log(self) -> None:
        """One JSON line on standard error: no text of a sample, no query string, no header."""
        line: dict[str, object] = {
            "id": self.id,
            "method": self.method,
            "path": self.path,
            "status": 499 if self.gone else self.status,
            "ms": round(self.seconds * 1000, 2),
            **self.seen,
        }
        write(line)

    def broke(self, error: BaseException) -> None:
        """Remember where an unexpected error came from; its words may hold a sample's text and are left out."""
        frames = traceback.extract_tb(error.__traceback__)[-4:]
        where = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
        self.seen["error"] = {"type": type(error).__name__, "at": where}
