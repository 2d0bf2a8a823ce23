"""A sample with what only the benchmark knows of it. The label stays here: nothing of it goes into the `Sample`."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from skillrm.shapes import letter
from skillrm.types import Access, Candidate, Sample

Key = tuple[str, str]
"""(subset, id): ids alone repeat across subsets in real benchmarks."""


@dataclass(frozen=True, slots=True)
class Label:
    """The gold of one row, by the labels of its sample. A benchmark fills what its metric needs."""

    given: tuple[str, ...]
    """The candidates in upstream's order, which often is the gold order: the sample's own order is another."""
    right: frozenset[str] = frozenset()
    """The right, or preferred, candidates."""
    better: tuple[tuple[str, str], ...] = ()
    """Preference graph: (the better, the worse)."""
    worth: Mapping[str, float] = field(default_factory=dict)
    """Value of choosing a candidate, on upstream's scale."""
    followed: Mapping[str, tuple[bool, ...]] = field(default_factory=dict)
    """By candidate: whether each constraint of the row is satisfied."""
    asked: tuple[tuple[str, str], ...] = ()
    """Pairs that upstream asks, each in the order shown."""


@dataclass(frozen=True, slots=True)
class LabelledSample:
    """What a loader yields: the sample for the judge, the rest for the metric."""

    sample: Sample
    subset: str
    label: Label
    access: Access = "open"
    """What was mounted; numbers of different access are different numbers."""

    @property
    def key(self) -> Key:
        return self.subset, self.sample.id

    @property
    def sizes(self) -> dict[str, int]:
        """Characters of each candidate's final answer."""
        return {candidate.label: len(candidate.final) for candidate in self.sample.candidates}


@dataclass(frozen=True, slots=True)
class Arranged:
    """Answers under neutral labels."""

    candidates: tuple[Candidate, ...]
    """In the order they stand in the sample: A, B, ..."""
    names: tuple[str, ...]
    """Labels in upstream's order: `names[0]` is upstream's first answer."""


def arranged(texts: Sequence[str | None], *seed: object) -> Arranged:
    """The answers in an order drawn from `seed` alone, so that neither place nor label tells upstream's order."""
    order = list(range(len(texts)))
    random.Random("\0".join(map(str, seed))).shuffle(order)
    names = {place: letter(shown) for shown, place in enumerate(order)}
    candidates = tuple(Candidate(label=names[place], text=texts[place] or "") for place in order)
    return Arranged(candidates, tuple(names[place] for place in range(len(texts))))


def as_given(texts: Sequence[str | None]) -> Arranged:
    """The answers in upstream's order, for layouts whose order is not the gold."""
    names = tuple(letter(place) for place in range(len(texts)))
    return Arranged(tuple(Candidate(label=n, text=text or "") for n, text in zip(names, texts, strict=True)), names)
