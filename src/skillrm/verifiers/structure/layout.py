"""Reading Markdown by lines: code fences, headings, lists, tables. Linear in the text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})[ \t]*([^`\n]*)\Z")
_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]|\Z)")
_ITEM = re.compile(r"[ \t]*([-*+•]|\d{1,9}[.)])[ \t]+\S")
_BULLET = re.compile(r"[ \t]*[-*+•][ \t]+\S")
_DELIMITER = re.compile(r":?-+:?\Z")


@dataclass(frozen=True, slots=True)
class Fence:
    """One fenced code block."""

    language: str
    """First word of the info string in small letters; empty if none."""
    body: str
    closed: bool
    start: int
    """First and last line, fences included, from 0."""
    end: int


def fences(text: str) -> tuple[Fence, ...]:
    """The fenced code blocks of a text, as CommonMark reads them; a block left open runs to the end."""
    found = []
    lines = text.split("\n")
    opened: tuple[int, str, str] | None = None
    for number, line in enumerate(lines):
        if "```" not in line and "~~~" not in line:
            continue
        match = _FENCE.match(line.rstrip())
        if match is None:
            continue
        mark, info = match.group(1), match.group(2).strip()
        if opened is None:
            opened = (number, mark, info.split(None, 1)[0].lower() if info else "")
        elif mark[0] == opened[1][0] and len(mark) >= len(opened[1]) and not info:
            body = "\n".join(lines[opened[0] + 1 : number])
            found.append(Fence(opened[2], body, True, opened[0], number))
            opened = None
    if opened is not None:
        body = "\n".join(lines[opened[0] + 1 :])
        found.append(Fence(opened[2], body, False, opened[0], len(lines) - 1))
    return tuple(found)


def prose_lines(text: str) -> list[str]:
    """The lines outside code fences; a fence leaves one empty line."""
    lines = text.split("\n")
    kept: list[str] = []
    after = 0
    for fence in fences(text):
        kept += lines[after : fence.start]
        kept.append("")
        after = fence.end + 1
    return kept + lines[after:]


def heading_levels(lines: list[str]) -> list[int]:
    """Level of each `#` heading, 1 to 6."""
    return [len(match.group(1)) for line in lines if (match := _HEADING.match(line))]


def count_bullets(lines: list[str]) -> int:
    """Items marked with `-`, `*`, `+` or `•`."""
    return sum(_BULLET.match(line) is not None for line in lines)


def count_lists(lines: list[str]) -> int:
    """Runs of bulleted or numbered items; text at the left margin ends a run, blank and indented lines do not."""
    count, inside = 0, False
    for line in lines:
        if _ITEM.match(line):
            count += not inside
            inside = True
        elif line and not line[0].isspace():
            inside = False
    return count


def count_tables(lines: list[str]) -> int:
    """Pipe tables: a row with a pipe above a row of dashes with as many cells."""
    count = 0
    for above, line in pairwise(lines):
        if "-" not in line or "|" not in line or "|" not in above:
            continue
        cells = _cells(line)
        if all(_DELIMITER.match(cell) for cell in cells) and len(_cells(above)) == len(cells):
            count += 1
    return count


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip().removeprefix("|").removesuffix("|").split("|")]
