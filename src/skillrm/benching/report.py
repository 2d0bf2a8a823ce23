"""A page about some runs: built once, written as HTML that needs nothing from elsewhere, and as Markdown."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from pathlib import Path

from skillrm.benching import plots, tables
from skillrm.benching.pairing import paired, warnings
from skillrm.benching.record import Record, read_record, read_results
from skillrm.benching.tables import Grid
from skillrm.errors import ConfigError
from skillrm.version import __version__

_COLUMNS = (
    "upstream: by upstream's own rule, with what it makes of an answer that is missing. headline: an abstained or "
    "failed judgment is not correct, and in pairs both orders must name the right answer; with its 95 % interval. "
    "Reference-free and resource-available numbers are different numbers."
)

_LONG = 9
"""Figures in one column."""
_WORDS = ("benchmark", "numbers", "judge", "figure")
"""Columns of words, not of numbers."""


@dataclass(frozen=True, slots=True)
class Heading:
    text: str
    level: int


@dataclass(frozen=True, slots=True)
class Words:
    text: str
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Plots:
    """Drawings side by side: SVG and what it shows."""

    drawn: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Folded:
    """Text for those who want to know exactly."""

    title: str
    text: str


Block = Heading | Words | Grid | Plots | Folded


@dataclass(frozen=True, slots=True)
class Page:
    title: str
    blocks: tuple[Block, ...]


def of_runs(folders: Sequence[Path], title: str) -> Page:
    """Raises `InputError` for a folder that is no benchmark run."""
    records = {name: read_record(folder) for name, folder in _named(folders).items()}
    blocks: list[Block] = [Words(_COLUMNS, quiet=True)]
    if len(records) > 1:
        blocks += [tables.overview(records), Heading("Matched compute", 2), tables.compute(records)]
        blocks += _comparisons(_named(folders), records)
    for name, record in records.items():
        blocks += _of_run(name, record)
    return Page(title, tuple(blocks))


def _named(folders: Sequence[Path]) -> dict[str, Path]:
    """Runs by their folder's name; by the path where two have the same."""
    names = [folder.resolve().name for folder in folders]
    return {
        name if names.count(name) == 1 else str(folder): folder for name, folder in zip(names, folders, strict=True)
    }


def _comparisons(folders: Mapping[str, Path], records: Mapping[str, Record]) -> list[Block]:
    """Each run against the first one of its benchmark."""
    blocks: list[Block] = []
    first: dict[str, str] = {}
    for name, record in records.items():
        before = first.setdefault(record.benchmark, name)
        if before == name:
            continue
        pair = records[before], record
        try:
            found = paired(pair, (read_results(folders[before]), read_results(folders[name])))
        except ConfigError:  # other rows of the same benchmark
            continue
        blocks.append(Heading(f"A = {before}, B = {name}", 3))
        blocks += [Words(f"Note: {words}.") for words in warnings(pair, found)]
        blocks.append(tables.pairing(found))
        if found.alike is not None:
            blocks.append(tables.agreements({"A and B": found.alike}))
    return [Heading("Row by row", 2), *blocks] if blocks else []


def _of_run(name: str, record: Record) -> list[Block]:
    rows = f"{record.drawn['rows']} of {record.drawn['of']} rows, seed {record.drawn['seed']}"
    blocks: list[Block] = [
        Heading(name, 2),
        Words(f"{record.title}. {record.judged_by[:1].upper()}{record.judged_by[1:]}. {rows}."),
        tables.scores(record),
    ]
    drawings = _drawings(record)
    if drawings:
        blocks.append(Plots(tuple(drawings)))
    blocks.append(tables.choices(record))
    if record.curves:
        blocks.append(tables.curves(record.curves))
    notes = [*tables.caution(record), *tables.tendencies(record), *tables.calibrated(record), tables.cost(record)]
    blocks += [Words(f"{words[:1].upper()}{words[1:]}.") for words in notes]
    if (found := tables.figures(record)).rows:
        blocks.append(_side_by_side(found))
    told = record.model_dump(mode="json", include={"judge", "drawn", "data", "versions", "command"})
    blocks.append(Folded("Configuration", json.dumps(told, indent=2, ensure_ascii=False)))
    return blocks


