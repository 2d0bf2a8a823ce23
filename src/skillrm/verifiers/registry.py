"""The door by which verifiers and detectors come in: built-ins, entry points `skillrm.verifiers`, the caller's own."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import json
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import entry_points
from typing import Any, Literal, TypeVar, cast

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from skillrm.errors import ConfigError, Fault, SkillRMError, VerifierNotFound
from skillrm.types import Candidate, Criterion, Resource, Sample
from skillrm.validation import faults

BUILT_IN = (
    "ifeval",
    "ifbench",
    "structure",
    "reference",
    "answer",
    "code",
    "consensus",
    "script",
    "function",
    "scorer",
)
DETECTORS = ("constraints",)
MAX_ARGS = 1 << 18
"""Characters of a resource's arguments, written as JSON."""
_ARGS_KEPT = 256


class Args(BaseModel):
    """Base of a verifier's arguments: unknown keys are errors, everything is size-bounded by the loader."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class NoArgs(Args):
    """A verifier without arguments."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a verifier returns about one candidate.

    status: decided (score set) | unknown (it cannot tell) | not_applicable (the criterion does not apply to this
    sample at all; must not depend on the candidate) | error (the verifier or the machine broke, not the candidate).
    """

    status: Literal["decided", "unknown", "not_applicable", "error"]
    score: float | None = None
    """In [0, 1]; only when decided. 1 satisfied, 0 violated."""
    observation: str = ""
    """What was seen, in words a person can check: `counted 312 words; at least 300 asked`."""
    forgeable: bool = False
    """The candidate's own code could have forged this: such a finding is never hard by default."""

    def __post_init__(self) -> None:
        if (self.status == "decided") != (self.score is not None):
            raise ValueError(f"status {self.status} does not fit score {self.score}")
        if self.score is not None and not 0.0 <= self.score <= 1.0:
            raise ValueError(f"the score {self.score} lies outside 0 to 1")

    @property
    def satisfied(self) -> bool:
        return self.score == 1


def decided(score: float | bool, observation: str, *, forgeable: bool = False) -> Finding:
    return Finding("decided", float(score), observation, forgeable)


def unknown(observation: str) -> Finding:
    return Finding("unknown", None, observation)


def not_applicable(observation: str) -> Finding:
    return Finding("not_applicable", None, observation)


def broken(observation: str) -> Finding:
    return Finding("error", None, observation)


@dataclass(frozen=True, slots=True)
class Verifier:
    """A registered verifier: name, version, arguments and what may call it."""

    name: str
    version: str
    function: Callable[..., Any]
    args: type[Args]
    group: bool
    many: bool
    sample_safe: bool
    """A sample's own resource may use it: bounded in time and memory whatever its arguments."""
    keeps: bool
    """Costly, and decided by sample, arguments and version alone: a cache may know what it finds."""
    summary: str
    waits: bool
    """A coroutine function: it can run beside others and be stopped at a deadline."""

    def parse(self, args: Mapping[str, JsonValue]) -> Args:
        """Checked arguments. Raises `ConfigError` naming every wrong one."""
        try:
            return self.args.model_validate(args)
        except ValidationError as error:
            raise ConfigError(*faults(error, self.args)) from None

    async def run(
        self, sample: Sample, labels: tuple[str, ...], args: Args, found: dict[str, Finding] | None = None
    ) -> dict[str, Finding]:
        """One finding per label. Never raises for what a candidate wrote: a verifier that breaks gives `error`.

        `found` is filled as findings come: whoever stops at a deadline has those that are there.
        """
        found = {} if found is None else found
        if self.group or self.many:
            missing = broken(f"{self.name} gave no finding")
            try:
                await self._run_all(sample, labels, args, found)
            except Exception as error:
                missing = _breakdown(self.name, error)
            return {label: found.get(label, missing) for label in labels}

        async def fill(label: str) -> None:
            found[label] = await self._run_one(sample, sample.candidate(label), args)

        if len(labels) > 1 and self.waits:  # one that loops must not use up the time of all
            await asyncio.gather(*map(fill, labels))
        else:
            for label in labels:
                await fill(label)
        return {label: found[label] for label in labels}

    async def _run_all(self, sample: Sample, labels: tuple[str, ...], args: Args, found: dict[str, Finding]) -> None:
        asked = (tuple(map(sample.candidate, labels)),) if self.many else ()
        given: Any = self.function(sample, *asked, args)
        if inspect.isasyncgen(given):
            findings = cast("AsyncGenerator[tuple[str, Finding]]", given)
            async with aclosing(findings):
                async for label, finding in findings:
                    found[label] = finding
        else:
            found.update(await given if inspect.isawaitable(given) else given)

    async def _run_one(self, sample: Sample, candidate: Candidate, args: Args) -> Finding:
        try:
            found = self.function(sample, candidate, args)
            finding: Finding = await found if inspect.isawaitable(found) else found
        except Exception as error:
            return _breakdown(self.name, error)
        return finding


