"""What a client is told when a request cannot be answered: a status, words, the faults, and when to come back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import msgspec

from skillrm.errors import Fault, InputError, NoReward, SkillRMError, VerifierNotFound


class Refused(Exception):
    """A request that is answered with an error; `close`: nothing more is read from the connection."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        faults: Sequence[Fault] = (),
        retry_after: float | None = None,
        close: bool = False,
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.faults = status, message, tuple(faults)
        self.retry_after, self.close = retry_after, close

    def body(self, request_id: str | None = None) -> bytes:
        error = error_of(self.message, self.faults)
        return msgspec.json.encode({"error": error | ({"request_id": request_id} if request_id else {})})

    def headers(self) -> list[tuple[bytes, bytes]]:
        given = [(b"content-type", b"application/json")]
        if self.retry_after is not None:
            given.append((b"retry-after", b"%d" % max(1, math.ceil(self.retry_after))))
        if self.status == 401:
            given.append((b"www-authenticate", b"Bearer"))
        if self.close:
            given.append((b"connection", b"close"))
        return given


BROKEN = Refused(500, "something broke here; the log says where")


def error_of(message: str, faults: Sequence[Fault] = ()) -> dict[str, Any]:
    """An error as plain values."""
    told = [
        {key: value for key in ("message", "field", "mend") if (value := getattr(fault, key)) is not None}
        for fault in faults
    ]
    return {"message": message, "faults": told} if told else {"message": message}


def refusal(error: SkillRMError) -> Refused:
    """What an error of this package is to a client."""
    if isinstance(error, InputError):
        return Refused(422, str(error), faults=error.faults)
    if isinstance(error, NoReward):
        return Refused(503, str(error), retry_after=1)
    if isinstance(error, VerifierNotFound):
        return Refused(422, str(error))
    return Refused(500, f"{type(error).__name__}: {error}")
