"""What a run gives back: its rows with what came of them, and how many of each."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

from skillrm.errors import Fault
from skillrm.types import Goal, Status

State = Literal["ok", "abstained", "failed", "unreadable", "pending"]


def key_of(sample_digest: str, goal: Goal) -> bytes:
    """What a judgment is found by within a run: the sample's content and the goal. 32 bytes."""
    return sha256(f"{sample_digest}\0{goal}".encode()).digest()


@dataclass(frozen=True, slots=True)
class RunRow:
    """One input row and what came of it."""

    ordinal: int
    """Position in the input, from 1."""
    line: int | None
    id: str
    key: bytes | None
    """None: the row could not be judged, see `faults`."""
    faults: tuple[Fault, ...]
    status: Status | None
    """None while there is no judgment."""
    judgment: bytes | None = None
    """JSON, None if there is none or unasked. Rows of equal content share it: `sample_id` may be another row's."""
    sample: bytes | None = None
    """JSON; None if there is none, or unasked."""

    @property
    def state(self) -> State:
        return "unreadable" if self.key is None else self.status or "pending"


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows of a run by what came of them; equal rows count each."""

    rows: int = 0
    ok: int = 0
    abstained: int = 0
    failed: int = 0
    unreadable: int = 0
    pending: int = 0
