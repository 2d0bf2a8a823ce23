"""Sentences, as NLTK's Punkt ends them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillrm.verifiers.sentences import count_sentences, sentence_spans

HARD_TEXT = st.text(st.sampled_from("aB.?!,;:\"')(]- \n\t5’é"), max_size=80)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", []),
        (" \n ", []),
        ("No end", ["No end"]),
        ("One. Two? Three!", ["One.", "Two?", "Three!"]),
        ("Dr. Smith met Mr. J. Jones at 5 p.m. on Monday.", ["Dr. Smith met Mr. J. Jones at 5 p.m. on Monday."]),
        ('He said "Stop!" Then he left.', ['He said "Stop!"', "Then he left."]),
        ("(It rained.) We stayed.", ["(It rained.)", "We stayed."]),
        ("It cost 3.50 dollars. Cheap.", ["It cost 3.50 dollars.", "Cheap."]),
        ("Well... maybe. Yes.", ["Well... maybe.", "Yes."]),
        ("Wow!!! Great.", ["Wow!!!", "Great."]),
        ("Wow!!", ["Wow!", "!"]),  # NLTK's own oddity at the end of a text
        ("See e.g. the first.", ["See e.g.", "the first."]),  # the model does not know this abbreviation
        ("one.two.three", ["one.two.three"]),
    ],
)
def test_sentences_end_where_nltk_ends_them(text: str, sentences: list[str]) -> None:
    assert [text[start:end] for start, end in sentence_spans(text)] == sentences
    assert count_sentences(text) == len(sentences)


@given(HARD_TEXT | st.text(max_size=80))
def test_spans_are_in_order_and_lose_nothing_but_blanks(text: str) -> None:
    spans = list(sentence_spans(text))
    assert all(start < end for start, end in spans)
    assert all(left[1] <= right[0] for left, right in pairwise(spans))
    assert "".join(text[start:end] for start, end in spans).split() or not text.strip()
    covered = "".join("".join(text[start:end].split()) for start, end in spans)
    assert covered == "".join(text.split())
