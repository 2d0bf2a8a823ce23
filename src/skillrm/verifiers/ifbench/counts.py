"""count and ratio: words, numbers, conjunctions, punctuation, kinds of sentences, overlap."""

from __future__ import annotations

import re
import string
from typing import Annotated

from pydantic import Field

from skillrm.verifiers.counted import counted
from skillrm.verifiers.ifeval.instruction import Count, InstructionArgs, Phrase, instruction
from skillrm.verifiers.sentences import sentences_of
from skillrm.verifiers.words import count_words

EDGES = string.punctuation + " "
NO_PUNCTUATION = str.maketrans("", "", string.punctuation)
_NUMBER = re.compile(r"\d+")
_JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
_CONJUNCTIONS = frozenset(("and", "but", "for", "nor", "or", "so", "yet"))
_TIMES = (1, 2, 3, 5, 7)


class Number(InstructionArgs):
    N: Count


class SmallNumber(InstructionArgs):
    small_n: Count


class Range(InstructionArgs):
    min_words: Count
    max_words: Count


class FiveKeywords(InstructionArgs):
    keyword1: Phrase
    keyword2: Phrase
    keyword3: Phrase
    keyword4: Phrase
    keyword5: Phrase


class Overlap(InstructionArgs):
    percentage: Annotated[float, Field(ge=0, le=100)]
    reference_text: Phrase


class Every(InstructionArgs):
    N: Annotated[int, Field(ge=1, le=10_000_000)]


@instruction("count:word_count_range", args=Range, family="ifbench")
def word_count_range(answer: str, given: Range) -> tuple[bool, str]:
    """Between so many words.

    >>> check("ifbench:count:word_count_range", "One, two, three.", min_words=2, max_words=3).satisfied
    True
    """
    count = count_words(answer)
    return given.min_words <= count <= given.max_words, (
        f"{counted(count, 'word')}; between {given.min_words} and {given.max_words} asked"
    )


@instruction("count:unique_word_count", args=Number, family="ifbench")
def unique_word_count(answer: str, given: Number) -> tuple[bool, str]:
    """At least N different words, without regard to case.

    >>> check("ifbench:count:unique_word_count", "Tea, tea and tea.", N=3).observation
    'counted 2 different words; at least 3 asked'
    """
    count = len({word.strip(EDGES) for word in answer.lower().split()})
    return count >= given.N, f"{counted(count, 'different word')}; at least {given.N} asked"


@instruction("count:conjunctions", args=SmallNumber, family="ifbench")
def conjunctions(answer: str, given: SmallNumber) -> tuple[bool, str]:
    """At least so many different coordinating conjunctions; upstream counts `And` and `and,` as different.

    >>> check("ifbench:count:conjunctions", "tea and milk or juice", small_n=2).satisfied
    True
    """
    count = len({word for word in answer.split() if word.strip(EDGES).lower() in _CONJUNCTIONS})
    return count >= given.small_n, f"{counted(count, 'different conjunction')}; at least {given.small_n} asked"


@instruction("count:numbers", args=Number, family="ifbench")
def numbers(answer: str, given: Number) -> tuple[bool, str]:
    """Exactly N numbers; `1,000.5` is one.

    >>> check("ifbench:count:numbers", "3 of 1,000", N=2).satisfied
    True
    """
    count = len(_NUMBER.findall(answer.translate(NO_PUNCTUATION)))
    return count == given.N, f"{counted(count, 'number')}; exactly {given.N} asked"


@instruction("count:punctuation", args=InstructionArgs, family="ifbench")
def punctuation(answer: str, given: InstructionArgs) -> tuple[bool, str]:
    """Every standard punctuation mark and an interrobang.

    >>> check("ifbench:count:punctuation", "Oh: a, b; c. Why?! So! Yes?").satisfied
    True
    """
    if not any(mark in answer for mark in ("!?", "?!", "‽")):
        return False, "no interrobang"
    rest = answer.replace("?!" if "?!" in answer else "!?", "", 1)
    missing = [mark for mark in ".,!?;:" if mark not in rest]
    return not missing, f"missing {' '.join(missing)}" if missing else "every punctuation mark occurs"


