"""Code in answers: found, parsed, run against tests or against the examples that the prompt shows."""

from __future__ import annotations

from skillrm.verifiers.code import syntax

__all__ = ["syntax"]
