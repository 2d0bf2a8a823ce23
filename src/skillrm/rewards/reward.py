"""What one completion earned, and what stands behind it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
from pydantic import ValidationError

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
    def of(cls, told: Any) -> Reward:
        """From what `told` gave, by way of a stranger. Raises `ValueError` for what is no reward."""
        try:
            checked = msgspec.convert(told, _Told)
            score = None if checked.score is None else Score.model_validate(checked.score)
        except (msgspec.ValidationError, ValidationError) as error:
            raise ValueError(f"no reward: {error}"[:300]) from None
        numbers = [checked.value, *checked.components.values()]
        if not all(number is None or math.isfinite(number) for number in numbers):
            raise ValueError("no reward: a number that is none")
        if checked.valid and checked.value is None:
            raise ValueError("no reward: it is valid, and without a value")
        components = {name: math.nan if value is None else value for name, value in checked.components.items()}
        return cls(checked.value, checked.valid, checked.status, score, components, checked.error)


class _Told(msgspec.Struct):
    value: float | None
    valid: bool
    status: Status
    score: dict[str, Any] | None
    components: dict[str, float | None]
    error: str | None


def names_of(criteria: Sequence[str]) -> tuple[str, ...]:
    """The keys of every reward's components, for skills that tell these criteria apart."""
    return (VERIFIED, JUDGED, *(f"criterion/{name}" for name in criteria))


def whys_open(judgment: Judgment | None) -> dict[str, str]:
    """What keeps each candidate's score from being known, without a text of the sample."""
    if judgment is None:
        return {}
    undecided: dict[str, list[str]] = {label: [] for label in judgment.verdict.scores}
    for row in judgment.evidence:
        if row.decision == "unknown":
            undecided[row.candidate].append(row.criterion)
    return {label: _why(names, judgment) for label, names in undecided.items()}


def _why(undecided: Sequence[str], judgment: Judgment) -> str:
    if not undecided:
        return "nothing to decide it by: no criterion applies" if not judgment.criteria else "the judge could not tell"
    more = f" and {len(undecided) - _NAMED} more" if len(undecided) > _NAMED else ""
    need = "" if judgment.versions.model else "; there is no judge model"
    return f"undecided: {', '.join(undecided[:_NAMED])}{more}{need}"


def components_of(judgment: Judgment | None, names: Sequence[str]) -> dict[str, dict[str, float]]:
    """What a judgment has for these names about each label; nan where it has nothing."""
    if judgment is None:
        return {}
    faults = {criterion.id for criterion in judgment.criteria if criterion.weight < 0}
    found: dict[str, dict[str, float]] = {label: dict.fromkeys(names, math.nan) for label in judgment.verdict.scores}
    met: dict[tuple[str, str], list[float]] = {}
    for row in judgment.evidence:
        if row.score is not None:
            name, told = f"criterion/{row.criterion}", found[row.candidate]
            if name in told:
                told[name] = row.score
            if row.source in _BY:
                fulfilled = 1.0 - row.score if row.criterion in faults else row.score
                met.setdefault((row.candidate, _BY[row.source]), []).append(fulfilled)
    for (label, name), scores in met.items():
        found[label][name] = math.fsum(scores) / len(scores)
    return found
