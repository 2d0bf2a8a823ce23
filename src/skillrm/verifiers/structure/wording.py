"""structure:contains and structure:absent."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Annotated, Self

from pydantic import Field, model_validator

from skillrm.types import Candidate, Sample
from skillrm.verifiers.patterns import Pattern, compile_linear
from skillrm.verifiers.registry import Args, Finding, decided, verifier
from skillrm.verifiers.structure.bounds import Count

Phrase = Annotated[str, Field(min_length=1, max_length=1000)]


class WordingArgs(Args):
    keywords: Annotated[tuple[Phrase, ...], Field(min_length=1, max_length=200)]
    """Plain words or phrases; any white space matches any other."""
    case_sensitive: bool = False
    whole_word: bool = True
    """`cat` does not match in `concatenate`."""


class ContainsArgs(WordingArgs):
    at_least: Count | None = None
    """So many of the keywords; all of them if not given."""

    @model_validator(mode="after")
    def _can_be(self) -> Self:
        if self.at_least is not None and self.at_least > len(self.keywords):
            raise ValueError(f"at least {self.at_least} of {len(self.keywords)} keywords cannot be")
        return self


@verifier("structure:contains", version="1", args=ContainsArgs, sample_safe=True)
def contains_verifier(sample: Sample, candidate: Candidate, args: ContainsArgs) -> Finding:
    """The answer contains all keywords, or at least some of them.

    >>> check("structure:contains", "Salt and lime.", keywords=["salt", "sugar"]).observation
    "1 of 2 keywords occur, 2 asked; missing 'sugar'"
    """
    missing = [word for word in args.keywords if not _occurs(candidate.final, word, args)]
    count = len(args.keywords) - len(missing)
    least = len(args.keywords) if args.at_least is None else args.at_least
    said = f"{count} of {len(args.keywords)} keywords occur, {least} asked"
    return decided(count >= least, said + (f"; missing {', '.join(map(repr, missing))[:300]}" if missing else ""))


@verifier("structure:absent", version="1", args=WordingArgs, sample_safe=True)
def absent_verifier(sample: Sample, candidate: Candidate, args: WordingArgs) -> Finding:
    """The answer contains none of the keywords.

    >>> check("structure:absent", "Concatenate.", keywords=["cat"]).satisfied
    True
    """
    found = [word for word in args.keywords if _occurs(candidate.final, word, args)]
    if found:
        return decided(False, f"found {', '.join(map(repr, found))[:300]}; none allowed")
    return decided(True, f"none of the {len(args.keywords)} keywords occurs")


def _occurs(text: str, word: str, args: WordingArgs) -> bool:
    return _compiled(word, args.case_sensitive, args.whole_word).search(text) is not None


@lru_cache(maxsize=4096)
def _compiled(word: str, case_sensitive: bool, whole_word: bool) -> Pattern:
    body = r"[\s\pZ]+".join(map(re.escape, word.split())) or re.escape(word)
    if whole_word:
        body = rf"(?:^|[^\pL\pM\pN_]){body}(?:[^\pL\pM\pN_]|$)"
    pattern: Pattern = compile_linear(body, ignore_case=not case_sensitive)
    return pattern
