"""Two runs of one benchmark, row by row: is the difference more than chance, and what did each cost?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from skillrm.benching.agreement import Agreement, agreement, choices
from skillrm.benching.best_of import MODE, best_of
from skillrm.benching.candidates import CANDIDATES
from skillrm.benching.record import Record
from skillrm.benchmarks import Benchmark, Result, find
from skillrm.benchmarks.labelled import Key
from skillrm.benchmarks.statistics import Comparison, compare
from skillrm.errors import ConfigError, Fault

OVERALL = "overall"


@dataclass(frozen=True, slots=True)
class Pairing:
    """The paired statistics, by subset and over all rows alike."""

    lines: Mapping[str, Comparison]
    only_first: int
    """Rows that the second run has not."""
    only_second: int
    alike: Agreement | None
    """How far the two choose alike, rightly or not; None where rows are not judged whole."""


def benchmark_of(record: Record) -> Benchmark:
    """The benchmark that a run was one of. Raises `ConfigError` for one that this version has not."""
    plain = CANDIDATES if record.benchmark == CANDIDATES.name else None
    if record.mode == MODE:
        return best_of(plain or find(record.benchmark))
    return plain or find(record.benchmark, record.mode)


def paired(
    records: tuple[Record, Record], results: tuple[Sequence[Result], Sequence[Result]], seed: int = 0
) -> Pairing:
    """Headline marks of the second run against the first. Raises `ConfigError` where they have no row in common."""
    names = [record.benchmark for record in records]
    if names[0] != names[1]:
        raise ConfigError(Fault(f"one run is of {names[0]}, the other of {names[1]}: they have no row in common"))
    first, second = (benchmark_of(record).marks(rows) for record, rows in zip(records, results, strict=True))
    keys = [key for key in first if key in second]
    if not keys:
        raise ConfigError(Fault("the two runs have no row in common", mend="use the same --limit, --seed and --subset"))
    groups: dict[str, list[Key]] = {}
    for key in keys:
        groups.setdefault(key[0], []).append(key)
    lines = {
        name: compare({key: first[key] for key in group}, {key: second[key] for key in group}, seed=seed)
        for name, group in [*groups.items(), (OVERALL, keys)]
    }
    alike = agreement(choices(results[0]), choices(results[1]))
    return Pairing(lines, len(first) - len(keys), len(second) - len(keys), alike)


def warnings(records: tuple[Record, Record], pairing: Pairing) -> list[str]:
    """What a reader of the difference must know."""
    one, two = records
    found = []
    if one.access != two.access:
        found.append(f"different access: A is {one.numbers}, B is {two.numbers}; the difference is also that of access")
    if one.mode != two.mode:
        found.append(f"different modes: A {one.mode}, B {two.mode}")
    if pairing.only_first or pairing.only_second:
        found.append(f"rows left out: {pairing.only_first} that only A has, {pairing.only_second} that only B has")
    found += [f"{name} is unfinished" for name, record in zip("AB", records, strict=True) if not record.complete]
    return found
