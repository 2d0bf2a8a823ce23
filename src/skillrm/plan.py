"""Which criteria and resources apply to one prompt: by the skill's rules, by a detector, by what the sample brings."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, TypeVar

from pydantic import ConfigDict, TypeAdapter

from skillrm.errors import Fault, SampleError
from skillrm.skill import Bank, OpenCriteria, Situation, Skill
from skillrm.types import Candidate, Criterion, Goal, Message, Resource, Sample
from skillrm.verifiers import registry
from skillrm.verifiers.registry import Detection, Detector

T = TypeVar("T", Criterion, Resource)
M = TypeVar("M")

_MESSAGES = TypeAdapter(tuple[Message, ...], config=ConfigDict(defer_build=True))
_PROMPTS_KEPT = 4096


@dataclass(frozen=True, slots=True)
class Part:
    """Some resources of a plan, with what is looked up in them."""

    resources: tuple[Resource, ...] = ()
    by_id: Mapping[str, Resource] = field(default_factory=dict)
    runs: tuple[Resource, ...] = ()
    """Those that are run, not read."""
    eager: tuple[Resource, ...] = ()
    """Those that run before any model call."""
    hard: Mapping[str, str] = field(default_factory=dict)
    """Criterion id -> the first resource that decides it hard."""
    open: tuple[Resource, ...] = ()
    """Those that any sample may see."""

    @classmethod
    def of(cls, resources: tuple[Resource, ...]) -> Part:
        runs = tuple(one for one in resources if one.runs)
        eager = tuple(one for one in runs if one.run == "eager")
        hard = {identity: one.id for one in reversed(runs) if one.hard for identity in one.decides}
        seen = tuple(one for one in resources if one.access == "open")
        return cls(resources, {one.id: one for one in resources}, runs, eager, hard, seen)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked of the candidates and what may answer it. Order: the skill's, the prompt's, the sample's."""

    criteria: tuple[Criterion, ...]
    own: Part
    """The skill's: one object for all samples of the same situation."""
    brought: Part
    """The prompt's and the sample's."""
    spans: Mapping[str, str] = field(default_factory=dict)
    """Criterion id -> the words of the prompt that prove it."""
    open: OpenCriteria | None = None
    detectors: Mapping[str, str] = field(default_factory=dict)
    """Name -> version of the detectors that read the prompt."""
    _made: dict[Hashable, Any] = field(compare=False, init=False, repr=False, default_factory=dict)

    def once(self, key: Hashable, make: Callable[[], M]) -> M:
        """What follows from this plan alone, made at first use: all samples of the same situation share it."""
        if key not in self._made:
            self._made[key] = make()
        found: M = self._made[key]
        return found

    @property
    def resources(self) -> tuple[Resource, ...]:
        return self.own.resources + self.brought.resources

    @property
    def size(self) -> int:
        """Number of resources."""
        return len(self.own.resources) + len(self.brought.resources)

    @property
    def eager(self) -> tuple[Resource, ...]:
        """What runs before any model call."""
        return self.own.eager + self.brought.eager

    def resource(self, identity: str) -> Resource | None:
        return self.own.by_id.get(identity) or self.brought.by_id.get(identity)

    def settles(self, criterion: str) -> bool:
        """A hard verifier decides it."""
        return criterion in self.own.hard or criterion in self.brought.hard


def plan_for(skill: Skill, bank: Bank, goal: Goal) -> Plan:
    """The plan for one sample. Depends on nothing but its arguments and the detectors; a prompt is read only once.

    Raises `SampleError` when a resource of the sample is a second hard decider of a criterion.
    """
    sample = bank.sample
    now = _situation(sample, goal)
    holds = tuple([rule.when.holds(now) for rule in skill.plan])
    found, versions = _detected([rule.detect for rule, on in zip(skill.plan, holds, strict=True) if on], sample)
    if found:
        now = replace(now, detected=True)
        holds = tuple([rule.when.holds(now) for rule in skill.plan])
        found = _joined(_renamed(_unsaid(found, sample.resources), skill, sample))
    asked = now.brought & skill.once("needs", lambda: frozenset(need for one in skill.resources for need in one.needs))
    key = ("plan", bank.access, holds, asked, *versions.items())
    stated = skill.once(key, lambda: _of_skill(skill, bank.own, holds, asked, versions))
    if not (found or sample.resources or sample.criteria):
        return stated
    criteria = (
        *stated.criteria,
        *{detection.criterion.id: detection.criterion for detection in found}.values(),
        *(one if one.origin != "skill" else one.model_copy(update={"origin": "sample"}) for one in sample.criteria),
    )
    brought = Part()
    if found or sample.resources:
        in_force = frozenset(criterion.id for criterion in criteria)
        brought = Part.of(_planned((*(one.resource for one in found), *sample.resources), in_force, now.brought))
        _check_deciders(criteria, brought.runs, sample, stated.own.hard)
    spans = {detection.criterion.id: detection.span for detection in found}
    return replace(stated, criteria=criteria, brought=brought, spans=spans)


def _of_skill(
    skill: Skill,
    mounted: tuple[Resource, ...],
    holds: tuple[bool, ...],
    brought: frozenset[str],
    versions: Mapping[str, str],
) -> Plan:
    """The skill's criteria and resources where these of its rules hold, for a sample that adds nothing to them."""
    criteria = tuple(
        _applying(skill.criteria, [(rule.criteria, on) for rule, on in zip(skill.plan, holds, strict=True)])
    )
    called = _applying(mounted, [(rule.resources, on) for rule, on in zip(skill.plan, holds, strict=True)])
    part = Part.of(_planned(called, frozenset(criterion.id for criterion in criteria), brought))
    _check_deciders(criteria, part.runs, None, {})
    return Plan(criteria, part, Part(), {}, skill.open, versions)


