"""What is to be judged: the rows of a benchmark, counted and drawn before any judge is asked."""

from __future__ import annotations

import heapq
import json
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Literal

from skillrm.benching.bank import Ablation
from skillrm.benchmarks import Ask, Benchmark, Label, LabelledSample
from skillrm.benchmarks.labelled import Key
from skillrm.benchmarks.outcome import Strategy
from skillrm.errors import ConfigError, Fault
from skillrm.reading import Row
from skillrm.types import Goal

Group = tuple[Goal, Strategy]
"""What one pass through the engine has in common."""
BenchAccess = Literal["open", "sample"]
ACCESS_NAMES: dict[BenchAccess, str] = {"open": "reference-free", "sample": "resource-available"}
"""How tables name the two kinds of numbers, which are never to be mixed."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One row that is judged, without its texts."""

    key: Key
    label: Label
    sizes: dict[str, int]
    asks: tuple[Ask, ...]
    first: int
    """Ordinal of its first ask in the run, from 1."""


@dataclass(frozen=True, slots=True)
class Survey:
    """The rows to judge."""

    entries: dict[int, Entry]
    """By place among the benchmark's rows, from 0."""
    sha256: str
    """Over contents and labels of these rows."""
    total: int
    """Rows in the file, of the subsets wanted."""
    faults: tuple[Fault, ...]
    resources: frozenset[str]
    """Ids of what the samples bring."""

    @property
    def groups(self) -> tuple[Group, ...]:
        return tuple(dict.fromkeys((ask.goal, ask.strategy) for one in self.entries.values() for ask in one.asks))

    @property
    def judgments(self) -> int:
        return sum(len(entry.asks) for entry in self.entries.values())


@dataclass(frozen=True, slots=True)
class Task:
    """A benchmark, its data, and which of it is judged with what mounted."""

    benchmark: Benchmark
    path: Path
    access: BenchAccess = "open"
    seed: int = 0
    limit: int | None = None
    """So many rows, drawn by the seed; a smaller limit is part of a larger one."""
    subsets: tuple[str, ...] = ()
    ablation: Ablation = field(default_factory=Ablation)
    named: str = ""
    """What the data is called, where that is not its path."""

    @property
    def source(self) -> str:
        return self.named or str(self.path)

    def survey(self) -> Survey:
        """Read the data once. Raises `InputError` for missing data, `ConfigError` for a subset that is not there."""
        faults: list[Fault] = []
        found: dict[int, Entry] = {}
        digests: dict[int, bytes] = {}
        seen: set[str] = set()
        mounted: set[str] = set()
        for place, item in enumerate(self.items(faults.append)):
            seen.add(item.subset)
            mounted.update(resource.id for resource in item.sample.resources)
            if self.subsets and item.subset not in self.subsets:
                continue
            asks = self.benchmark.asks(item)
            found[place] = Entry(item.key, item.label, item.sizes, asks, 0)
            digests[place] = _digest(self._mounted(item))
        _refuse_unknown(self.subsets, seen)
        chosen = self._drawn(found)
        return Survey(
            entries=_numbered({place: found[place] for place in chosen}),
            sha256=sha256(b"".join(digests[place] for place in chosen)).hexdigest(),
            total=len(found),
            faults=tuple(faults),
            resources=frozenset(mounted),
        )

    def rows(self, survey: Survey, group: Group) -> Iterator[Row]:
        """The asks of one group as rows for the engine; labels stay behind."""
        for place, item in enumerate(self.items()):
            entry = survey.entries.get(place)
            if entry is None or group not in {(ask.goal, ask.strategy) for ask in entry.asks}:
                continue
            whole = self._mounted(item).sample
            for number, ask in enumerate(entry.asks, start=entry.first):
                if (ask.goal, ask.strategy) == group:
                    yield Row(number, self.source, None, whole.id, ask.sample(whole))

    def items(self, on_fault: Callable[[Fault], None] = lambda _: None) -> Iterator[LabelledSample]:
        """Every row of the data, labels included, with the whole bank."""
        return self.benchmark.load(self.path, self.access, self.seed, on_fault)

    def _mounted(self, item: LabelledSample) -> LabelledSample:
        sample = self.ablation.sample(item.sample)
        return item if sample is item.sample else replace(item, sample=sample)

    def _drawn(self, found: dict[int, Entry]) -> list[int]:
        if self.limit is None or self.limit >= len(found):
            return list(found)
        ranked = heapq.nsmallest(self.limit, found, key=lambda place: _rank(self.seed, found[place].key))
        return sorted(ranked)


def _refuse_unknown(wanted: Collection[str], seen: Collection[str]) -> None:
    for name in wanted:
        if name not in seen:
            mend = f"there are {', '.join(sorted(seen)) or 'no rows'}"
            raise ConfigError(Fault(f"no subset {name!r} in the data", field="--subset", mend=mend))


def _rank(seed: int, key: Key) -> bytes:
    return sha256("\0".join((str(seed), *key)).encode()).digest()


def _numbered(entries: dict[int, Entry]) -> dict[int, Entry]:
    numbered, first = {}, 1
    for place, entry in entries.items():
        numbered[place] = replace(entry, first=first)
        first += len(entry.asks)
    return numbered


def _digest(item: LabelledSample) -> bytes:
    gold = item.label
    told = [
        item.key,
        item.sample.digest,
        gold.given,
        sorted(gold.right),
        gold.better,
        sorted(gold.worth.items()),
        sorted(gold.followed.items()),
        gold.asked,
    ]
    return sha256(json.dumps(told).encode()).digest()
