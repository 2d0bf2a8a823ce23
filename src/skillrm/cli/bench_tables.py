"""Benchmark runs in the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from skillrm.benching import Record, tables
from skillrm.benching.pairing import Pairing
from skillrm.benchmarks import Benchmark
from skillrm.benchmarks.best_of_n import Curve


def drawn(grid: tables.Grid) -> Table:
    """A grid as a table."""
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for number, name in enumerate(grid.columns):
        made.add_column(name, justify="left" if number == 0 else "right", no_wrap=True)
    for number, row in enumerate(grid.rows, start=1):
        if grid.total and number == len(grid.rows):
            made.add_section()
        made.add_row(*(Text(cell) for cell in row))
    return made


def record_view(record: Record) -> RenderableType:
    """The tables of one run."""
    rows = f"{record.drawn['rows']} of {record.drawn['of']} rows, seed {record.drawn['seed']}"
    return Group(
        Text(record.title, style="bold"),
        Text(record.judged_by, style="bold"),
        Text(f"{rows}; data sha256 {str(record.data['sha256'])[:12]}", style="dim"),
        drawn(tables.scores(record)),
        drawn(tables.choices(record)),
        *(Text(words, style="dim") for words in tables.remarks(record)),
        Text(""),
    )


def curves_view(curves: Mapping[str, Curve]) -> RenderableType:
    """Expected worth of what is selected among N."""
    return Group(drawn(tables.curves(curves)), Text(""))


def pairing_view(records: Sequence[Record], pairing: Pairing, warnings: Sequence[str]) -> RenderableType:
    """B against A by subset, and what each cost."""
    named = [Text(f"{side}: {one.title}; {one.judged_by}") for side, one in zip("AB", records, strict=True)]
    warned = [Text(f"! {words}", style="yellow") for words in warnings]
    cost = drawn(tables.compute(dict(zip("AB", records, strict=True))))
    alike = [drawn(tables.agreements({"A and B": pairing.alike}))] if pairing.alike is not None else []
    return Group(*named, *warned, drawn(tables.pairing(pairing)), *alike, cost, Text(""))


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
