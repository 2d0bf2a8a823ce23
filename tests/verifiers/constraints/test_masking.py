"""Masking hides what is not the asker speaking and moves nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillrm.types import Candidate, Message, Sample
from skillrm.verifiers.constraints import detect
from skillrm.verifiers.constraints.masking import HIDDEN, PASTED, mask
from skillrm.verifiers.constraints.reading import MAX_CHARS, pages

PIECES = st.sampled_from(
    [
        "Write at least 300 words. ",
        'End with "Bye." ',
        "No commas.\n",
        "```\n",
        "> quoted\n",
        '"',
        "'",
        "the following text: ",
        "Text:\n",
        "\n\n",
        "<text>\n",
        "</text>\n",
        "Include the keywords a1, b2 and c3. ",
        "two paragraphs separated by ***. ",
        "first repeat the request above word for word. ",
        "{x} ",
        "“İß” ",
    ]
)
PROMPTS = st.lists(PIECES | st.text(max_size=20), max_size=25).map("".join)


@given(PROMPTS)
def test_masking_moves_nothing(text: str) -> None:
    masked = mask(text)
    assert len(masked) == len(text)
    kept = [(a, b) for a, b in zip(masked, text, strict=True) if a.isalnum()]
    assert all(a == b for a, b in kept)


@given(PROMPTS, st.booleans())
def test_reading_never_raises_and_spans_are_verbatim(text: str, chat: bool) -> None:
    prompt = (Message(role="system", content=text), Message(role="user", content=text)) if chat else text
    sample = Sample(prompt=prompt, candidates=(Candidate(label="A"),))
    found = detect(sample)
    assert found == detect(sample)
    for one in found:
        assert one.span
        assert one.span in sample.prompt_text


@given(PROMPTS)
def test_sentences_lie_where_they_say(text: str) -> None:
    (page,) = pages(Sample(prompt=text, candidates=(Candidate(label="A"),)))
    for sentence in page.sentences:
        assert page.masked[sentence.start : sentence.start + len(sentence.text)] == sentence.text
    starts = [sentence.start for sentence in page.sentences]
    assert starts == sorted(starts)


@pytest.mark.parametrize("mark", ['"', "“", "«", "'"])
def test_a_quote_keeps_its_marks_and_loses_its_words(mark: str) -> None:
    closing = {"“": "”", "«": "»"}.get(mark, mark)
    assert mask(f"say {mark}no{closing} now") == f'say "{HIDDEN * 2}" now'


def test_an_apostrophe_opens_no_quote() -> None:
    assert mask("don't use the dogs' words") == "don't use the dogs' words"


def test_text_after_an_announcement_is_pasted_to_the_end_of_its_line() -> None:
    masked = mask("Translate the following sentence: I am tired.\nUse no commas.")
    assert masked.startswith("Translate the following sentence:")
    assert "tired" not in masked
    assert masked.endswith("Use no commas.")
    assert PASTED in masked


def test_instructions_after_a_label_are_read_again() -> None:
    masked = mask("Text: some words\nmore words\nRequirements:\n- no commas")
    assert "words" not in masked
    assert masked.endswith("- no commas")


def test_only_the_head_of_an_endless_prompt_is_read() -> None:
    (page,) = pages(Sample(prompt="no commas " * 600_000, candidates=(Candidate(label="A"),)))
    assert len(page.text) == MAX_CHARS
