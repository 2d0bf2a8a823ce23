"""keywords: present, counted, forbidden, and letters. Upstream reads a keyword as a regular expression."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from skillrm.verifiers.ifeval.instruction import Count, InstructionArgs, Relation, compare, instruction
from skillrm.verifiers.patterns import keyword

Keyword = Annotated[str, Field(min_length=1, max_length=1000)]
Keywords = Annotated[tuple[Keyword, ...], Field(min_length=1, max_length=200)]


class Existence(InstructionArgs):
    keywords: Keywords


class Forbidden(InstructionArgs):
    forbidden_words: Keywords


class Frequency(InstructionArgs):
    keyword: Keyword
    frequency: Count
    relation: Relation


class LetterFrequency(InstructionArgs):
    letter: Annotated[str, Field(min_length=1, max_length=1)]
    let_frequency: Count
    let_relation: Relation


@instruction("keywords:existence", args=Existence)
def existence(answer: str, given: Existence) -> tuple[bool, str]:
    """Every keyword occurs, whatever its case, also inside a word.

    >>> check("ifeval:keywords:existence", "Limes.", keywords=["lime", "salt"]).observation
    "missing 'salt'; 2 keywords asked"
    """
    missing = [word for word in given.keywords if not keyword(word).found(answer)]
    if missing:
        return False, f"missing {', '.join(map(repr, missing))[:300]}; {len(given.keywords)} keywords asked"
    return True, f"all {len(given.keywords)} keywords occur"


@instruction("keywords:frequency", args=Frequency)
def frequency(answer: str, given: Frequency) -> tuple[bool, str]:
    """A keyword occurs at least or less than so many times.

    >>> check("ifeval:keywords:frequency", "Tea, tea, tea.", keyword="tea", frequency=3, relation="at least").satisfied
    True
    """
    count = keyword(given.keyword.strip()).count(answer)
    return compare(count, given.relation, given.frequency), (
        f"counted {given.keyword.strip()[:80]!r} {count} times; {given.relation} {given.frequency} asked"
    )


@instruction("keywords:forbidden_words", args=Forbidden)
def forbidden_words(answer: str, given: Forbidden) -> tuple[bool, str]:
    """No forbidden word occurs as a whole word, whatever its case.

    >>> check("ifeval:keywords:forbidden_words", "Very well.", forbidden_words=["very"]).observation
    "found forbidden 'very'"
    """
    found = [word for word in given.forbidden_words if keyword(word, before=r"\b", after=r"\b").found(answer)]
    if found:
        return False, f"found forbidden {', '.join(map(repr, found))[:300]}"
    return True, f"none of the {len(given.forbidden_words)} forbidden words occurs"


@instruction("keywords:letter_frequency", args=LetterFrequency)
def letter_frequency(answer: str, given: LetterFrequency) -> tuple[bool, str]:
    """A letter (or sign) occurs at least or less than so many times.

    >>> check("ifeval:keywords:letter_frequency", "Pizza", letter="z", let_frequency=2,
    ...       let_relation="less than").satisfied
    False
    """
    count = answer.lower().count(given.letter.lower())
    return compare(count, given.let_relation, given.let_frequency), (
        f"counted the letter {given.letter.lower()!r} {count} times; {given.let_relation} {given.let_frequency} asked"
    )
