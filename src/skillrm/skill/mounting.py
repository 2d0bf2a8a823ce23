"""What of a sample may be seen, and whether what it brings is safe to run."""

from __future__ import annotations

from skillrm.errors import ConfigError, Fault, SampleError, VerifierNotFound
from skillrm.types import Access, Candidate, Resource, Sample
from skillrm.verifiers import registry


def view(sample: Sample, access: Access, taken_resources: frozenset[str], taken_criteria: frozenset[str]) -> Sample:
    """The sample with only what is mounted at `access`. Raises `SampleError` with every fault of what it brings."""
    faults = [
        Fault("the skill has a criterion of that id", field=f"criteria.{n}.id", mend=f"rename {criterion.id}")
        for n, criterion in enumerate(sample.criteria)
        if criterion.id in taken_criteria
    ]
    for n, resource in enumerate(sample.resources):
        if resource.id in taken_resources:
            mend = f"rename {resource.id}"
            faults.append(Fault("the skill has a resource of that id", field=f"resources.{n}.id", mend=mend))
        if resource.seen_at(access):
            faults += unsafe(resource, f"resources.{n}")
    for n, candidate in enumerate(sample.candidates):
        for m, resource in enumerate(candidate.resources):
            if resource.text is None:
                where = f"candidates.{n}.resources.{m}"
                faults.append(Fault("what a candidate brings is text; nothing of it is run", field=where))
    if faults:
        raise SampleError(*faults)
    return _without_unseen(sample, access)


def unsafe(resource: Resource, where: str) -> list[Fault]:
    """Why a sample may not bring this resource: only text, or a sample-safe verifier whose arguments check out."""
    if resource.endpoint is not None:
        return [Fault("endpoints come only from skills", field=f"{where}.endpoint", mend="declare it in a skill")]
    if resource.verifier is None:
        return []
    return misbound(resource, where, sample=True)


def misbound(resource: Resource, where: str, *, sample: bool) -> list[Fault]:
    """Faults of a verifier's name and arguments; `sample`: it must be safe with arguments from anyone."""
    try:
        found = registry.behind(resource)
    except VerifierNotFound as error:
        return [Fault(str(error), field=f"{where}.verifier")]
    if sample and not found.sample_safe:
        mend = "only a skill may declare it, or register it with sample_safe=True"
        return [Fault(f"{found.name} is not safe with arguments from a sample", field=f"{where}.verifier", mend=mend)]
    try:
        registry.arguments(found, resource)
    except ConfigError as error:
        return [
            Fault(
                f"{fault.message} (verifier {found.name})",
                field=f"{where}.args.{fault.field}" if fault.field else f"{where}.args",
                mend=fault.mend,
            )
            for fault in error.faults
        ]
    return []


def _without_unseen(sample: Sample, access: Access) -> Sample:
    changed: dict[str, object] = {}
    seen = tuple(resource for resource in sample.resources if resource.seen_at(access))
    if len(seen) < len(sample.resources):
        changed["resources"] = seen
    candidates = tuple(_candidate(candidate, access) for candidate in sample.candidates)
    if any(new is not old for new, old in zip(candidates, sample.candidates, strict=True)):
        changed["candidates"] = candidates
    if not changed:
        return sample
    return sample.model_copy(update=changed)


def _candidate(candidate: Candidate, access: Access) -> Candidate:
    seen = tuple(resource for resource in candidate.resources if resource.seen_at(access))
    if len(seen) == len(candidate.resources):
        return candidate
    return candidate.model_copy(update={"resources": seen})
