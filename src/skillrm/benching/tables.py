"""What is said of runs, as grids of words: the terminal and the report show the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from skillrm.benching.agreement import Agreement
from skillrm.benching.pairing import OVERALL, Pairing
from skillrm.benching.record import Record
from skillrm.benchmarks.best_of_n import Curve

NONE = "–"


@dataclass(frozen=True, slots=True)
class Grid:
    """The first column names the row, the others are numbers."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    total: bool = False
    """The last row sums the others up."""


def scores(record: Record) -> Grid:
    """Upstream's column, ours with its interval, and beside it how much was answered."""
    rows = []
    for name in _names(record):
        line = record.metrics.overall if name == OVERALL else record.metrics.subsets[name]
        status = record.statuses[name]
        rows.append(
            (
                name,
                str(line.n),
                f"{line.upstream:.4f}",
                f"{line.headline:.4f}",
                interval(line.low, line.high),
                share(line.coverage),
                share(status.abstained / max(1, status.judgments)),
                share(status.failed / max(1, status.judgments)),
            )
        )
    columns = ("subset", "rows", "upstream", "headline", "95 %", "coverage", "abstained", "failed")
    return Grid(columns, tuple(rows), total=len(rows) > 1)


def _names(record: Record) -> list[str]:
    """The subsets and the whole; a single subset is the whole."""
    return [*record.metrics.subsets, OVERALL] if len(record.metrics.subsets) > 1 else list(record.metrics.subsets)


def choices(record: Record) -> Grid:
    """Right and wrong among what was decided, beside a draw and the longest answer."""
    rows = []
    for name in _names(record):
        one = record.choices[name]
        rows.append(
            (
                name,
                str(one.n),
                str(one.right),
                str(one.wrong),
                str(one.undecided),
                NONE if one.accuracy is None else f"{one.accuracy:.4f}",
                NONE if one.low is None or one.high is None else interval(one.low, one.high),
                f"{one.random:.4f}",
                NONE if one.longest is None else f"{one.longest:.4f}",
            )
        )
    columns = ("choices", "n", "right", "wrong", "undecided", "right of decided", "95 %", "random", "longest")
    return Grid(columns, tuple(rows), total=len(rows) > 1)


def curves(found: Mapping[str, Curve]) -> Grid:
    """Expected worth of what is selected among N, a column a line."""
    names = tuple(name for name in ("judge", "random", "longest", "majority", "oracle") if name in found)
    size = len(next(iter(found.values()), ()))
    return Grid(("N", *names), tuple((str(n + 1), *(f"{found[name][n]:.4f}" for name in names)) for n in range(size)))


def pairing(found: Pairing) -> Grid:
    """B against A by subset."""
    rows = []
    lines = list(found.lines.items())
    for name, one in lines if len(lines) > 2 else lines[:1]:  # a single subset is the whole
        rows.append(
            (
                name if name != OVERALL else "all rows alike",
                str(one.n),
                f"{one.first:.4f}",
                f"{one.second:.4f}",
                signed(one.difference, 4),
                f"{signed(one.interval.low, 3)} to {signed(one.interval.high, 3)}",
                str(one.gained),
                str(one.lost),
                f"{one.p:.4f}" if one.p >= 0.0001 else "< 0.0001",
            )
        )
    columns = ("subset", "rows", "A", "B", "B − A", "95 %", "gained", "lost", "McNemar p")
    return Grid(columns, tuple(rows), total=len(rows) > 1)


def agreements(found: Mapping[str, Agreement]) -> Grid:
    """Pairs of raters."""
    rows = [
        (
            name,
            str(one.n),
            share(one.alike),
            interval(one.low, one.high),
            NONE if one.kappa is None else f"{one.kappa:.3f}",
        )
        for name, one in found.items()
    ]
    return Grid(("raters", "rows", "alike", "95 %", "kappa"), tuple(rows))


