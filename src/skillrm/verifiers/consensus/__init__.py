"""Agreement across the candidates of one prompt: evidence without a label, for choosing the best of several."""

from __future__ import annotations

from skillrm.verifiers.consensus import answers, programs

__all__ = ["answers", "programs"]
