"""Deterministic functions over a candidate. `check` runs one by hand; `verifier` registers one."""

from __future__ import annotations

import asyncio

from pydantic import JsonValue

from skillrm.verifiers.registry import (
    Args,
    Detection,
    Finding,
    NoArgs,
    broken,
    check_async,
    decided,
    detector,
    find,
    find_detector,
    names,
    not_applicable,
    unknown,
    verifier,
)

__all__ = [
    "Args",
    "Detection",
    "Finding",
    "NoArgs",
    "broken",
    "check",
    "check_async",
    "decided",
    "detector",
    "find",
    "find_detector",
    "names",
    "not_applicable",
    "unknown",
    "verifier",
]


def check(name: str, text: str, prompt: str = "", **args: JsonValue) -> Finding:
    """Run one verifier by hand: `check("ifeval:punctuation:no_comma", "No commas here.")`.

    Raises `VerifierNotFound` for an unknown name and `ConfigError` for wrong arguments.
    """
    return asyncio.run(check_async(name, text, prompt, **args))
