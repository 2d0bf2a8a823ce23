"""change_case: all capitals, all small, capital words counted."""

from __future__ import annotations

from skillrm.verifiers.counted import counted
from skillrm.verifiers.ifeval.instruction import Count, InstructionArgs, Relation, compare, instruction
from skillrm.verifiers.languages import identify
from skillrm.verifiers.words import count_capital_words


class CapitalWords(InstructionArgs):
    capital_frequency: Count
    capital_relation: Relation


@instruction("change_case:capital_word_frequency", args=CapitalWords)
def capital_word_frequency(answer: str, given: CapitalWords) -> tuple[bool, str]:
    """At least or less than so many words in capital letters.

    >>> check("ifeval:change_case:capital_word_frequency", "NOW or NEVER", capital_frequency=2,
    ...       capital_relation="at least").satisfied
    True
    """
    count = count_capital_words(answer)
    return compare(count, given.capital_relation, given.capital_frequency), (
        f"{counted(count, 'word')} in capital letters; {given.capital_relation} {given.capital_frequency} asked"
    )


@instruction("change_case:english_capital", args=InstructionArgs)
def english_capital(answer: str, given: InstructionArgs) -> tuple[bool, str]:
    """English, without a small letter.

    >>> check("ifeval:change_case:english_capital", "THE WEATHER IS FINE TODAY").satisfied
    True
    """
    if not answer.isupper():
        return False, _first(answer, "small letter", str.islower)
    return _english(answer, "all letters are capitals")


@instruction("change_case:english_lowercase", args=InstructionArgs)
def english_lowercase(answer: str, given: InstructionArgs) -> tuple[bool, str]:
    """English, without a capital letter.

    >>> check("ifeval:change_case:english_lowercase", "the weather is Fine today").satisfied
    False
    """
    if not answer.islower():
        return False, _first(answer, "capital letter", str.isupper)
    return _english(answer, "all letters are small")


def _first(answer: str, what: str, wrong: object) -> str:
    position = next((i for i, sign in enumerate(answer) if callable(wrong) and wrong(sign)), None)
    if position is None:
        return f"there is no letter, or none of the right case; no {what} allowed"
    return f"a {what} at character {position + 1}: {answer[max(0, position - 10) : position + 20]!r}"


def _english(answer: str, seen: str) -> tuple[bool, str]:
    language = identify(answer)
    if language is None:
        return True, f"{seen}; no words to tell a language by, which upstream lets pass"
    return language == "en", f"{seen}; the language looks like {language!r}, 'en' asked"
