"""Words and words in capitals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillrm.verifiers.words import count_capital_words, count_words


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("NASA and the EU", 2),
        ("I am", 1),
        ("Only Titles Here", 0),
        ("DON'T", 2),  # DO, N'T
        ("WE'LL IT'S", 4),
        ("CANNOT GONNA", 4),
        ("WELL-KNOWN", 1),
        ("A,B C:D E,5", 5),
        ("X...Y A--B", 4),
        ("U.S.A. B2B", 2),
        ("“HELLO” (WORLD)", 2),
        ("DON’T", 2),
        ("ÄÖÜ ДА 中文", 2),
        ("'TIS", 2),
        ("mIXED", 0),
    ],
)
def test_capital_words_are_the_treebank_tokens_without_a_small_letter(text: str, count: int) -> None:
    assert count_capital_words(text) == count


@given(st.text(max_size=60))
def test_text_without_capitals_has_no_capital_words(text: str) -> None:
    small = "".join(sign for sign in text if (not sign.isupper() and sign.upper() != sign) or sign.isspace())
    assert count_capital_words(small) == 0


@given(st.lists(st.sampled_from(["ONE", "two", "Three"])))
def test_plain_words_are_counted_one_by_one(words: list[str]) -> None:
    text = " ".join(words)
    assert count_words(text) == len(words)
    assert count_capital_words(text) == words.count("ONE")


def test_an_apostrophe_parts_words_but_an_underscore_does_not() -> None:
    assert count_words("it's snake_case") == 3