def _breakdown(name: str, error: Exception) -> Finding:
    return broken(f"{name} broke: {type(error).__name__}: {error}"[:500])


@dataclass(frozen=True, slots=True)
class Detection:
    """A constraint read out of a prompt, bound to the verifier that decides it, with the words that prove it."""

    criterion: Criterion
    resource: Resource
    span: str


@dataclass(frozen=True, slots=True)
class Detector:
    name: str
    version: str
    function: Callable[[Sample], tuple[Detection, ...]]
    """Reads the prompt only; the candidates are not its business."""


F = TypeVar("F", bound=Callable[..., Any])

_verifiers: dict[str, Verifier] = {}
_detectors: dict[str, Detector] = {}
_loaded = False


def verifier(
    name: str,
    *,
    version: str,
    args: type[Args] = NoArgs,
    group: bool = False,
    many: bool = False,
    sample_safe: bool = False,
    keeps: bool = False,
) -> Callable[[F], F]:
    """Register `(sample, candidate, args) -> Finding`, or with `group=True` `(sample, args) -> {label: Finding}`.

    `many`: `(sample, candidates, args) -> {label: Finding}`, each judged for itself, but cheaper all at once; or a
    generator of `(label, Finding)`, whose findings so far stand when time is over.
    `keeps`: costly, and decided by sample, arguments and `version` alone, so that a cache may know the findings.
    """

    def register(function: F) -> F:
        known = _verifiers.get(name)
        if known is not None and known.function.__module__ != function.__module__:
            raise SkillRMError(f"verifier {name} is already registered by {known.function.__module__}")
        summary = (inspect.getdoc(function) or "").split("\n")[0]
        waits = inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)
        _verifiers[name] = Verifier(name, version, function, args, group, many, sample_safe, keeps, summary, waits)
        return function

    return register


def detector(name: str, *, version: str) -> Callable[[F], F]:
    """Register a function that reads constraints out of a sample's prompt."""

    def register(function: F) -> F:
        _detectors[name] = Detector(name, version, function)
        return function

    return register


def load() -> None:
    """Import the built-ins and the entry points, once."""
    global _loaded
    if _loaded:
        return
    _loaded = True
    for module in (*BUILT_IN, *DETECTORS):
        importlib.import_module(f"skillrm.verifiers.{module}")
    for entry in entry_points(group="skillrm.verifiers"):
        entry.load()


def find(name: str) -> Verifier:
    """The verifier of that name. Raises `VerifierNotFound` with the nearest names."""
    load()
    if name not in _verifiers:
        from difflib import get_close_matches

        near = get_close_matches(name, _verifiers, n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else "`skillrm verifier list` names them"
        raise VerifierNotFound(f"no verifier {name!r}; {hint}")
    return _verifiers[name]


@lru_cache(maxsize=_ARGS_KEPT)
def arguments(found: Verifier, resource: Resource) -> Args:
    """The checked arguments of a resource for its verifier; a rollout group has them checked once.

    Raises `ConfigError` naming every wrong one.
    """
    given = resource.args if resource.endpoint is None else {"url": resource.endpoint, **resource.args}
    size = len(json.dumps(given, ensure_ascii=False))
    if size > MAX_ARGS:
        raise ConfigError(Fault(f"the arguments take {size} characters; at most {MAX_ARGS}"))
    return found.parse(given)


def behind(resource: Resource) -> Verifier:
    """The verifier that a resource runs; that of an endpoint is `scorer:http`. Raises `VerifierNotFound`."""
    return find("scorer:http" if resource.endpoint is not None else resource.verifier or "")


def find_detector(name: str) -> Detector:
    """The detector of that name. Raises `VerifierNotFound`."""
    load()
    if name not in _detectors:
        raise VerifierNotFound(f"no detector {name!r}; there are {', '.join(sorted(_detectors))}")
    return _detectors[name]


def names() -> tuple[str, ...]:
    load()
    return tuple(sorted(_verifiers))


async def check_async(name: str, text: str, prompt: str = "", **args: JsonValue) -> Finding:
    """Run one verifier by hand on one text; see `check`."""
    found = find(name)
    sample = Sample(prompt=prompt, candidates=(Candidate(label="A", text=text),), resources=_given(args))
    return (await found.run(sample, ("A",), found.parse(args)))["A"]


def _given(args: dict[str, Any]) -> tuple[Resource, ...]:
    """`reference=` and `tests=` are what a sample would bring; they are mounted, not passed."""
    given = [(key, args.pop(key)) for key in ("reference", "tests") if isinstance(args.get(key), str)]
    return tuple(
        Resource(id=key, kind="reference" if key == "reference" else "tool", text=text, access="sample")
        for key, text in given
    )


def not_in_registry(name: str) -> Fault | None:
    """A fault when no verifier of that name exists; for checks that collect."""
    try:
        find(name)
    except VerifierNotFound as error:
        return Fault(str(error))
    return None
