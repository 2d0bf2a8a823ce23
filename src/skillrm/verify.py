"""Run verifiers over candidates and write what they find into the ledger; no model is involved."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import time
import weakref
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from skillrm.errors import SkillRMError, VerifierNotFound
from skillrm.findings import KnownFindings
from skillrm.ledger import Ledger
from skillrm.types import Observation, Resource, Sample
from skillrm.verifiers import registry
from skillrm.verifiers.registry import Finding

AT_ONCE = 2 * (os.cpu_count() or 2)
"""Costly verifiers at work in one event loop. The others wait outside their time: a verifier that would share the
machine with sixty neighbours would not finish, and what was not decided would depend on the load."""
_MOMENT = 0.5
_turns: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = weakref.WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Run:
    """One resource over some candidates: what it found and how long it took (ms)."""

    resource: Resource
    findings: dict[str, Finding]
    ms: float
    known: bool = False
    """Out of a cache."""


class Share:
    """What the verifiers of one judgment may take of the machine, together."""

    def __init__(self, seconds: float = math.inf) -> None:
        self.left = seconds
        """Of running; waiting for a turn is not counted."""
        self._queued = asyncio.Semaphore(AT_ONCE)

    @contextlib.asynccontextmanager
    async def turn(self, verifier: registry.Verifier) -> AsyncIterator[None]:
        """Few of one judgment wait at the same time: others' need not wait for all of them."""
        if not verifier.keeps:
            yield
            return
        turns = _turns.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE))
        async with self._queued, turns:
            yield

    @contextlib.asynccontextmanager
    async def running(self, seconds: float) -> AsyncIterator[float]:
        """How long it may take: once all time is spent, a moment. Raises `TimeoutError`."""
        loop = asyncio.get_running_loop()
        started, allowed = loop.time(), min(seconds, max(_MOMENT, self.left))
        try:
            async with asyncio.timeout(allowed):
                yield allowed
        finally:
            self.left -= loop.time() - started


async def run(
    resource: Resource,
    sample: Sample,
    labels: tuple[str, ...],
    seconds: float,
    known: KnownFindings | None = None,
    share: Share | None = None,
) -> Run:
    """Findings of one resource. What we or the machine broke is `error`, never a decision; what was found in time
    stands.
    """
    started, key, share = time.perf_counter(), None, share or Share()
    findings: dict[str, Finding] = {}
    missing, allowed = "", seconds
    try:
        verifier = registry.behind(resource)
        args = registry.arguments(verifier, resource)
        key = known.key(resource, verifier, sample, labels) if known is not None else None
        if known is not None and key is not None and (found := known.get(key)) is not None:
            return Run(resource, found, (time.perf_counter() - started) * 1000, known=True)
        seen = _everything_said(sample) if resource.scope == "all" else sample
        if verifier.waits:
            async with share.turn(verifier), share.running(seconds) as allowed:
                findings |= await verifier.run(seen, labels, args, findings)
        else:  # nothing could stop it
            findings |= await verifier.run(seen, labels, args, findings)
    except TimeoutError:
        missing = f"{resource.id} did not finish within {allowed:.3g} s"
    except SkillRMError as error:
        missing = f"{resource.id}: {error}"
    findings = {label: findings.get(label) or registry.broken(missing) for label in labels}
    ms = (time.perf_counter() - started) * 1000
    if known is not None and key is not None:
        known.put(key, findings, ms)
    return Run(resource, findings, ms)


def _everything_said(sample: Sample) -> Sample:
    whole = [c.model_copy(update={"text": c.whole, "delimiters": ()}) for c in sample.candidates]
    return sample.model_copy(update={"candidates": tuple(whole)})


async def run_all(
    resources: Sequence[Resource],
    sample: Sample,
    labels: tuple[str, ...],
    ledger: Ledger,
    seconds: float,
    turn: int = 0,
    known: KnownFindings | None = None,
    together: float = math.inf,
) -> list[Observation]:
    """Run `resources` side by side and write their rows in the given order, so that numbering is deterministic.

    `together`: seconds that all of them may take, waiting for a turn aside.
    """
    if not labels or not resources:
        return []
    share = Share(together)
    work = [run(resource, sample, labels, seconds, known, share) for resource in resources]
    side_by_side = sum(map(_waits, resources)) > 1
    runs = await asyncio.gather(*work) if side_by_side else [await one for one in work]
    return [one for done in runs for one in ledger.find(turn, done.resource, done.findings, done.ms, done.known)]


def _waits(resource: Resource) -> bool:
    try:
        return registry.behind(resource).waits
    except VerifierNotFound:
        return False


def keeps(resources: Sequence[Resource]) -> bool:
    """Whether a cache could know anything that these find."""
    return any(registry.behind(resource).keeps for resource in resources if resource.runs)


def versions(resources: Sequence[Resource]) -> dict[str, str]:
    """Name to version of the verifiers behind `resources`."""
    used = {registry.behind(resource) for resource in resources if resource.runs}
    return {found.name: found.version for found in sorted(used, key=lambda found: found.name)}
