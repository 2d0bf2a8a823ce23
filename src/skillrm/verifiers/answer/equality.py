"""Is one answer mathematically another? Exact numbers here, everything else by math-verify in a worker process."""

from __future__ import annotations

import re
import signal
from collections import OrderedDict

from pydantic import JsonValue

from skillrm import sandbox
from skillrm.errors import DeadlineExceeded, SandboxError
from skillrm.sandbox.trusted import WorkerDied
from skillrm.verifiers.answer.normal import in_latex, plain_mathematics
from skillrm.verifiers.answer.quantity import Quantity, quantity
from skillrm.verifiers.registry import Finding, broken, decided, unknown

SECONDS = 5.0
_START = 60.0
"""Seconds that a new worker may take to import sympy."""
LONGEST = 1_000
_WORKER = "skillrm.verifiers.answer.symbolic"
_KNOWN = 4096
_HEDGE = re.compile(r"\b(?:or|either|maybe|perhaps)\b", re.IGNORECASE)
_readable: OrderedDict[tuple[str, ...], bool] = OrderedDict()


async def same_mathematics(answer: str, references: tuple[str, ...], seconds: float = SECONDS) -> Finding:
    """Decided, unknown (no reference can be read), or error (the worker broke)."""
    shown = f"{answer[:80]!r}"
    answer, references = in_latex(answer), tuple(map(in_latex, references))
    quick = _quickly(answer, references)
    if quick is not None:
        return decided(
            quick, f"the answer {shown} {'equals' if quick else 'is not'} the reference {_shown(references)}"
        )
    if len(answer) > LONGEST:
        return decided(False, f"an answer of {len(answer)} characters is not compared")
    short: list[JsonValue] = [reference for reference in references if len(reference) <= LONGEST]
    try:
        if not await _can_read(short, seconds):
            return decided(False, f"the answer {shown} does not read like the reference {_shown(references)}")
    except (SandboxError, DeadlineExceeded) as error:
        return unknown(f"the reference cannot be read: {error}"[:500])
    try:
        told = await _called("equivalent", [answer, short, seconds], seconds)
    except DeadlineExceeded:
        return decided(False, f"the answer {shown} cannot be compared within {seconds:g} s")
    except SandboxError as error:
        return await _whose_fault(shown, error)
    said = {
        "equal": f"the answer {shown} is equivalent to the reference {_shown(references)}",
        "different": f"the answer {shown} is not equivalent to the reference {_shown(references)}",
        "unreadable": f"the answer {shown} is no mathematics; the reference is {_shown(references)}",
        "too large": f"the answer {shown} is too large to be worked out",
    }
    if told not in said:
        return broken(f"the worker said {told!r}"[:200])
    return decided(told == "equal", said[str(told)])


def _quickly(answer: str, references: tuple[str, ...]) -> bool | None:
    """Settled by exact numbers or by equal text; None where neither can tell."""
    spelled = plain_mathematics(answer)
    if spelled and any(spelled == plain_mathematics(reference) for reference in references):
        return True
    mine = quantity(answer)
    theirs = [quantity(reference) for reference in references]
    if mine is None:
        hedged = None not in theirs and _HEDGE.search(answer)
        return False if hedged else None
    if any(other is not None and mine.equals(other) for other in theirs):
        return True
    return None if any(other is None or _rounds(mine, other) for other in theirs) else False


def _rounds(left: Quantity, right: Quantity) -> bool:
    """A long decimal beside a fraction: left to math-verify, which rounds."""
    return left.rounded != right.rounded and abs(left.value - right.value) <= abs(right.value) / 1000


async def _can_read(references: list[JsonValue], seconds: float) -> bool:
    key = tuple(map(str, references))
    if key not in _readable:
        _readable[key] = bool(await _called("readable", [references, seconds], seconds))
        if len(_readable) > _KNOWN:
            _readable.popitem(last=False)
    return _readable[key]


async def _called(function: str, args: list[JsonValue], seconds: float) -> JsonValue:
    """Raises `DeadlineExceeded` after `seconds` of work; what the worker needs to start is not counted."""
    try:
        return await sandbox.trusted_call(f"{_WORKER}:{function}", args, seconds=seconds + _START)
    except WorkerDied as error:
        if error.code == -signal.SIGALRM:
            raise DeadlineExceeded(f"{function} took longer than {seconds:g} s") from None
        raise


async def _whose_fault(shown: str, error: SandboxError) -> Finding:
    """A worker that still knows that 1 is 1 is sound: then the answer broke it."""
    try:
        sound = await _called("equivalent", ["x+1", ["1+x"], _START], _START)
    except (SandboxError, DeadlineExceeded) as again:
        return broken(f"the worker for mathematics broke: {again}"[:500])
    if sound != "equal":
        return broken(f"the worker for mathematics broke: it says that x+1 and 1+x are {sound}"[:500])
    return decided(False, f"the answer {shown} cannot be worked out: {str(error)[:200]}")


def _shown(references: tuple[str, ...]) -> str:
    return " or ".join(repr(reference[:80]) for reference in references[:3])