def _situation(sample: Sample, goal: Goal) -> Situation:
    brought = {word for resource in sample.resources for word in (resource.id, resource.kind)}
    if sample.criteria:
        brought.add("criteria")
    tags = frozenset(sample.tags)
    return Situation(frozenset(brought), tags, goal, len(sample.candidates), sample.prompt_text)


def _applying(declared: Sequence[T], rules: Sequence[tuple[tuple[str, ...], bool]]) -> list[T]:
    """What no rule names, and what a rule that holds names."""
    named = {identity for names, _ in rules for identity in names}
    called = {identity for names, holds in rules if holds for identity in names}
    return [one for one in declared if one.id in called or one.id not in named]


def _planned(resources: Iterable[Resource], in_force: frozenset[str], brought: frozenset[str]) -> tuple[Resource, ...]:
    """The resources with what they decide here, less those with nothing to decide or without what they need."""
    planned = []
    for resource in resources:
        if brought.issuperset(resource.needs):
            decides = tuple(identity for identity in resource.decides if identity in in_force)
            if len(decides) == len(resource.decides):
                planned.append(resource)
            elif decides:
                planned.append(resource.model_copy(update={"decides": decides}))
    return tuple(planned)


def _check_deciders(
    criteria: Iterable[Criterion], resources: Iterable[Resource], sample: Sample | None, taken: Mapping[str, str]
) -> None:
    """Raises `SampleError` for a second hard decider; `taken`: criteria that the skill's own resources decide."""
    combined = {criterion.id for criterion in criteria if criterion.combine is not None}
    first: dict[str, str] = {}
    for resource in resources:
        for identity in resource.decides if resource.hard else ():
            other = taken.get(identity) or first.get(identity)
            if other is not None and identity not in combined:
                message = f"{other} and {resource.id} both decide {identity}, and both are hard"
                brought = sample.resources if sample is not None else ()
                where = next((f"resources.{n}" for n, one in enumerate(brought) if one.id == resource.id), None)
                raise SampleError(Fault(message, field=where, mend="make one of them soft, or remove it"))
            first.setdefault(identity, resource.id)


def _detected(names: Iterable[str | None], sample: Sample) -> tuple[tuple[Detection, ...], dict[str, str]]:
    """What these detectors read out of the prompt; the same constraint counts once."""
    found: dict[str, Detection] = {}
    versions: dict[str, str] = {}
    for name in names:
        if name is None or name in versions:
            continue
        detector = registry.find_detector(name)
        versions[detector.name] = detector.version
        prompt = sample.prompt
        key = prompt if isinstance(prompt, str) else _MESSAGES.dump_json(prompt)
        for body, detection in _read_prompt(detector, key):
            found.setdefault(body, detection)
    return tuple(found.values()), versions


@lru_cache(maxsize=_PROMPTS_KEPT)
def _read_prompt(detector: Detector, prompt: str | bytes) -> tuple[tuple[str, Detection], ...]:
    """Detections, each after what makes it the same as another. One reading serves a whole rollout group.

    The detector gets the prompt alone: answers are not its business.
    """
    asked = prompt if isinstance(prompt, str) else _MESSAGES.validate_json(prompt)
    body = {"verifier", "args", "text", "endpoint", "scope", "hard"}
    found = detector.function(Sample(prompt=asked, candidates=(Candidate(label="A"),)))
    return tuple((one.resource.model_dump_json(include=body), one) for one in found)


def _unsaid(found: tuple[Detection, ...], brought: Iterable[Resource]) -> tuple[Detection, ...]:
    """Detections whose verifier the sample does not bring itself: what the caller states wins over what is read."""
    stated = {resource.verifier for resource in brought if resource.verifier is not None}
    return tuple(detection for detection in found if detection.resource.verifier not in stated)


def _renamed(found: Iterable[Detection], skill: Skill, sample: Sample) -> tuple[Detection, ...]:
    """Detections under ids that neither the skill nor the sample uses."""
    skill_resources, skill_criteria = skill.taken
    criteria = {one.id for one in sample.criteria}
    resources = {one.id for one in sample.resources}
    renamed = []
    for one in found:
        criterion, resource = one.criterion, one.resource
        identity, checker = (
            _free(criterion.id, criteria, skill_criteria),
            _free(resource.id, resources, skill_resources),
        )
        if (identity, checker) != (criterion.id, resource.id):
            decides = tuple(identity if name == criterion.id else name for name in resource.decides)
            criterion = criterion.model_copy(update={"id": identity})
            resource = resource.model_copy(update={"id": checker, "decides": decides})
            one = Detection(criterion, resource, one.span)
        criteria.add(identity)
        resources.add(checker)
        renamed.append(one)
    return tuple(renamed)


def _joined(found: tuple[Detection, ...]) -> tuple[Detection, ...]:
    """One demand in the prompt is one criterion: both sides of `exactly 3 sentences` decide it together."""
    said: dict[tuple[str, str | None], list[Detection]] = {}
    for one in found:
        said.setdefault((one.span, one.resource.verifier), []).append(one)
    if len(said) == len(found):
        return found
    joined = []
    for group in said.values():
        criterion = group[0].criterion
        if len(group) > 1:
            text = " ".join(dict.fromkeys(one.criterion.text for one in group))
            criterion = criterion.model_copy(update={"combine": "all", "text": text})
        decides = {"decides": (criterion.id,)}
        joined += [Detection(criterion, one.resource.model_copy(update=decides), one.span) for one in group]
    return tuple(joined)


def _free(identity: str, *taken: Set[str]) -> str:
    name, number = identity, 2
    while any(name in names for names in taken):
        name, number = f"{identity}-{number}", number + 1
    return name