@instruction("count:words_japanese", args=Every, family="ifbench")
def words_japanese(answer: str, given: Every) -> tuple[bool, str]:
    """Every Nth word is Japanese (kana or kanji), numbers aside.

    >>> check("ifbench:count:words_japanese", "I drink お茶 each day 毎日", N=3).satisfied
    True
    """
    for number, word in enumerate(answer.split()[given.N - 1 :: given.N], 1):
        bare = word.strip(EDGES)
        if bare and not bare.isdigit() and not _JAPANESE.search(bare):
            return False, f"word {number * given.N} is {bare[:40]!r}; each word number {given.N} in Japanese asked"
    return True, f"each word number {given.N} is in Japanese"


@instruction("count:keywords_multiple", args=FiveKeywords, family="ifbench")
def keywords_multiple(answer: str, given: FiveKeywords) -> tuple[bool, str]:
    """Five keywords occur exactly 1, 2, 3, 5 and 7 times.

    >>> check("ifbench:count:keywords_multiple", "a bb ccc ddddd eeeeeee", keyword1="a", keyword2="b",
    ...       keyword3="c", keyword4="d", keyword5="e").satisfied
    True
    """
    small = answer.lower()
    words = (given.keyword1, given.keyword2, given.keyword3, given.keyword4, given.keyword5)
    for word, asked in zip(words, _TIMES, strict=True):
        count = small.count(word.lower())
        if count != asked:
            return False, f"counted {word[:80]!r} {count} times; exactly {asked} asked"
    return True, "the five keywords occur 1, 2, 3, 5 and 7 times"


@instruction("ratio:sentence_type", args=InstructionArgs, family="ifbench")
def sentence_type(answer: str, given: InstructionArgs) -> tuple[bool, str]:
    """Twice as many declarative sentences as questions.

    >>> check("ifbench:ratio:sentence_type", "One. Two. Three?").satisfied
    True
    """
    told, asked, _ = _kinds(answer)
    return told == 2 * asked, f"counted {told} declarative sentences and {asked} questions; 2 to 1 asked"


@instruction("ratio:sentence_balance", args=InstructionArgs, family="ifbench")
def sentence_balance(answer: str, given: InstructionArgs) -> tuple[bool, str]:
    """As many declarative sentences as questions as exclamations.

    >>> check("ifbench:ratio:sentence_balance", "One. Two? Three!").satisfied
    True
    """
    told, asked, shouted = _kinds(answer)
    return told == asked == shouted, (
        f"counted {told} declarative sentences, {asked} questions, {shouted} exclamations; as many of each asked"
    )


@instruction("ratio:sentence_words", args=InstructionArgs, family="ifbench")
def sentence_words(answer: str, given: InstructionArgs) -> tuple[bool, str]:
    """Three sentences with the same number of characters; that the words differ is not looked at upstream either.

    >>> check("ifbench:ratio:sentence_words", "One a. Two b. Six c.").satisfied
    True
    """
    lengths = [len(sentence) for sentence in sentences_of(answer)]
    return len(lengths) == 3 and len(set(lengths)) == 1, (
        f"counted sentences of {', '.join(map(str, lengths[:10]))} characters; three of the same length asked"
    )


@instruction("ratio:overlap", args=Overlap, family="ifbench")
def overlap(answer: str, given: Overlap) -> tuple[bool, str]:
    """So many percent, give or take 2, of the answer's different character trigrams occur in the reference text.

    >>> check("ifbench:ratio:overlap", "abcd", percentage=50, reference_text="abc").satisfied
    True
    """
    ours, theirs = ({text[i : i + 3] for i in range(len(text) - 2)} for text in (answer, given.reference_text))
    if not ours:
        return False, "the answer has fewer than three characters"
    percent = 100 * len(ours & theirs) / len(ours)
    return given.percentage - 2 <= percent <= given.percentage + 2, (
        f"{percent:.1f} % of the trigrams occur in the reference text; {given.percentage:g} % asked, give or take 2"
    )


def _kinds(answer: str) -> tuple[int, int, int]:
    ends = [sentence[-1:] for sentence in sentences_of(answer)]
    return ends.count("."), ends.count("?"), ends.count("!")