def compute(records: Mapping[str, Record]) -> Grid:
    """What each run spent, so that judges are compared at equal compute."""
    rows = []
    for name, record in records.items():
        used = record.spent
        rows.append(
            (
                name,
                f"{record.metrics.overall.headline:.4f}",
                str(used.judgments),
                f"{used.calls_per_judgment:.2f}",
                f"{used.tokens_per_judgment:.0f}",
                f"{used.seconds / max(1, used.judgments):.2f}",
                NONE if used.cost_usd is None or not used.calls else f"{used.cost_usd:.4f}",
            )
        )
    return Grid(("run", "headline", "judgments", "calls each", "tokens each", "seconds each", "dollars"), tuple(rows))


def overview(records: Mapping[str, Record]) -> Grid:
    """One line a run; which kind of numbers it is stands in it."""
    rows = []
    for name, record in records.items():
        line = record.metrics.overall
        rows.append(
            (
                name,
                f"{record.benchmark} ({record.mode})",
                record.numbers,
                record.judged_by,
                str(line.n),
                f"{line.upstream:.4f}",
                f"{line.headline:.4f}",
                interval(line.low, line.high),
                share(line.coverage),
            )
        )
    columns = ("run", "benchmark", "numbers", "judge", "rows", "upstream", "headline", "95 %", "coverage")
    return Grid(columns, tuple(rows))


def figures(record: Record) -> Grid:
    """What else the benchmark states."""
    kept = {name: value for name, value in record.metrics.figures.items() if name not in _TOLD}
    return Grid(("figure", "value"), tuple((name, f"{value:.4f}") for name, value in kept.items()))


_TOLD = ("judgments", "abstained", "failed")


def tendencies(record: Record) -> list[str]:
    """What the order and the length of answers do to the judge."""
    found = []
    if record.positions is not None:
        one = record.positions
        found.append(
            f"order: {share(one.consistent)} of {one.pairs} pairs alike in both orders; the one shown first "
            f"{share(one.first)}, the one shown second {share(one.second)} both times"
        )
    for name, more, lean in (("length", "the longer", record.length), ("style", "the more marked up", record.style)):
        if lean is not None:
            found.append(
                f"{name}: takes {more} in {share(lean.chosen)} ({interval(lean.interval.low, lean.interval.high)}) of "
                f"{lean.n} choices; it is right in {share(lean.right)}"
            )
    return found


def calibrated(record: Record) -> list[str]:
    if record.calibration is None:
        return []
    one = record.calibration
    return [f"calibration: ECE {one.ece:.3f}, Brier score {one.brier:.3f}, over {one.n} {record.calibrated}"]


def caution(record: Record) -> list[str]:
    """Where the curve says too much: evidence about the group was gathered with every answer in sight."""
    from skillrm.errors import VerifierNotFound
    from skillrm.verifiers import find

    if not record.curves:
        return []
    groups = []
    for name in record.versions.verifiers:
        with suppress(VerifierNotFound):  # of another package, or another version
            groups += [name] if find(name).group else []
    if not groups:
        return []
    size = len(next(iter(record.curves.values())))
    words = f"{', '.join(groups)} compares all answers of a row: the judge's line is its own at N = {size} only"
    return [f"caution: {words}, below it knows more than N answers"]


def cost(record: Record) -> str:
    used = record.spent
    dollars = "" if used.cost_usd is None or not used.calls else f", ${used.cost_usd:.4f} in all"
    each = f"{used.calls_per_judgment:.2f} calls and {used.tokens_per_judgment:.0f} tokens each"
    return f"cost: {used.judgments} judgments, {each}{dollars}"


def remarks(record: Record) -> list[str]:
    """Lines below the tables."""
    told = ", ".join(f"{name} {value}" for name, value in figures(record).rows)
    lines: Sequence[str] = [f"figures: {told}"] if told else []
    return [cost(record), *tendencies(record), *calibrated(record), *lines, *caution(record)]


def signed(value: float, digits: int) -> str:
    """With its sign, a real minus."""
    return f"{value:+.{digits}f}".replace("-", "−")


def interval(low: float, high: float) -> str:
    return f"{low:.3f} to {high:.3f}"


def share(value: float) -> str:
    """Per cent, without decimals unless that would hide something."""
    rounded = f"{value:.0%}"
    return f"{value:.1%}" if rounded in ("0%", "100%") and value not in (0, 1) else rounded
