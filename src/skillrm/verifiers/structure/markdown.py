"""structure:markdown and structure:code_fence."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from skillrm.types import Candidate, Sample
from skillrm.verifiers.registry import Args, Finding, decided, verifier
from skillrm.verifiers.structure.bounds import BoundArgs, Count, asked, within
from skillrm.verifiers.structure.layout import count_lists, count_tables, fences, heading_levels, prose_lines


class MarkdownArgs(Args):
    min_headings: Count | None = None
    max_headings: Count | None = None
    level: Annotated[int, Field(ge=1, le=6)] | None = None
    """Count only headings of this level."""
    min_tables: Count | None = None
    max_tables: Count | None = None
    min_lists: Count | None = None
    max_lists: Count | None = None


class FenceArgs(BoundArgs):
    min: Count | None = 1
    language: Annotated[str, Field(max_length=100)] | None = None
    """Count only fences marked so, whatever the case; the empty word counts unmarked ones."""


@verifier("structure:markdown", version="1", args=MarkdownArgs, sample_safe=True)
def markdown_verifier(sample: Sample, candidate: Candidate, args: MarkdownArgs) -> Finding:
    r"""Headings, tables and lists are as many as asked; what stands in code fences does not count.

    >>> check("structure:markdown", "# A\n- b\n- c", min_headings=1, max_lists=1).observation
    '1 headings, at least 1 asked; 1 lists, at most 1 asked'
    """
    lines = prose_lines(candidate.final)
    levels = [level for level in heading_levels(lines) if args.level in (None, level)]
    what = f"headings of level {args.level}" if args.level else "headings"
    counts = (
        (what, len(levels), args.min_headings, args.max_headings),
        ("tables", count_tables(lines), args.min_tables, args.max_tables),
        ("lists", count_lists(lines), args.min_lists, args.max_lists),
    )
    said = [
        f"{count} {name}, {asked(least, most)} asked"
        for name, count, least, most in counts
        if least is not None or most is not None
    ]
    return decided(
        all(within(count, least, most) for _, count, least, most in counts),
        "; ".join(said) or ", ".join(f"{count} {name}" for name, count, _, _ in counts),
    )


@verifier("structure:code_fence", version="1", args=FenceArgs, sample_safe=True)
def fence_verifier(sample: Sample, candidate: Candidate, args: FenceArgs) -> Finding:
    r"""The answer has so many closed code fences (of a language), by default at least one.

    >>> check("structure:code_fence", "```python\nprint(1)\n```", language="python").satisfied
    True
    """
    found = fences(candidate.final)
    if found and not found[-1].closed:
        return decided(False, "the last code fence is not closed")
    of_language = [fence for fence in found if args.language is None or fence.language == args.language.strip().lower()]
    what = "code fences" if args.language is None else f"code fences marked {args.language!r}"
    return decided(
        within(len(of_language), args.min, args.max),
        f"counted {len(of_language)} {what}; {asked(args.min, args.max)} asked",
    )
