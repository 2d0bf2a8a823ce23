"""Where untrusted code runs: model-written checks, skill scripts, code under test."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import JsonValue

from skillrm.sandbox.contract import (
    Level,
    LevelUsed,
    Outcome,
    Sandbox,
    SandboxLimits,
    SandboxReport,
    SandboxResult,
)
from skillrm.sandbox.prelude import PRELUDE_HELP

__all__ = [
    "PRELUDE_HELP",
    "Level",
    "LevelUsed",
    "Outcome",
    "Sandbox",
    "SandboxLimits",
    "SandboxReport",
    "SandboxResult",
    "get_sandbox",
    "probe",
    "trusted_call",
]


async def get_sandbox() -> Sandbox:
    """The sandbox of the running event loop, shared and started on first use.

    Raises `SandboxUnavailable` where nothing isolates.
    """
    from skillrm.sandbox import opening

    return await opening.shared()


def probe() -> SandboxReport:
    """What this machine gives: which levels, which mechanisms, and why not. Cached; a fraction of a second once."""
    from skillrm.sandbox import probing

    return probing.probe()


async def trusted_call(target: str, args: Sequence[JsonValue], *, seconds: float) -> JsonValue:
    """Call `"module:function"` of our own library code in a warm worker process that is killed at the deadline.

    Not isolation: a hard deadline. Raises `DeadlineExceeded`; what the function raises comes back as `SandboxError`.
    """
    from skillrm.sandbox import trusted

    return await trusted.pool().call(target, args, seconds=seconds)
