"""What one completion earned, and what stands behind it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from skillrm.judgment import Judgment, Score
from skillrm.types import Status

VERIFIED, JUDGED = "verified", "judged"
_NAMED = 4
_BY = {"hard_verifier": VERIFIED, "soft_verifier": VERIFIED, "judge": JUDGED}


@dataclass(frozen=True, slots=True)
class Reward:
    """One completion's reward. `value` is what a trainer gets: after form, shaping and failure policy."""

    value: float | None
    valid: bool
    """A valid judgment stands behind `value`; if not, it is missing or was stood in for."""
    status: Status
    score: Score | None = None
    components: Mapping[str, float] = field(default_factory=dict)
    """In [0, 1], nan while undecided; always the same keys. `verified` and `judged`: how well the criteria that
    verifiers and the judge decided are met, on average; `criterion/ID`: the score of a declared criterion."""
    error: str | None = None

    def plain(self) -> dict[str, float]:
        """The same keys every time, floats only: for trainers that log them. nan is: not known."""
        score = self.score
        told = {
            "score": math.nan if self.value is None else self.value,
            "valid": float(self.valid),
            "low": 0.0 if score is None else score.low,
            "high": 1.0 if score is None else score.high,
            "coverage": 0.0 if score is None else score.coverage,
        }
        return told | dict(self.components)

    def with_value(self, value: float | None) -> Reward:
        """The same with another value."""
        return self if value == self.value else replace(self, value=value)

    def told(self) -> dict[str, Any]:
        """As JSON values; nan becomes null."""
        score = self.score
        return {
            "value": self.value,
            "valid": self.valid,
            "status": self.status,
            "score": None if score is None else score.model_dump(mode="json"),
            "components": {name: None if math.isnan(v) else v for name, v in self.components.items()},
            "error": self.error,
        }

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Reward:
        """From what `told` gave."""
        score, components = told["score"], told["components"]
        return cls(
            value=told["value"],
            valid=told["valid"],
            status=told["status"],
            score=None if score is None else Score(**score),
            components={name: math.nan if value is None else value for name, value in components.items()},
            error=told["error"],
        )


def names_of(criteria: Sequence[str]) -> tuple[str, ...]:
    """The keys of every reward's components, for skills that tell these criteria apart."""
    return (VERIFIED, JUDGED, *(f"criterion/{name}" for name in criteria))


def why_open(judgment: Judgment, label: str) -> str:
    """What keeps a candidate's score from being known, without a text of the sample."""
    undecided = [row.criterion for row in judgment.evidence if row.candidate == label and row.decision == "unknown"]
    if not undecided:
        return "nothing to decide it by: no criterion applies" if not judgment.criteria else "the judge could not tell"
    more = f" and {len(undecided) - _NAMED} more" if len(undecided) > _NAMED else ""
    need = "" if judgment.versions.model else "; there is no judge model"
    return f"undecided: {', '.join(undecided[:_NAMED])}{more}{need}"


def components_of(judgment: Judgment | None, label: str, names: Sequence[str]) -> dict[str, float]:
    """What a judgment has for these names about one candidate; nan where it has nothing."""
    found: dict[str, float] = {}
    met: dict[str, list[float]] = {VERIFIED: [], JUDGED: []}
    if judgment is not None:
        faults = {criterion.id for criterion in judgment.criteria if criterion.weight < 0}
        for row in judgment.evidence:
            if row.candidate == label and row.score is not None:
                found[f"criterion/{row.criterion}"] = row.score
                if row.source in _BY:
                    met[_BY[row.source]].append(1.0 - row.score if row.criterion in faults else row.score)
    means = {name: math.fsum(scores) / len(scores) for name, scores in met.items() if scores}
    return {name: (found | means).get(name, math.nan) for name in names}
