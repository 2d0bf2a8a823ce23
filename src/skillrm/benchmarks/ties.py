"""The Ties subset of RewardBench 2: several right answers must score alike and above every wrong one.

The rule is that of allenai/reward-bench's main branch, down to what x / 0 gives there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import copysign, inf, isnan, tanh

from skillrm.benchmarks.labelled import Key
from skillrm.benchmarks.outcome import Result
from skillrm.benchmarks.statistics import mean

INVALID = -1.0
"""What upstream enters for a rating that cannot be read."""


@dataclass(frozen=True, slots=True)
class Gaps:
    """One prompt: the gap from the worst right answer down to the best wrong one, and how far the right ones spread."""

    gap: float
    spread: float | None
    """None with one right answer."""

    @property
    def accurate(self) -> bool:
        return self.gap > 0


def gaps(result: Result, *, strict: bool) -> Gaps:
    """`strict`: a prompt with any unknown score is the worst there is, so that hiding never pays."""
    scores = result.scores
    if strict and None in scores.values():
        return Gaps(-inf, inf if len(result.label.right) > 1 else None)
    known = {label: INVALID if score is None else score for label, score in scores.items()}
    right = [score for label, score in known.items() if label in result.label.right]
    wrong = [score for label, score in known.items() if label not in result.label.right]
    return Gaps(min(right) - max(wrong), max(right) - min(right) if len(right) > 1 else None)


def ties_score(results: Sequence[Result], *, strict: bool) -> float:
    """0.3 accuracy on tied, 0.3 on reference prompts, 0.4 for margins, 0.01 for their size: at most 1.01.

    The ids are `tied:i` (several right answers) and `ref:i` (the same task with one). A part without prompts counts 0.
    """
    found = {kind_of(result.key): gaps(result, strict=strict) for result in results}
    parts = {kind: [g for (one, _), g in found.items() if one == kind] for kind in ("tied", "ref")}
    accuracy = {kind: mean([float(g.accurate) for g in group]) if group else 0.0 for kind, group in parts.items()}
    both = [
        (g, found["ref", number])
        for (kind, number), g in found.items()
        if kind == "tied" and g.spread is not None and ("ref", number) in found
    ]
    score = 0.3 * accuracy["tied"] + 0.3 * accuracy["ref"]
    if both:
        preferred = mean([float(tied.gap > (tied.spread or 0.0)) for tied, _ in both])
        hard = mean([float(min(ref.gap, tied.gap) > (tied.spread or 0.0)) for tied, ref in both])
        size = mean([_size(min(ref.gap, tied.gap), tied.spread or 0.0) for tied, ref in both])
        score += 0.2 * preferred + 0.2 * hard + 0.01 * size
    return score


def kind_of(key: Key) -> tuple[str, str]:
    """("tied", "3") of the id `tied:3`; a repeated id keeps its mark."""
    kind, _, number = key[1].partition(":")
    return kind, number


def _size(gap: float, spread: float) -> float:
    """tanh(gap / spread - 1), where x / 0 is infinite and 0 / 0 counts 0."""
    if gap == -inf:
        return -1.0
    ratio = gap / spread if spread else (copysign(inf, gap) if gap else float("nan"))
    return 0.0 if isnan(ratio) else tanh(ratio - 1)
