"""Patterns that come from samples."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillrm.verifiers.patterns import LONG, PatternError, compile_linear, keyword


@pytest.mark.parametrize("pattern", ["(", r"(a)\1", "(?=a)", "(?<!a)b", "(?:x{1000}){1000}"])
def test_what_cannot_run_in_linear_time_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError, match=r"\S"):
        compile_linear(pattern)


def test_flags_are_kept_apart() -> None:
    assert compile_linear("^b", multiline=True).search("a\nB") is None
    assert compile_linear("^b", multiline=True, ignore_case=True).search("a\nB")
    assert compile_linear("a.b", dotall=True).search("a\nb")
    assert compile_linear("a.b").search("a\nb") is None


@given(
    st.text(st.sampled_from("abA +(").filter(lambda sign: sign), min_size=1, max_size=4), st.text("abA +(", max_size=20)
)
def test_a_plain_keyword_is_found_whatever_its_case(word: str, text: str) -> None:
    if not re.search(r"[+(]", word):
        assert keyword(word).found(text) == (word.lower() in text.lower())
        assert keyword(word).count(text) == text.lower().count(word.lower())
    assert isinstance(keyword(word).found(text), bool)


@pytest.mark.parametrize("word", ["cat", "c.t", "c(at", "x" * 100 + "cat"])
def test_a_long_text_gives_the_same_answer_as_a_short_one(word: str) -> None:
    for text in ("a Cat! ", "concatenate ", "c(at ", "x" * 100 + "cat "):
        for edge in ("", r"\b"):
            found = keyword(word, before=edge, after=edge)
            filler = "- " * LONG
            assert found.found(text) == found.found(text + filler)
            assert found.count(text) == found.count(text + filler)
