"""What comes out: scores with bounds, a verdict, one pass of the judge, and the whole judgment."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from skillrm.errors import SkillRMError
from skillrm.types import Criterion, Evidence, Flag, Frozen, Goal, Observation, Preference, Status, Text, Unit

Finite = Annotated[float, Field(allow_inf_nan=False)]


class Score(Frozen):
    """A candidate's score and what the undecided cells could still make of it; all in [0, 1]."""

    value: Unit | None
    low: Unit
    high: Unit
    coverage: Unit
    """Decided share of the criteria, by absolute weight."""


class Verdict(Frozen):
    """What the readout gives. `ranking` compares `low`, so an unknown never helps."""

    scores: dict[str, Score]
    ranking: tuple[tuple[str, ...], ...]
    winner: str | None
    """The one best candidate; None while open, and when the best are tied."""
    margin: float | None
    """Lead of the first group over the second in `low`; None with one group."""
    closed: bool
    """No completion of the open cells can change the goal's answer."""


class Shaping(Frozen):
    """What `reward()` makes of a score: lo + (hi - lo) * value, then clipped."""

    scale: tuple[Finite, Finite] = (0.0, 1.0)
    clip: tuple[Finite, Finite] | None = None

    def of(self, value: float) -> float:
        """The reward that a value in [0, 1] makes."""
        low, high = self.scale
        reward = low + (high - low) * value
        return reward if self.clip is None else min(max(reward, self.clip[0]), self.clip[1])


class LengthGate(Frozen):
    """A cap on a candidate's score by its length in characters: none up to `free`, `cap` from `full`, even between."""

    free: Annotated[int, Field(ge=0)]
    full: Annotated[int, Field(ge=0)]
    cap: Unit = 0.0
    of: Literal["final", "whole"] = "final"
    """What is measured: the answer, or everything that was said, reasoning included."""

    @model_validator(mode="after")
    def _falls(self) -> Self:
        if self.full < self.free:
            raise ValueError("full must not be less than free")
        return self

    def at(self, length: int) -> float:
        """The cap in [0, 1] at that length."""
        if length <= self.free:
            return 1.0
        if length >= self.full:
            return self.cap
        return 1.0 - (1.0 - self.cap) * (length - self.free) / (self.full - self.free)


class Readout(Frozen):
    """Declaration of the pure function from evidence to verdict (DESIGN section 6)."""

    kind: Literal["weighted", "checklist", "lexicographic", "preference"] = "weighted"
    min_coverage: Unit = 1.0
    tolerance: Unit = 0.0
    step: Annotated[float, Field(gt=0.0, le=1.0)] = 0.1
    """Lexicographic: tier means are floored to multiples of it."""
    tie_break: Literal["none", "preference"] = "none"
    length: LengthGate | None = None
    components: tuple[str, ...] = ()
    """Criteria whose scores trainers are given beside the reward; empty: all that the skill declares."""
    shaping: Shaping = Shaping()


class Step(Frozen):
    """One action of the judge and what came of it."""

    turn: int
    """0: before any model call."""
    action: str
    resource: str | None = None
    candidates: tuple[str, ...] = ()
    observations: tuple[str, ...] = ()
    error: Text | None = None
    """Why the action was refused; the judge got the same words."""


class Trace(Frozen):
    """Everything that was done, in order."""

    steps: tuple[Step, ...] = ()
    observations: tuple[Observation, ...] = ()
    messages: tuple[str, ...] = ()
    """A SHA-256 of each chat message, in order (`loop.message_digest`)."""

    @property
    def used_resources(self) -> tuple[str, ...]:
        """Resources that were really read or run, in first-use order: the ledger's word, not the model's."""
        return tuple(
            dict.fromkeys(step.resource for step in self.steps if step.resource is not None and step.error is None)
        )


class Pass(Frozen):
    """One run of the judge over the table."""

    order: tuple[str, ...]
    """Labels in the order shown: the judge saw them as A, B, ..."""
    seed: int | None = None
    evidence: tuple[Evidence, ...] = ()
    preference: Preference | None = None
    trace: Trace = Trace()
    error: Text | None = None


class Agreement(Frozen):
    """How far several passes agree: share of commonly decided cells with equal scores, in [0, 1]."""

    order_consistency: Unit | None = None
    votes: Unit | None = None


class Usage(Frozen):
    calls: int = 0
    cached_calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float | None = None
    seconds: float = 0.0


class Versions(Frozen):
    """What made this judgment."""

    package: str
    skill: str
    skill_digest: str
    verifiers: dict[str, str] = Field(default_factory=dict)
    model: str | None = None


class Judgment(Frozen):
    """Everything about one sample. Complete: another readout needs nothing else."""

    sample_id: str
    sample_digest: str
    goal: Goal
    status: Status
    verdict: Verdict
    criteria: tuple[Criterion, ...]
    readout: Readout
    evidence: tuple[Evidence, ...]
    lengths: dict[str, tuple[int, int]] = Field(default_factory=dict)
    """Characters of each candidate's answer, and of everything it said."""
    conflicts: tuple[Evidence, ...] = ()
    """Rows overruled by precedence."""
    preference: Preference | None = None
    flags: tuple[Flag, ...] = ()
    agreement: Agreement | None = None
    passes: tuple[Pass, ...] = ()
    usage: Usage = Usage()
    error: Text | None = None
    versions: Versions

    @property
    def trace(self) -> Trace:
        """The first pass's trace."""
        return self.passes[0].trace if self.passes else Trace()

    def reward(self, label: str | None = None) -> float | None:
        """The shaped reward of one candidate, or None when there is no valid judgment of it.

        Without a label the sample must have exactly one candidate; raises `SkillRMError` otherwise.
        """
        if label is None:
            if len(self.verdict.scores) != 1:
                raise SkillRMError(f"reward() needs a label: this judgment holds {len(self.verdict.scores)} candidates")
            label = next(iter(self.verdict.scores))
        if label not in self.verdict.scores:
            raise SkillRMError(f"no candidate {label!r}; there are {', '.join(self.verdict.scores)}")
        value = self.verdict.scores[label].value
        if self.status == "failed" or value is None:
            return None
        return self.readout.shaping.of(value)
