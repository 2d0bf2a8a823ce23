"""What a skill is once it is loaded, and what of a sample may be seen with it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, Field, field_validator
from pydantic.dataclasses import dataclass as checked_dataclass

from skillrm.judgment import Readout
from skillrm.limits import Count, Limits
from skillrm.skill.mounting import view
from skillrm.types import Access, Criterion, Frozen, Goal, Resource, Sample
from skillrm.validation import SCALE
from skillrm.verifiers.patterns import PatternError, compile_linear

T = TypeVar("T")
Words = Annotated[tuple[str, ...], BeforeValidator(lambda value: (value,) if isinstance(value, str) else value)]


@checked_dataclass(frozen=True, slots=True, config={"extra": "forbid", "defer_build": True})
class OpenCriteria:
    """How many criteria a judge may propose in its planning turn; number, weight and scale never come from it."""

    max: Annotated[int, Field(ge=1, le=20)]
    weight: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0
    scale: Annotated[str, Field(pattern=SCALE)] = "graded(5)"


@dataclass(frozen=True, slots=True)
class Situation:
    """What the conditions of a plan look at."""

    brought: frozenset[str]
    """Ids and kinds of the sample's mounted resources; `criteria` when it brings criteria of its own."""
    tags: frozenset[str]
    goal: Goal
    candidates: int
    prompt: str
    detected: bool = False
    """A detector of the plan found something in the prompt."""


class When(Frozen):
    """All of these must hold; what is not said is not asked."""

    tags: Words = ()
    """Any of them."""
    needs: Words = ()
    """All of them: resource ids or kinds that the mounted sample brings, or `criteria`."""
    without: Words = ()
    """None of them: as `needs`, or tags."""
    goal: Annotated[tuple[Goal, ...], BeforeValidator(lambda value: (value,) if isinstance(value, str) else value)] = ()
    """Any of them."""
    min_candidates: Annotated[int, Field(ge=1)] = 1
    matches: str | None = None
    """Linear-time regular expression (RE2) that the prompt must hold somewhere; `^` and `$` are line ends."""
    matches_not: str | None = None
    undetected: bool = False
    """No detector of the plan found anything in the prompt."""

    @field_validator("matches", "matches_not")
    @classmethod
    def _compiles(cls, pattern: str | None) -> str | None:
        if pattern is not None:
            try:
                compile_linear(pattern, multiline=True)
            except PatternError as error:
                raise ValueError(f"is no RE2 expression: {error}") from None
        return pattern

    def holds(self, now: Situation) -> bool:
        """Whether every condition is met."""
        if not self.model_fields_set:
            return True
        if (self.tags and now.tags.isdisjoint(self.tags)) or (self.goal and now.goal not in self.goal):
            return False
        if not now.brought.issuperset(self.needs) or not (now.brought | now.tags).isdisjoint(self.without):
            return False
        if now.candidates < self.min_candidates or (self.undetected and now.detected):
            return False
        if self.matches is not None and not _found(self.matches, now.prompt):
            return False
        return self.matches_not is None or not _found(self.matches_not, now.prompt)

    def excludes(self, other: When) -> bool:
        """No situation meets both, provably."""
        if self.goal and other.goal and set(self.goal).isdisjoint(other.goal):
            return True
        return _barred(self, other) or _barred(other, self)


def _barred(one: When, other: When) -> bool:
    """What `one` asks for is what `other` rules out."""
    without = set(other.without)
    if not without.isdisjoint(one.needs) or (one.tags and without.issuperset(one.tags)):
        return True
    return one.matches is not None and one.matches == other.matches_not


def _found(pattern: str, text: str) -> bool:
    return compile_linear(pattern, multiline=True).search(text) is not None


class Rule(Frozen):
    """One entry of `plan:`. What some rule names applies only when a rule that names it holds."""

    when: When = When()
    criteria: Words = ()
    resources: Words = ()
    detect: str | None = None
    """Detector that reads further criteria and their verifiers out of the prompt."""


class SkillLimits(Frozen):
    """Limits that a skill asks for instead of the defaults; what the caller set himself wins."""

    turns: Count | None = None
    calls: Count | None = None
    python_runs: Annotated[int, Field(ge=0)] | None = None
    observation_tokens: Count | None = None

    def over(self, limits: Limits) -> Limits:
        """`limits` with this skill's wishes wherever the caller left the default."""
        if not self.model_fields_set:
            return limits
        wanted = {name: value for name, value in self if value is not None and name not in limits.model_fields_set}
        return limits.model_copy(update=wanted) if wanted else limits


@dataclass(frozen=True, slots=True)
class Bank:
    """Everything that may be seen while this sample is judged; what is not in it does not exist."""

    sample: Sample
    """Only mounted resources, those of its candidates included."""
    own: tuple[Resource, ...]
    """The skill's."""
    access: Access

    @property
    def resources(self) -> tuple[Resource, ...]:
        """The skill's, then the sample's."""
        return self.own + self.sample.resources

    def get(self, identity: str) -> Resource | None:
        return next((resource for resource in self.resources if resource.id == identity), None)


@dataclass(frozen=True, slots=True)
class Skill:
    """A loaded skill. Two are equal when their name and digest are."""

    name: str
    description: str = field(compare=False)
    version: str = field(compare=False)
    """`metadata.version` of the frontmatter; empty when it says none."""
    path: Path = field(compare=False)
    digest: str
    """SHA-256 over sorted `relpath\\0sha256\\n` of every file; `tests/`, dot files and `__pycache__` aside."""
    procedure: str = field(compare=False)
    """SKILL.md without its frontmatter: what the judge is told."""
    criteria: tuple[Criterion, ...] = field(compare=False)
    resources: tuple[Resource, ...] = field(compare=False)
    plan: tuple[Rule, ...] = field(compare=False, default=())
    readout: Readout = field(compare=False, default_factory=Readout)
    open: OpenCriteria | None = field(compare=False, default=None)
    limits: SkillLimits = field(compare=False, default_factory=SkillLimits)
    _made: dict[Hashable, Any] = field(compare=False, init=False, repr=False, default_factory=dict)

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What follows from this skill alone, made at first use: so a judgment costs the same with a large bank."""
        if key not in self._made:
            self._made[key] = make()
        found: T = self._made[key]
        return found

    @property
    def taken(self) -> tuple[frozenset[str], frozenset[str]]:
        """Ids of its resources and of its criteria."""
        return self.once("taken", lambda: (_ids(self.resources), _ids(self.criteria)))

    def mount(self, sample: Sample, access: Access = "sample") -> Bank:
        """What may be seen: `open` resources always, `sample` and `privileged` ones at that access or above.

        Raises `SampleError` with every fault when a resource of the sample reuses an id of the skill, or is neither
        text nor a `sample_safe` verifier with valid, bounded arguments.
        """
        own = self.once(("seen", access), lambda: tuple(one for one in self.resources if one.seen_at(access)))
        if sample.resources or sample.criteria or any(candidate.resources for candidate in sample.candidates):
            sample = view(sample, access, *self.taken)
        return Bank(sample, own, access)


def _ids(named: Iterable[Resource | Criterion]) -> frozenset[str]:
    return frozenset(one.id for one in named)
