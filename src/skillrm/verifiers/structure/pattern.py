"""structure:regex, in linear time."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from skillrm.types import Candidate, Sample
from skillrm.verifiers.patterns import PatternError, compile_linear
from skillrm.verifiers.registry import Finding, decided, verifier
from skillrm.verifiers.structure.bounds import BoundArgs, asked, within

MAX_MATCHES = 100_000


class RegexArgs(BoundArgs):
    min: Annotated[int, Field(ge=0, le=MAX_MATCHES)] | None = None
    max: Annotated[int, Field(ge=0, le=MAX_MATCHES)] | None = None
    """Without `min` and `max`: at least one match."""
    pattern: Annotated[str, Field(min_length=1, max_length=10_000)]
    """RE2 syntax: no look-around and no backreferences, `^` and `$` are the ends of the answer unless `(?m)`."""
    mode: Literal["search", "fullmatch", "absent"] = "search"
    """search: matches somewhere, `min` to `max` times. fullmatch: the whole answer, blanks at its ends aside, matches.
    absent: matches nowhere."""

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, value: str) -> str:
        try:
            compile_linear(value)
        except PatternError as error:
            raise ValueError(f"not a pattern RE2 takes: {error}") from None
        return value


@verifier("structure:regex", version="1", args=RegexArgs, sample_safe=True)
def regex_verifier(sample: Sample, candidate: Candidate, args: RegexArgs) -> Finding:
    r"""A regular expression matches, matches the whole answer, or matches nowhere.

    >>> check("structure:regex", "Call 555-0199 or 555-0123", pattern=r"\d{3}-\d{4}", max=1).observation
    'counted 2 or more matches; at most 1 asked'
    """
    pattern, text = compile_linear(args.pattern), candidate.final
    if args.mode == "fullmatch":
        whole = pattern.fullmatch(text.strip()) is not None
        return decided(whole, f"the whole answer {'matches' if whole else 'does not match'} the pattern")
    if args.mode == "absent":
        found = pattern.search(text)
        if found is None:
            return decided(True, "the pattern matches nowhere")
        return decided(False, f"the pattern matches {found.group()[:80]!r}; it must not")
    least = 1 if args.min is None and args.max is None else args.min
    count = 0
    for _ in pattern.finditer(text):
        count += 1
        if args.max is None and count == (least or 0):
            return decided(True, f"counted at least {count} matches; {asked(least, args.max)} asked")
        if args.max is not None and count > args.max:
            break
    more = " or more" if args.max is not None and count > args.max else ""
    return decided(within(count, least, args.max), f"counted {count}{more} matches; {asked(least, args.max)} asked")
