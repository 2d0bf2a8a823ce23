"""A benchmark run for a person: two columns by subset, what stands behind them, and what it cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from skillrm.benching import Record
from skillrm.benching.choices import Choices
from skillrm.benching.record import Statuses
from skillrm.benchmarks import Benchmark, Line

OVERALL = "overall"


def lines(record: Record) -> Iterator[tuple[str, Line, Statuses, Choices]]:
    """Every subset, then the whole."""
    for name, line in record.metrics.subsets.items():
        yield name, line, record.statuses[name], record.choices[name]
    yield OVERALL, record.metrics.overall, record.statuses[OVERALL], record.choices[OVERALL]


def record_view(record: Record) -> RenderableType:
    """The tables of one run."""
    rows = f"{record.drawn['rows']} of {record.drawn['of']} rows, seed {record.drawn['seed']}"
    return Group(
        Text(record.title, style="bold"),
        Text(record.judged_by, style="bold"),
        Text(f"{rows}; data sha256 {str(record.data['sha256'])[:12]}", style="dim"),
        scores(record),
        choices(record),
        *(Text(words, style="dim") for words in remarks(record)),
        Text(""),
    )


def table(*columns: str) -> Table:
    """The first column is a name, the others are numbers."""
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for number, name in enumerate(columns):
        made.add_column(name, justify="left" if number == 0 else "right", no_wrap=True)
    return made


def scores(record: Record) -> Table:
    """Upstream's column, ours with its interval, and beside it how much was answered."""
    made = table("subset", "rows", "upstream", "headline", "95 %", "coverage", "abstained", "failed")
    for name, line, status, _ in lines(record):
        if name == OVERALL:
            made.add_section()
        made.add_row(
            name,
            str(line.n),
            f"{line.upstream:.4f}",
            f"{line.headline:.4f}",
            interval(line.low, line.high),
            share(line.coverage),
            share(status.abstained / max(1, status.judgments)),
            share(status.failed / max(1, status.judgments)),
        )
    return made


def choices(record: Record) -> Table:
    """Right and wrong among what was decided, beside a draw and the longest answer."""
    made = table("choices", "n", "right", "wrong", "undecided", "right of decided", "95 %", "random", "longest")
    for name, _, _, one in lines(record):
        if name == OVERALL:
            made.add_section()
        made.add_row(
            name,
            str(one.n),
            str(one.right),
            str(one.wrong),
            str(one.undecided),
            "-" if one.accuracy is None else f"{one.accuracy:.4f}",
            "-" if one.low is None or one.high is None else interval(one.low, one.high),
            f"{one.random:.4f}",
            "-" if one.longest is None else f"{one.longest:.4f}",
        )
    return made


def remarks(record: Record) -> list[str]:
    """Lines below the tables: tendencies and cost."""
    used = record.spent
    words = f"{used.calls_per_judgment:.2f} calls and {used.tokens_per_judgment:.0f} tokens each"
    dollars = "" if used.cost_usd is None or not used.calls else f", ${used.cost_usd:.4f} in all"
    found = [f"cost: {used.judgments} judgments, {words}{dollars}"]
    if record.positions is not None:
        one = record.positions
        found.append(
            f"order: {share(one.consistent)} of {one.pairs} pairs alike in both, first {share(one.first)}, "
            f"second {share(one.second)} both times"
        )
    if record.length is not None:
        found.append(
            f"length: takes the longer in {share(record.length.chosen)} of {record.length.n} choices; "
            f"the longer is right in {share(record.length.right)}"
        )
    if record.calibration is not None:
        found.append(f"calibration: ECE {record.calibration.ece:.3f} over {record.calibration.n} {record.calibrated}")
    figures = record.metrics.figures
    told = [
        f"{name} {value:.4f}" for name, value in figures.items() if name not in ("judgments", "abstained", "failed")
    ]
    return [*found, *([f"figures: {', '.join(told)}"] if told else [])]


def interval(low: float, high: float) -> str:
    return f"{low:.3f} to {high:.3f}"


def share(value: float) -> str:
    """Per cent, without decimals unless that would hide something."""
    rounded = f"{value:.0%}"
    return f"{value:.1%}" if rounded in ("0%", "100%") and value not in (0, 1) else rounded


def benchmarks_view(benchmarks: Sequence[Sequence[Benchmark]]) -> RenderableType:
    """Each benchmark with its modes, the default first."""
    parts: list[RenderableType] = []
    for modes in benchmarks:
        upstream = modes[0].upstream
        grid = Table.grid(padding=(0, 2))
        for mode in modes:
            grid.add_row(Text(f"  {mode.mode}"), Text(mode.summary))
        parts += [
            Text(modes[0].name, style="bold"),
            grid,
            Text(f"  files: {' or '.join(upstream.files)}", style="dim"),
            Text(f"  from {upstream.project} ({upstream.paper}): {upstream.get}", style="dim"),
            Text(""),
        ]
    return Group(*parts)
