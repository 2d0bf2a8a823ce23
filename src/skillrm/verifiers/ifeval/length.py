"""length_constraints: words, sentences, paragraphs."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field, model_validator

from skillrm.verifiers.counted import counted
from skillrm.verifiers.ifeval.instruction import Count, InstructionArgs, Phrase, Relation, compare, instruction
from skillrm.verifiers.sentences import count_sentences
from skillrm.verifiers.words import count_words

_DIVIDER = re.compile(r"\s?\*\*\*\s?")
_FIRST_WORD = re.compile(r"""'*"*([^.,?!'"]*)""")


class Words(InstructionArgs):
    num_words: Count
    relation: Relation


class Sentences(InstructionArgs):
    num_sentences: Count
    relation: Relation


class Paragraphs(InstructionArgs):
    num_paragraphs: Count


class NthParagraph(InstructionArgs):
    num_paragraphs: Count
    nth_paragraph: Annotated[int, Field(ge=1, le=10_000_000)]
    first_word: Phrase

    @model_validator(mode="after")
    def _is_among_them(self) -> NthParagraph:
        if self.nth_paragraph > self.num_paragraphs:
            raise ValueError(f"paragraph {self.nth_paragraph} of {self.num_paragraphs} cannot be")
        return self


@instruction("length_constraints:number_words", args=Words)
def number_words(answer: str, given: Words) -> tuple[bool, str]:
    """At least or less than a number of words, `\\w+` runs.

    >>> check("ifeval:length_constraints:number_words", "One, two.", num_words=3, relation="at least").observation
    'counted 2 words; at least 3 asked'
    """
    count = count_words(answer)
    return compare(count, given.relation, given.num_words), (
        f"{counted(count, 'word')}; {given.relation} {given.num_words} asked"
    )


@instruction("length_constraints:number_sentences", args=Sentences)
def number_sentences(answer: str, given: Sentences) -> tuple[bool, str]:
    """At least or less than a number of sentences (Punkt, English).

    >>> check("ifeval:length_constraints:number_sentences", "Dr. Lee left. Why?", num_sentences=3,
    ...       relation="less than").observation
    'counted 2 sentences; less than 3 asked'
    """
    count = count_sentences(answer, given.num_sentences)
    return compare(count, given.relation, given.num_sentences), (
        f"{counted(count, 'sentence')}; {given.relation} {given.num_sentences} asked"
    )


@instruction("length_constraints:number_paragraphs", args=Paragraphs)
def number_paragraphs(answer: str, given: Paragraphs) -> tuple[bool, str]:
    r"""Exactly so many paragraphs, divided by `***`.

    >>> check("ifeval:length_constraints:number_paragraphs", "One.\n***\nTwo.", num_paragraphs=2).satisfied
    True
    """
    parts = [part.strip() for part in _DIVIDER.split(answer)]
    if not all(parts[1:-1]):
        return False, f"an empty paragraph between two *** dividers; exactly {given.num_paragraphs} paragraphs asked"
    count = len(parts) - (not parts[0]) - (len(parts) > 1 and not parts[-1])
    return count == given.num_paragraphs, (
        f"{counted(count, 'paragraph')} divided by ***; exactly {given.num_paragraphs} asked"
    )


@instruction("length_constraints:nth_paragraph_first_word", args=NthParagraph)
def nth_paragraph_first_word(answer: str, given: NthParagraph) -> tuple[bool, str]:
    r"""So many paragraphs divided by blank lines, the nth beginning with a word.

    >>> check("ifeval:length_constraints:nth_paragraph_first_word", "One.\n\nBut two.",
    ...       num_paragraphs=2, nth_paragraph=2, first_word="but").satisfied
    True
    """
    parts = answer.split("\n\n")
    count = sum(bool(part.strip()) for part in parts)
    asked = (
        f"{given.num_paragraphs} paragraphs, number {given.nth_paragraph} beginning with {given.first_word!r}, asked"
    )
    # Upstream counts filled paragraphs but indexes all of them, empty ones included.
    paragraph = parts[given.nth_paragraph - 1].strip() if given.nth_paragraph <= count else ""
    if not paragraph:
        return False, f"{counted(count, 'paragraph')} and paragraph {given.nth_paragraph} is missing or empty; {asked}"
    found = _FIRST_WORD.match(paragraph.split(None, 1)[0])
    word = found.group(1).lower() if found else ""
    return count == given.num_paragraphs and word == given.first_word.lower(), (
        f"{counted(count, 'paragraph')}, number {given.nth_paragraph} begins with {word[:80]!r}; {asked}"
    )
