"""Which criteria and resources apply to one prompt: by the skill's rules, by a detector, by what the sample brings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TypeVar

from pydantic import TypeAdapter

from skillrm.errors import Fault, SampleError
from skillrm.skill import Bank, OpenCriteria, Rule, Situation, Skill
from skillrm.types import Candidate, Criterion, Goal, Message, Resource, Sample
from skillrm.verifiers import registry
from skillrm.verifiers.registry import Detection, Detector

T = TypeVar("T", Criterion, Resource)

_MESSAGES = TypeAdapter(tuple[Message, ...])
_PROMPTS_KEPT = 4096


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked of the candidates and what may answer it. Order: the skill's, the prompt's, the sample's."""

    criteria: tuple[Criterion, ...]
    resources: tuple[Resource, ...]
    spans: Mapping[str, str] = field(default_factory=dict)
    """Criterion id -> the words of the prompt that prove it."""
    open: OpenCriteria | None = None
    detectors: Mapping[str, str] = field(default_factory=dict)
    """Name -> version of the detectors that read the prompt."""


def plan_for(skill: Skill, bank: Bank, goal: Goal) -> Plan:
    """The plan for one sample. Depends on nothing but its arguments and the detectors; a prompt is read only once.

    Raises `SampleError` when a resource of the sample is a second hard decider of a criterion.
    """
    sample = bank.sample
    now = _situation(sample, goal)
    found, versions = _detected(skill.plan, sample, now)
    now = replace(now, detected=bool(found))
    found = _joined(_renamed(_unsaid(found, sample.resources), skill, sample))
    rules = [(rule, rule.when.holds(now)) for rule in skill.plan]

    criteria = (
        *_applying(skill.criteria, [(rule.criteria, holds) for rule, holds in rules]),
        *{detection.criterion.id: detection.criterion for detection in found}.values(),
        *(one if one.origin != "skill" else one.model_copy(update={"origin": "sample"}) for one in sample.criteria),
    )
    mounted = bank.resources[: len(bank.resources) - len(sample.resources)]
    resources = (
        *_applying(mounted, [(rule.resources, holds) for rule, holds in rules]),
        *(detection.resource for detection in found),
        *sample.resources,
    )
    in_force = frozenset(criterion.id for criterion in criteria)
    planned = tuple(kept for one in resources if (kept := _planned(one, in_force, now.brought)) is not None)
    _check_deciders(criteria, planned, sample)
    spans = {detection.criterion.id: detection.span for detection in found}
    return Plan(criteria, planned, spans, skill.open, versions)


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


def _planned(resource: Resource, in_force: frozenset[str], brought: frozenset[str]) -> Resource | None:
    """The resource with what it decides here; None when it has nothing to decide or misses what it needs."""
    if not brought.issuperset(resource.needs):
        return None
    if not resource.decides or in_force.issuperset(resource.decides):
        return resource
    decides = tuple(identity for identity in resource.decides if identity in in_force)
    return resource.model_copy(update={"decides": decides}) if decides else None


def _check_deciders(criteria: Iterable[Criterion], resources: Iterable[Resource], sample: Sample) -> None:
    combined = {criterion.id for criterion in criteria if criterion.combine is not None}
    first: dict[str, str] = {}
    for resource in resources:
        for identity in resource.decides if resource.hard else ():
            if identity in first and identity not in combined:
                message = f"{first[identity]} and {resource.id} both decide {identity}, and both are hard"
                where = next(
                    (f"resources.{n}" for n, one in enumerate(sample.resources) if one.id == resource.id), None
                )
                raise SampleError(Fault(message, field=where, mend="make one of them soft, or remove it"))
            first.setdefault(identity, resource.id)


def _detected(plan: Iterable[Rule], sample: Sample, now: Situation) -> tuple[tuple[Detection, ...], dict[str, str]]:
    """What the detectors of the rules that hold read out of the prompt; the same constraint counts once."""
    found: dict[str, Detection] = {}
    versions: dict[str, str] = {}
    for rule in plan:
        if rule.detect is None or rule.detect in versions or not rule.when.holds(now):
            continue
        detector = registry.find_detector(rule.detect)
        versions[detector.name] = detector.version
        prompt = sample.prompt
        key = prompt if isinstance(prompt, str) else _MESSAGES.dump_json(prompt)
        for detection in _read_prompt(detector, key):
            resource = detection.resource
            body = resource.model_dump_json(include={"verifier", "args", "text", "endpoint", "scope", "hard"})
            found.setdefault(body, detection)
    return tuple(found.values()), versions


@lru_cache(maxsize=_PROMPTS_KEPT)
def _read_prompt(detector: Detector, prompt: str | bytes) -> tuple[Detection, ...]:
    """One reading serves a whole rollout group. The detector gets the prompt alone: answers are not its business."""
    asked = prompt if isinstance(prompt, str) else _MESSAGES.validate_json(prompt)
    return tuple(detector.function(Sample(prompt=asked, candidates=(Candidate(label="A"),))))


def _unsaid(found: tuple[Detection, ...], brought: Iterable[Resource]) -> tuple[Detection, ...]:
    """Detections whose verifier the sample does not bring itself: what the caller states wins over what is read."""
    stated = {resource.verifier for resource in brought if resource.verifier is not None}
    return tuple(detection for detection in found if detection.resource.verifier not in stated)


def _renamed(found: Iterable[Detection], skill: Skill, sample: Sample) -> tuple[Detection, ...]:
    """Detections under ids that neither the skill nor the sample uses."""
    criteria = {one.id for one in (*skill.criteria, *sample.criteria)}
    resources = {one.id for one in (*skill.resources, *sample.resources)}
    renamed = []
    for one in found:
        criterion, resource = one.criterion, one.resource
        identity, checker = _free(criterion.id, criteria), _free(resource.id, resources)
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


def _free(identity: str, taken: set[str]) -> str:
    name, number = identity, 2
    while name in taken:
        name, number = f"{identity}-{number}", number + 1
    return name
