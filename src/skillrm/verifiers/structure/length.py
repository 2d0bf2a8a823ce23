"""structure:length."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Literal

from skillrm.types import Candidate, Sample
from skillrm.verifiers.counted import counted
from skillrm.verifiers.registry import Finding, decided, verifier
from skillrm.verifiers.sentences import count_sentences
from skillrm.verifiers.structure import bounds
from skillrm.verifiers.structure.bounds import BoundArgs, within
from skillrm.verifiers.structure.layout import count_bullets, prose_lines

Unit = Literal["words", "characters", "sentences", "paragraphs", "lines", "bullets"]
_WORD = re.compile(r"\w+(?:['’\-]\w+)*")


class LengthArgs(BoundArgs):
    unit: Unit
    """words: `it's` and `well-known` are one each. characters: without the blanks at both ends. sentences: Punkt,
    English. paragraphs: parts between blank lines. lines: not counting blank ones. bullets: items marked `- * + •`."""


@verifier("structure:length", version="1", args=LengthArgs, sample_safe=True)
def length_verifier(sample: Sample, candidate: Candidate, args: LengthArgs) -> Finding:
    """The answer has so many words, characters, sentences, paragraphs, lines or bullets.

    >>> check("structure:length", "It's well-known.", unit="words", min=2, max=2).observation
    'counted 2 words; exactly 2 asked'
    """
    count = measure(candidate.final, args.unit, max(args.min or 0, args.max or 0))
    return decided(
        within(count, args.min, args.max), f"{counted(count, args.unit[:-1])}; {bounds.asked(args.min, args.max)} asked"
    )


def measure(text: str, unit: Unit, asked: int = 1_000_000) -> int:
    """How many of that unit the text has; sentences are not counted far beyond what was asked."""
    if unit == "words":
        return len(_WORD.findall(text))
    if unit == "characters":
        return len(text.strip())
    if unit == "sentences":
        return count_sentences(text, asked)
    if unit == "lines":
        return sum(not line.isspace() and line != "" for line in text.splitlines())
    if unit == "bullets":
        return count_bullets(prose_lines(text))
    blank = [True, *(not line.strip() for line in text.splitlines())]
    return sum(before and not here for before, here in pairwise(blank))
