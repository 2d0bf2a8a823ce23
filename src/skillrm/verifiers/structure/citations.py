"""structure:citations: `[1]` in the text and the list of references they point to."""

from __future__ import annotations

import re

from skillrm.types import Candidate, Sample
from skillrm.verifiers.registry import Args, Finding, decided, verifier
from skillrm.verifiers.structure.bounds import Count
from skillrm.verifiers.structure.layout import prose_lines

_CITED = re.compile(r"\[(\d{1,4}(?:[ \t]?[,;–-][ \t]?\d{1,4}){0,50})\](?![(:])")
_ENTRY = re.compile(r"[ \t]*(?:\[(\d{1,4})\]:?|(\d{1,4})[.)])[ \t]+\S")
_HEADING = re.compile(
    r"[ \t]*(?:#{1,6}[ \t]*)?[*_]{0,3}(?:references|sources|bibliography|works cited|citations|notes|footnotes)"
    r"[*_]{0,3}:?[*_]{0,3}[ \t]*\Z",
    re.IGNORECASE,
)


class CitationArgs(Args):
    min: Count = 1
    """At least so many different numbers are cited."""
    references: bool = False
    """A list of references is required. Where there is one, every cited number must be in it."""
    all_cited: bool = False
    """Every reference in the list must be cited."""


@verifier("structure:citations", version="1", args=CitationArgs, sample_safe=True)
def citations_verifier(sample: Sample, candidate: Candidate, args: CitationArgs) -> Finding:
    r"""Numbers in brackets cite sources, and agree with the list of references where there is one.

    >>> check("structure:citations", "So it is [1, 3].\n\nReferences\n[1] Lee 2020\n[2] Roy 2021").observation
    'cited but not listed: 3; 2 numbers cited, 2 references listed'
    """
    cited, listed = read_citations(candidate.final)
    said = f"{len(cited)} numbers cited, {len(listed)} references listed"
    if len(cited) < args.min:
        return decided(False, f"{said}; at least {args.min} cited asked")
    if args.references and not listed:
        return decided(False, f"{said}; a list of references asked")
    if listed and cited - listed:
        return decided(False, f"cited but not listed: {_numbers(cited - listed)}; {said}")
    if args.all_cited and listed - cited:
        return decided(False, f"listed but not cited: {_numbers(listed - cited)}; {said}")
    return decided(True, said)


def read_citations(text: str) -> tuple[set[int], set[int]]:
    """(cited numbers, numbers of the reference list). The list follows a heading, or is the last run of `[n]` lines."""
    lines = prose_lines(text)
    start = next((i for i in range(len(lines) - 1, -1, -1) if _HEADING.match(lines[i])), None)
    if start is None:
        start = len(lines)
        while start and (not lines[start - 1].strip() or lines[start - 1].lstrip().startswith("[")):
            start -= 1
        entries = [match for line in lines[start:] if (match := _ENTRY.match(line)) and match.group(1)]
    else:
        entries = [match for line in lines[start:] if (match := _ENTRY.match(line))]
    listed = {int(match.group(1) or match.group(2)) for match in entries}
    cited: set[int] = set()
    for match in _CITED.finditer("\n".join(lines[:start] if entries else lines)):
        cited |= _spread(match.group(1))
    return cited, listed


def _spread(inner: str) -> set[int]:
    numbers: set[int] = set()
    for part in re.split(r"[,;]", inner):
        ends = [int(end) for end in re.split(r"[–-]", part)]
        numbers.update(range(ends[0], min(ends[-1], ends[0] + 200) + 1) if len(ends) > 1 else ends)
    return numbers


def _numbers(numbers: set[int]) -> str:
    return ", ".join(map(str, sorted(numbers)[:20]))
