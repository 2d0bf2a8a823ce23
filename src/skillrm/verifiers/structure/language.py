"""structure:language."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from skillrm.types import Candidate, Sample
from skillrm.verifiers.languages import identify
from skillrm.verifiers.registry import Args, Finding, decided, unknown, verifier

_ENOUGH = 20
"""Letters below which a guess is not trusted."""


class LanguageArgs(Args):
    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[a-z]{2})?$")]
    """ISO 639-1 code; `zh` stands for both `zh-cn` and `zh-tw`."""


@verifier("structure:language", version="1", args=LanguageArgs, sample_safe=True)
def language_verifier(sample: Sample, candidate: Candidate, args: LanguageArgs) -> Finding:
    """The answer is written in a language; too little text to tell is unknown, an empty answer violated.

    >>> check("structure:language", "Das ist ein ganz gewöhnlicher Satz.", language="de").satisfied
    True
    """
    text = candidate.final
    if not text.strip():
        return decided(False, "the answer is empty")
    language = identify(text)
    if language == args.language or (language or "").startswith(f"{args.language}-"):
        return decided(True, f"the language looks like {language!r}")
    letters = sum(map(str.isalpha, text[:1000]))
    if language in (None, "unknown") or letters < _ENOUGH:
        return unknown(f"too little text to tell its language ({letters} letters, perhaps {language!r})")
    return decided(False, f"the language looks like {language!r}; {args.language!r} asked")
