"""Code in answers: found, parsed, run against tests or against the examples that the prompt shows."""

from __future__ import annotations

from skillrm.verifiers.code import shown, syntax, tests

__all__ = ["shown", "syntax", "tests"]
