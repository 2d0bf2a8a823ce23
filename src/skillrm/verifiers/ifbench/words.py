"""words: what single words look like and how they follow each other."""

from __future__ import annotations

import string
from collections import Counter
from itertools import pairwise

from skillrm.verifiers.ifbench.counts import EDGES, NO_PUNCTUATION, SmallNumber
from skillrm.verifiers.ifeval.instruction import InstructionArgs, instruction
from skillrm.verifiers.sentences import sentences_of

_CONSONANTS = frozenset("bcdfghjklmnpqrstvwxyz")
_PRIMES = frozenset(n for n in range(2, 98) if all(n % d for d in range(2, n)))


@instruction("words:alphabet", args=InstructionArgs, family="ifbench")
def alphabet(answer: str, given: InstructionArgs) -> tuple[bool, str]:
    """Each word begins with the letter after that of the word before; Z is followed by A.

    >>> check("ifbench:words:alphabet", "Yes, zebras always bite.").satisfied
    True
    """
    words = answer.translate(NO_PUNCTUATION).lower().split()
    letters = string.ascii_lowercase
    if not words or words[0][0] not in letters:
        return False, "the first word begins with no letter"
    first = letters.index(words[0][0])
    for number, word in enumerate(words):
        if word[0] != letters[(first + number) % 26]:
            return False, f"word {number + 1} is {word[:40]!r}; one with {letters[(first + number) % 26]!r} asked"
    return True, f"all {len(words)} words follow the alphabet"


@instruction("words:vowel", args=InstructionArgs, family="ifbench")
def vowel(answer: str, given: InstructionArgs) -> tuple[bool, str]:
    """One paragraph with no more than three different vowels.

    >>> check("ifbench:words:vowel", "A banana tree").satisfied
    True
    """
    found = sorted(set("aeiou") & set(answer.lower()))
    if "\n" in answer.strip():
        return False, "more than one paragraph"
    return len(found) <= 3, f"the vowels {', '.join(found)} occur; at most three different ones asked"


@instruction("words:consonants", args=InstructionArgs, family="ifbench")
def consonants(answer: str, given: InstructionArgs) -> tuple[bool, str]:
    """Each word has two consonants in a row.

    >>> check("ifbench:words:consonants", "Strong winds blow a storm").observation
    "'a' has no two consonants in a row"
    """
    for word in answer.lower().split():
        if not any(a in _CONSONANTS and b in _CONSONANTS for a, b in pairwise(word)):
            return False, f"{word[:40]!r} has no two consonants in a row"
    return True, "each word has two consonants in a row"


@instruction("words:palindrome", args=InstructionArgs, family="ifbench")
def palindrome(answer: str, given: InstructionArgs) -> tuple[bool, str]:
    """At least ten palindromes of five letters or more; upstream counts repeated ones again.

    >>> check("ifbench:words:palindrome", "level " * 10).satisfied
    True
    """
    words = answer.translate(NO_PUNCTUATION).lower().split()
    count = sum(len(word) >= 5 and word == word[::-1] for word in words)
    return count >= 10, f"counted {count} palindromes of at least 5 letters; at least 10 asked"


@instruction("words:prime_lengths", args=InstructionArgs, family="ifbench")
def prime_lengths(answer: str, given: InstructionArgs) -> tuple[bool, str]:
    """The length of each word is a prime below 100.

    >>> check("ifbench:words:prime_lengths", "We see three owls").observation
    "'owls' has 4 letters; a prime number asked"
    """
    for word in answer.translate(NO_PUNCTUATION).split():
        if len(word) not in _PRIMES:
            return False, f"{word[:40]!r} has {len(word)} letters; a prime number asked"
    return True, "all word lengths are prime"


@instruction("words:repeats", args=SmallNumber, family="ifbench")
def repeats(answer: str, given: SmallNumber) -> tuple[bool, str]:
    """No word occurs more than so many times.

    >>> check("ifbench:words:repeats", "Tea, tea and tea.", small_n=2).observation
    "'tea' occurs 3 times; at most 2 allowed"
    """
    words = answer.lower().translate(NO_PUNCTUATION).split()
    word, count = max(Counter(words).items(), key=lambda item: item[1], default=("", 0))
    return count <= given.small_n, f"{word[:40]!r} occurs {count} times; at most {given.small_n} allowed"


@instruction("words:no_consecutive", args=InstructionArgs, family="ifbench")
def no_consecutive(answer: str, given: InstructionArgs) -> tuple[bool, str]:
    """No two words in a row begin with the same letter.

    >>> check("ifbench:words:no_consecutive", "Big bears eat.").observation
    "'big' and 'bears' begin alike"
    """
    for left, right in pairwise(answer.lower().translate(NO_PUNCTUATION).split()):
        if left[0] == right[0]:
            return False, f"{left[:40]!r} and {right[:40]!r} begin alike"
    return True, "no two words in a row begin alike"


@instruction("words:last_first", args=InstructionArgs, family="ifbench")
def last_first(answer: str, given: InstructionArgs) -> tuple[bool, str]:
    """Each sentence begins with the last word of the one before.

    >>> check("ifbench:words:last_first", "I like tea. Tea is hot.").satisfied
    True
    """
    for number, (left, right) in enumerate(pairwise(sentences_of(answer)), 2):
        last, first = left.rstrip(EDGES).split()[-1:], right.lstrip(EDGES).split()[:1]
        if not last or not first or last[0].lower() != first[0].lower():
            return False, f"sentence {number} begins with {''.join(first)[:40]!r}; {''.join(last)[:40]!r} asked"
    return True, "each sentence begins with the last word of the one before"


@instruction("words:paragraph_last_first", args=InstructionArgs, family="ifbench")
def paragraph_last_first(answer: str, given: InstructionArgs) -> tuple[bool, str]:
    """Each paragraph (line) ends with the word it begins with.

    >>> check("ifbench:words:paragraph_last_first", "Tea is what I call tea.").satisfied
    True
    """
    for line in answer.lower().split("\n"):
        words = line.strip().strip(EDGES).split()
        if words and words[0] != words[-1]:
            return False, f"a paragraph begins with {words[0][:40]!r} and ends with {words[-1][:40]!r}"
    return True, "each paragraph ends with the word it begins with"
