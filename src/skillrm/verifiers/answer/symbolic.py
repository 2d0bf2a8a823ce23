"""Mathematical equivalence by math-verify, as it runs in a trusted worker process.

The deadline starts when the library is imported, which may take seconds on a busy machine, and ends the process: an
alarm without a handler stops even a big power that never returns to Python.
"""

from __future__ import annotations

import contextlib
import logging
import resource
import signal
from collections.abc import Iterator
from typing import Any

_MEMORY = 1 << 30
"""Bytes of address space on top of what the worker has; sympy works powers out."""


def readable(references: list[str], seconds: float) -> bool:
    """Whether any reference is mathematics. Called alone first, so that what goes wrong later is the answer's doing."""
    import math_verify  # noqa: F401

    with _alarm(seconds):
        return any(_parsed(reference) for reference in references)


def equivalent(answer: str, references: list[str], seconds: float) -> str:
    """`equal`, `different`, `unreadable` (the answer is no mathematics) or `too large`."""
    from math_verify import verify

    try:
        with _alarm(seconds), _bounded():
            found = _parsed(answer)
            if not found:
                return "unreadable"
            golds = [_parsed(reference) for reference in references]
            same = any(gold and verify(gold, found, timeout_seconds=None) for gold in golds)
    except (MemoryError, RecursionError, OverflowError):
        return "too large"
    return "equal" if same else "different"


def _parsed(text: str) -> list[Any]:
    from math_verify import parse

    logging.getLogger("math_verify").setLevel(logging.ERROR)
    logging.getLogger("latex2sympy2_extended").setLevel(logging.ERROR)
    found: list[Any] = parse(f"\\boxed{{{text}}}", parsing_timeout=None, fallback_mode="no_fallback")
    return found


@contextlib.contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


@contextlib.contextmanager
def _bounded() -> Iterator[None]:
    with open("/proc/self/statm", encoding="ascii") as told:
        used = int(told.read().split()[0]) * resource.getpagesize()
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (used + _MEMORY, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