def _side_by_side(grid: Grid) -> Grid:
    """A long list of names and values in three columns, read downwards."""
    if len(grid.rows) <= _LONG:
        return grid
    height = -(-len(grid.rows) // 3)
    padded = [*grid.rows, *[("", "")] * (3 * height - len(grid.rows))]
    rows = tuple((*padded[n], *padded[n + height], *padded[n + 2 * height]) for n in range(height))
    return Grid(grid.columns * 3, rows)


def _drawings(record: Record) -> list[tuple[str, str]]:
    """SVG and caption; nothing where matplotlib is missing."""
    if not plots.available():
        return []
    found = []
    if len(record.metrics.subsets) > 1:
        words = "Headline with its 95 % interval, and upstream's number, by subset"
        found.append((plots.by_subset(record, "svg"), words))
    if record.curves:
        found.append((plots.best_of_n(record.curves, "svg"), "Best of N: expected worth of the answer that is chosen"))
    if record.calibration is not None:
        words = f"Stated confidence of {record.calibrated} against what came true; area by number, bars 95 %"
        found.append((plots.reliability(record.calibration, str(record.calibrated), "svg"), words))
    return [(drawing.decode(), words) for drawing, words in found]


def html(page: Page) -> str:
    """One file; no request to anywhere."""
    style = files("skillrm.benching").joinpath("report.css").read_text(encoding="utf-8")
    body = "\n".join(_html(block) for block in page.blocks)
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{escape(page.title)}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>\n{style}</style>\n</head>\n<body>\n<main>\n<h1>{escape(page.title)}</h1>\n{body}\n"
        f"<footer>skillrm {__version__}</footer>\n</main>\n</body>\n</html>\n"
    )


def _html(block: Block) -> str:
    match block:
        case Heading(text, level):
            return f"<h{level}>{escape(text)}</h{level}>"
        case Words(text, quiet):
            return f'<p class="quiet">{escape(text)}</p>' if quiet else f"<p>{escape(text)}</p>"
        case Plots(drawn):
            return f'<div class="plots">{"".join(_figure(*one) for one in drawn)}</div>'
        case Folded(title, text):
            return f"<details><summary>{escape(title)}</summary><pre>{escape(text)}</pre></details>"
        case Grid():
            return _table(block)


def _figure(svg: str, caption: str) -> str:
    drawing = re.sub(r"<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.DOTALL).replace(
        "<svg", f'<svg role="img" aria-label="{escape(caption)}"', 1
    )
    return f"<figure>{drawing}<figcaption>{escape(caption)}</figcaption></figure>"


def _table(grid: Grid) -> str:
    def row(cells: Sequence[str], tag: str, kind: str = "") -> str:
        told = "".join(f"<{tag}{_class(grid, n)}>{escape(cell)}</{tag}>" for n, cell in enumerate(cells))
        return f"<tr{kind}>{told}</tr>"

    last = len(grid.rows) - 1
    rows = [row(cells, "td", ' class="total"' if grid.total and n == last else "") for n, cells in enumerate(grid.rows)]
    head = row(grid.columns, "th")
    return f'<div class="wide"><table><thead>{head}</thead><tbody>{"".join(rows)}</tbody></table></div>'


def _class(grid: Grid, column: int) -> str:
    """Words to the left, numbers to the right."""
    return ' class="word"' if column == 0 or grid.columns[column] in _WORDS else ""


def markdown(page: Page) -> str:
    """The same without plots."""
    return f"# {page.title}\n\n" + "\n\n".join(filter(None, map(_markdown, page.blocks))) + "\n"


def _markdown(block: Block) -> str:
    match block:
        case Heading(text, level):
            return f"{'#' * level} {text}"
        case Words(text):
            return text
        case Plots():
            return ""
        case Folded(title, text):
            return f"<details><summary>{title}</summary>\n\n```json\n{text}\n```\n\n</details>"
        case Grid(columns, rows):
            sides = [":---" if _class(block, n) else "---:" for n in range(len(columns))]
            lines = [columns, tuple(sides), *rows]
            return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)
