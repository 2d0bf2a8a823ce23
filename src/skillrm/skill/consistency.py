"""What names what: ids, deciders, rules and files of a skill must fit together."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from difflib import get_close_matches

from skillrm.errors import Fault, VerifierNotFound
from skillrm.skill.declaration import Declared
from skillrm.skill.folder import Folder
from skillrm.skill.mounting import misbound
from skillrm.skill.skill import Rule, When
from skillrm.types import Resource
from skillrm.verifiers import registry

_LINK = re.compile(r"\]\(\s{0,9}<?([^)\s>]{1,300})>?[^)]{0,300}\)")
_MOST_FAULTS = 200
_ASIDE = re.compile(r"(?:README|LICENSE|LICENCE|NOTICE|CHANGELOG)(?:\.[A-Za-z]+)?", re.IGNORECASE)


def check(declared: Declared) -> None:
    """Add every fault between the parts of resources.yaml to its document."""
    _check_resources(declared)
    _check_components(declared)
    _check_plan(declared)
    if declared.whole:  # else what is missing may only be misspelt
        _check_positive(declared)
        _check_deciders(declared)


def check_files(declared: Declared, folder: Folder, procedure: str, body_line: int) -> list[Fault]:
    """Links of SKILL.md that lead nowhere, and files that nothing points to."""
    faults, linked = [], set()
    skill_md = folder.name_of("SKILL.md")
    for number, line in enumerate(procedure.split("\n"), start=body_line):
        for target in _LINK.findall(line):
            plain = target.split("#")[0].removeprefix("./")
            if not plain or re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:", target):
                continue
            linked.add(plain)
            if plain not in folder.files:
                mend = "a link leads to a file of the skill"
                faults.append(Fault(f"there is no file {target}", skill_md, number, mend=mend))
    for file in folder.files:
        if file in ("SKILL.md", "resources.yaml") or _ASIDE.fullmatch(file):
            continue
        if file not in declared.pointed | linked and not _mentioned(file, procedure):
            mend = "name it in resources.yaml or SKILL.md, or remove it"
            faults.append(Fault("nothing points to this file", folder.name_of(file), mend=mend))
    return faults


def _mentioned(file: str, text: str) -> bool:
    return re.search(rf"(?<![\w./-]){re.escape(file)}(?![\w/-])", text) is not None


def _check_resources(declared: Declared) -> None:
    document = declared.document
    known = {criterion.id for criterion in declared.criteria.values()}
    for place, resource in declared.resources.items():
        for n, identity in enumerate(resource.decides):
            if identity not in known:
                document.fault((*place, "decides", n), f"there is no criterion {identity}", _near(identity, known))
        if resource.hard and not resource.decides:
            document.fault((*place, "hard"), "hard says nothing where nothing is decided", "add decides: [...]")
        if resource.text is None:
            for fault in misbound(resource, "", sample=False):
                inner = tuple((fault.field or "").split(".")[1:])
                script = resource.verifier == "script:python" and "verifier" in inner
                where = (*place, "script") if script and (*place, "script") in document.lines else (*place, *inner)
                document.fault(where, fault.message, fault.mend)


def _check_components(declared: Declared) -> None:
    known = {criterion.id for criterion in declared.criteria.values()}
    for n, identity in enumerate(declared.readout.components):
        if identity not in known:
            place = ("readout", "components", n)
            declared.document.fault(place, f"there is no criterion {identity}", _near(identity, known))


def _check_plan(declared: Declared) -> None:
    document = declared.document
    criteria = {criterion.id for criterion in declared.criteria.values()}
    resources = {resource.id for resource in declared.resources.values()}
    detects = any(rule.detect for rule in declared.plan.values())
    for place, rule in declared.plan.items():
        for key, named, known in (("criteria", rule.criteria, criteria), ("resources", rule.resources, resources)):
            for n, identity in enumerate(named):
                if identity not in known:
                    what = "criterion" if key == "criteria" else "resource"
                    document.fault((*place, key, n), f"there is no {what} {identity}", _near(identity, known))
        if not (rule.criteria or rule.resources or rule.detect):
            document.fault(place, "the rule names nothing", "give criteria, resources or detect")
        if rule.detect is not None:
            try:
                registry.find_detector(rule.detect)
            except VerifierNotFound as error:
                document.fault((*place, "detect"), str(error))
        if rule.when.undetected and (rule.detect is not None or not detects):
            mend = "give the plan another rule that detects"
            document.fault((*place, "when", "undetected"), "there is no detector to wait for", mend)


def _check_positive(declared: Declared) -> None:
    """The weighted readout needs something to earn; open and detected criteria may bring it."""
    may_come = declared.open is not None or any(rule.detect for rule in declared.plan.values())
    if not declared.criteria and not may_come:
        declared.document.fault(("criteria",), "there is no criterion", "give criteria, open, or a rule that detects")
        return
    earns = may_come or any(criterion.weight > 0 for criterion in declared.criteria.values())
    if declared.readout.kind == "weighted" and not earns:
        declared.document.fault(("criteria",), "no criterion has a positive weight: no score could be earned")


def _check_deciders(declared: Declared) -> None:
    """Two hard deciders of one criterion contradict each other, unless it says how to combine them."""
    combined = {criterion.id for criterion in declared.criteria.values() if criterion.combine is not None}
    hard = [(place, resource) for place, resource in declared.resources.items() if resource.hard]
    for (_, first), (place, second) in itertools.combinations(hard, 2):
        for identity in sorted(set(first.decides) & set(second.decides) - combined):
            if not _never_both(first, second, declared.plan.values()):
                declared.document.fault(
                    (*place, "decides"),
                    f"{first.id} and {second.id} both decide {identity}, and both are hard",
                    f"give {identity} combine: all or any, or plan them by rules that exclude each other",
                )


def _never_both(first: Resource, second: Resource, plan: Iterable[Rule]) -> bool:
    rules = tuple(plan)
    return all(one.excludes(other) for one in _conditions(first, rules) for other in _conditions(second, rules))


def _conditions(resource: Resource, plan: tuple[Rule, ...]) -> list[When]:
    """The conditions any of which brings the resource into the plan."""
    found = [rule.when for rule in plan if resource.id in rule.resources] or [When()]
    return [when.model_copy(update={"needs": (*when.needs, *resource.needs)}) for when in found]


def _near(word: str, known: Iterable[str]) -> str:
    names = sorted(known)
    near = get_close_matches(word, names, n=1)
    return f"did you mean {near[0]}?" if near else f"there are {', '.join(names) or 'none'}"


def by_place(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """Faults in reading order, each once; far too many are cut short."""
    ordered = sorted(dict.fromkeys(faults), key=lambda fault: (fault.file or "", fault.line or 0))
    if len(ordered) > _MOST_FAULTS:
        ordered[_MOST_FAULTS:] = [Fault(f"and {len(ordered) - _MOST_FAULTS} more faults")]
    return tuple(ordered)
