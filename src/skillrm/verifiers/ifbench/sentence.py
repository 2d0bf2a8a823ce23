"""sentence: what each sentence holds, and how sentences grow."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Annotated

from pydantic import Field

from skillrm.verifiers.ifbench.counts import EDGES, NO_PUNCTUATION, SmallNumber
from skillrm.verifiers.ifeval.instruction import InstructionArgs, instruction
from skillrm.verifiers.sentences import sentences_of


class Keyword(InstructionArgs):
    N: Annotated[int, Field(ge=1, le=10_000_000)]
    word: Annotated[str, Field(min_length=1, max_length=1000)]


@instruction("sentence:keyword", args=Keyword, family="ifbench")
def keyword(answer: str, given: Keyword) -> tuple[bool, str]:
    """The Nth sentence has the word.

    >>> check("ifbench:sentence:keyword", "I came. I saw Rome.", N=2, word="rome").satisfied
    True
    """
    found = sentences_of(answer)
    if len(found) < given.N:
        return False, f"counted {len(found)} sentences; {given.word[:80]!r} in number {given.N} asked"
    has = re.search(rf"\b{re.escape(given.word)}\b", found[given.N - 1], re.IGNORECASE) is not None
    return has, f"sentence {given.N} {'has' if has else 'lacks'} {given.word[:80]!r}"


@instruction("sentence:increment", args=SmallNumber, family="ifbench")
def increment(answer: str, given: SmallNumber) -> tuple[bool, str]:
    """Each sentence has exactly so many more words than the one before.

    >>> check("ifbench:sentence:increment", "Go. Go on now.", small_n=2).satisfied
    True
    """
    counts = [len(sentence.translate(NO_PUNCTUATION).split()) for sentence in sentences_of(answer)]
    asked = [counts[0] + given.small_n * number for number in range(len(counts))] if counts else []
    return counts == asked, (
        f"sentences of {', '.join(map(str, counts[:20]))} words; {given.small_n} more each time asked"
    )


@instruction("sentence:alliteration_increment", args=InstructionArgs, family="ifbench")
def alliteration_increment(answer: str, given: InstructionArgs) -> tuple[bool, str]:
    """Each sentence has more alliterative words than the one before.

    >>> check("ifbench:sentence:alliteration_increment", "One bird. Big bears eat. Big bears buy tea.").satisfied
    True
    """
    counts = [_alliterative(sentence) for sentence in sentences_of(answer)]
    rising = all(left < right for left, right in zip([-1, *counts], counts, strict=False))
    return rising, f"sentences of {', '.join(map(str, counts[:20]))} alliterative words; more each time asked"


def _alliterative(sentence: str) -> int:
    """Words in runs that begin with the same letter, two or more in a row."""
    letters = [bare[0] for word in sentence.lower().split() if (bare := word.lstrip(EDGES))]
    count = run = 0
    for left, right in pairwise(letters):
        run = run + 1 if left == right else 0
        count += 2 if run == 1 else 1 if run else 0
    return count
