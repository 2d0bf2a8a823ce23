"""Observations and evidence rows: who may write what, what must be cited, and which row counts.

Only `find` writes verifier rows, and only running a verifier leads there. The judge writes through `decide`, which
refuses a row that cites nothing it has seen. Precedence: rule > hard verifier > judge > soft verifier.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from skillrm.judgment import Step, Trace, Verdict
from skillrm.shapes import mended
from skillrm.types import Criterion, Evidence, Observation, Preference, Resource, Source, decision_of
from skillrm.verifiers.registry import Finding

PRECEDENCE: tuple[Source, ...] = ("rule", "hard_verifier", "judge", "soft_verifier")
Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Resolved:
    """The table after precedence: one row per cell, in criterion then candidate order."""

    evidence: tuple[Evidence, ...]
    conflicts: tuple[Evidence, ...]


@dataclass(slots=True)
class Ledger:
    """One pass's record. `fork` gives a pass its own copy of what verifiers already found."""

    criteria: tuple[Criterion, ...]
    labels: tuple[str, ...]
    observations: list[Observation] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    preference: Preference | None = None
    prefix: str = ""
    """Before observation ids, so that those of several passes differ."""
    errors: dict[Place, str] = field(default_factory=dict)
    """Cells whose verifier broke, and how."""
    _found: dict[Place, dict[Source, tuple[Evidence, ...]]] = field(default_factory=dict)
    """Rows of rules and verifiers."""
    _judged: dict[Place, Evidence] = field(default_factory=dict)
    """The judge's last word on each cell."""
    _ruled_out: dict[str, list[Evidence]] = field(default_factory=dict)
    _covers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _resolved: tuple[int, Resolved] | None = None
    changes: int = 0
    """Grows with every change: what was read out of the table before is still true while it stands still."""
    read: tuple[int, Verdict] | None = None
    """`changes` when the table was last read, and what was read out of it."""

    def fork(self, prefix: str = "") -> Ledger:
        return Ledger(
            self.criteria,
            self.labels,
            list(self.observations),
            list(self.steps),
            preference=self.preference,
            prefix=prefix,
            errors=dict(self.errors),
            _found={place: dict(sources) for place, sources in self._found.items()},
            _judged=dict(self._judged),
            _ruled_out=dict(self._ruled_out),
            _covers=dict(self._covers),
            changes=self.changes,
            read=self.read,
        )

    def extend(self, criteria: tuple[Criterion, ...]) -> None:
        """Further criteria, all cells of them open."""
        self.criteria += criteria
        self.changes += 1

    def prefer(self, preference: Preference) -> None:
        """Keep the judge's ranking."""
        self.preference = preference
        self.changes += 1

    def observe(
        self,
        action: str,
        *,
        resource: str | None = None,
        candidates: tuple[str, ...] = (),
        content: str = "",
        shown: str | None = None,
        ms: float = 0.0,
        cached: bool = False,
    ) -> Observation:
        """Number and keep what an action returned. `shown` is hashed instead of kept (what the sample holds)."""
        identity = f"{self.prefix}o{len(self.observations) + 1}"
        observation = Observation.made(
            id=identity,
            action=action,
            resource=resource,
            candidates=candidates,
            content=mended(content),
            sha256=hashlib.sha256((content if shown is None else shown).encode("utf-8", "replace")).hexdigest(),
            ms=round(ms, 3),
            cached=cached,
        )
        self.observations.append(observation)
        self._covers[identity] = candidates
        return observation

    def step(self, turn: int, action: str, observations: Iterable[Observation] = (), error: str | None = None) -> None:
        """Keep what was done (or refused, with the words the judge was given)."""
        seen = tuple(observations)
        resource = seen[0].resource if seen else None
        covered = tuple(dict.fromkeys(label for one in seen for label in one.candidates)) if seen else ()
        ids = tuple(one.id for one in seen)
        self.steps.append(
            Step.made(
                turn=turn,
                action=action,
                resource=resource,
                candidates=covered,
                observations=ids,
                error=None if error is None else mended(error),
            )
        )

    def rule(self, label: str, observation: Observation, reason: str) -> None:
        """An empty answer meets no demand and shows no fault: hiding does not pay, and no verifier is needed."""
        for criterion in self.criteria:
            self._add(self._row(criterion.id, label, 0.0, (observation.id,), reason, "rule"))

    def find(
        self, turn: int, resource: Resource, findings: Mapping[str, Finding], ms: float, cached: bool = False
    ) -> list[Observation]:
        """Write a verifier's rows: one observation per candidate it saw, one row per criterion it decides."""
        source: Source = "hard_verifier" if resource.hard else "soft_verifier"
        seen = []
        for label, finding in findings.items():
            observation = self.observe(
                "run_resource",
                resource=resource.id,
                candidates=(label,),
                content=f"{finding.status}: {finding.observation}" if finding.score is None else _scored(finding),
                ms=ms / len(findings),
                cached=cached,
            )
            seen.append(observation)
            written: Source = "soft_verifier" if finding.forgeable else source
            for criterion in resource.decides:
                if finding.status == "error":
                    self.errors[criterion, label] = finding.observation
                row = self._row(criterion, label, finding.score, (observation.id,), finding.observation, written)
                self._add(row)
        self._rule_out(resource, findings, seen, source)
        self.step(turn, "run_resource", seen)
        return seen

    def _rule_out(
        self, resource: Resource, findings: Mapping[str, Finding], seen: Sequence[Observation], source: Source
    ) -> None:
        """A verifier that finds itself beside the point for every candidate takes its criteria out."""
        if not findings or any(finding.status != "not_applicable" for finding in findings.values()):
            return
        reason = next(iter(findings.values())).observation
        for criterion in resource.decides:
            self.not_applicable(criterion, tuple(one.id for one in seen), reason, source)

    def not_applicable(self, criterion: str, observations: tuple[str, ...], reason: str, source: Source) -> None:
        self.changes += 1
        self._ruled_out[criterion] = [
            Evidence.made(
                criterion=criterion,
                candidate=label,
                decision="not_applicable",
                observations=observations,
                reason=mended(reason),
                source=source,
            )
            for label in self.labels
        ]

    def decide(
        self,
        criterion: str,
        label: str,
        score: float | None,
        observations: tuple[str, ...],
        reason: str,
        quote: str | None = None,
    ) -> None:
        """Write the judge's row; its later word replaces its earlier one."""
        self._judged[criterion, label] = self._row(criterion, label, score, observations, reason, "judge", quote)
        self.changes += 1

    def covered(self, observation: str) -> tuple[str, ...]:
        """The labels that an observation speaks of; none: it is of the prompt, which all share."""
        return self._covers.get(observation, ())

    def answered(self, criterion: str, label: str) -> bool:
        """Settled by a rule or a hard verifier, or the judge has spoken; soft evidence only stands in for the judge."""
        place = criterion, label
        if place in self._judged or criterion in self._ruled_out:
            return True
        return place in self._found and any(row.score is not None for row in self._speaking(place, soft=False))

    def unanswered(self, criterion: str, letters: Mapping[str, str]) -> list[str]:
        """The letters whose label's cell is not `answered`."""
        if self._found or self._ruled_out:
            return [letter for letter, label in letters.items() if not self.answered(criterion, label)]
        judged = self._judged
        return [letter for letter, label in letters.items() if (criterion, label) not in judged]

    @property
    def full(self) -> bool:
        """Every cell in force is settled."""
        return all(self.answered(criterion.id, label) for criterion in self.in_force for label in self.labels)

    def _row(
        self,
        criterion: str,
        label: str,
        score: float | None,
        observations: tuple[str, ...],
        reason: str,
        source: Source,
        quote: str | None = None,
    ) -> Evidence:
        return Evidence.made(  # every field, in order
            criterion=criterion,
            candidate=label,
            decision=decision_of(score),
            score=score,
            observations=observations,
            quote=None if quote is None else mended(quote),
            reason=mended(reason),
            source=source,
        )

    def _add(self, row: Evidence) -> None:
        kept = self._found.setdefault((row.criterion, row.candidate), {})
        kept[row.source] = (*kept.get(row.source, ()), row)
        self.changes += 1

    def cells(self, *, soft: bool = True) -> dict[Place, float]:
        """Scores of the decided cells, after precedence; what was ruled out is no cell."""
        cells = {place: row.score for place, row in self._judged.items() if row.score is not None}
        for place in self._found:
            score = next((row.score for row in self._speaking(place, soft=soft) if row.score is not None), None)
            if score is not None:
                cells[place] = score
        return {place: cells[place] for place in cells if place[0] not in self._ruled_out} if self._ruled_out else cells

    @property
    def in_force(self) -> tuple[Criterion, ...]:
        """The criteria that apply: those that were ruled out drop out."""
        if not self._ruled_out:
            return self.criteria
        return tuple(c for c in self.criteria if c.id not in self._ruled_out)

    def resolved(self) -> Resolved:
        """Every cell's row after precedence, and the decided rows it overruled."""
        if self._resolved is not None and self._resolved[0] == self.changes:
            return self._resolved[1]
        evidence: list[Evidence] = []
        conflicts: list[Evidence] = []
        alone = not self._found and not self._ruled_out  # only the judge has spoken
        for criterion in self.criteria:
            identity = criterion.id
            if alone:
                said = [row for label in self.labels if (row := self._judged.get((identity, label))) is not None]
                if len(said) == len(self.labels):
                    evidence += said
                    continue
            if identity in self._ruled_out:
                evidence += self._ruled_out[identity]
                continue
            for label in self.labels:
                rows = self._speaking((identity, label))
                if len(rows) == 1:
                    evidence.append(rows[0])
                elif rows:
                    chosen = next((row for row in rows if row.score is not None), rows[0])
                    evidence.append(chosen)
                    conflicts += [row for row in rows if row.score is not None and row.score != chosen.score]
                else:
                    evidence.append(self._row(identity, label, None, (), "nothing decided it", "judge"))
        table = Resolved(tuple(evidence), tuple(conflicts))
        self._resolved = self.changes, table
        return table

    def _speaking(self, place: Place, *, soft: bool = True) -> Sequence[Evidence]:
        """One row of each source that speaks of a cell, the one that counts most first; `soft`: soft ones count."""
        judged, found = self._judged.get(place), self._found.get(place)
        if found is None:
            return () if judged is None else (judged,)
        merged = []
        for source in PRECEDENCE:
            if source == "judge" and judged is not None:
                merged.append(judged)
            elif source in found and (soft or source != "soft_verifier"):
                rows = found[source]
                merged.append(rows[0] if len(rows) == 1 else _merge(self._combine(place[0]), source, rows))
        return merged

    def _combine(self, criterion: str) -> str | None:
        return next((c.combine for c in self.criteria if c.id == criterion), None)

    def trace(self) -> Trace:
        return Trace.made(steps=tuple(self.steps), observations=tuple(self.observations), messages=tuple(self.messages))


def _scored(finding: Finding) -> str:
    words = {1.0: "satisfied", 0.0: "violated"}.get(finding.score or 0.0, f"score {finding.score:.4g}")
    return f"{words}: {finding.observation}"


def _merge(combine: str | None, source: Source, rows: Sequence[Evidence]) -> Evidence:
    """Several rows of one source: `all` is the minimum, `any` the maximum, soft ones the mean of what they know."""
    scores = [row.score for row in rows if row.score is not None]
    score: float | None
    if combine == "all":
        score = 0.0 if 0.0 in scores else min(scores) if len(scores) == len(rows) else None
    elif combine == "any":
        score = 1.0 if 1.0 in scores else max(scores) if len(scores) == len(rows) else None
    elif source == "soft_verifier":
        score = math.fsum(scores) / len(scores) if scores else None
    else:
        score = scores[0] if len(set(scores)) == 1 else None
    return rows[0].model_copy(
        update={
            "score": score,
            "decision": decision_of(score),
            "observations": tuple(one for row in rows for one in row.observations),
            "reason": "; ".join(dict.fromkeys(row.reason for row in rows if row.reason)),
        }
    )
