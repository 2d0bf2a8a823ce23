"""What a policy was asked and what it said, out of what trainers send."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillrm.errors import SampleError
from skillrm.integrations.templates import SPECIAL
from skillrm.integrations.transcripts import answer_of, asked_and_answered
from skillrm.types import Sample

PIECES = st.lists(
    st.sampled_from(["a", "b", "ab ", " ", "\n", "<s>", "</s>", "<|im_end|>", "é", "<", "|", ">", "\u00a0"])
)
WORDS = " ".join(f"word{n}" for n in range(60))


def message(text: str, role: str = "assistant") -> dict:
    return {"type": "message", "role": role, "content": [{"type": "output_text", "text": text}]}


def answer(*output: dict):
    return asked_and_answered({"responses_create_params": {"input": "q"}, "response": {"output": list(output)}})[1]


def test_the_last_message_of_the_policy_is_the_answer_and_nobody_elses() -> None:
    assert answer(message("mine")) == "mine"
    assert answer(message("mine"), message("theirs", "user")) == "mine"
    assert answer(message("theirs", "user"), {"type": "function_call_output", "output": "x"}) == ""
    said = answer(message("first"), message("theirs", "user"), message("second"))
    assert Sample.parse({"prompt": "q", "response": said}).candidates[0].final == "second"


def test_what_was_thought_is_part_of_everything_that_was_said_and_not_of_the_answer() -> None:
    thinking = {"type": "reasoning", "summary": [{"type": "summary_text", "text": "so much"}]}
    for said in (answer(thinking, message("mine")), answer(message("mine"), thinking)):
        candidate = Sample.parse({"prompt": "q", "response": said}).candidates[0]
        assert candidate.final == "mine"
        assert "so much" in candidate.whole


def stripped(text: str) -> str:
    return "".join(SPECIAL.sub("", text).split())


@given(PIECES, PIECES)
def test_a_prompt_is_found_whatever_became_of_its_special_tokens_and_blanks(prompt, behind) -> None:
    asked, said = "".join(prompt), "".join(behind)
    for query in ("<s>" + asked + said, stripped(asked) + "</s>" + said):
        if not query.startswith(asked) and stripped(query).startswith(stripped(asked)):
            assert stripped(answer_of(query, asked, 0)) == stripped(query)[len(stripped(asked)) :]


def test_a_cut_front_is_found_and_what_the_answer_repeats_is_its_own() -> None:
    rest = WORDS[100:]
    assert answer_of(rest + " Yes.", WORDS, 0).strip() == "Yes."
    assert answer_of(f"{rest} {rest} Yes.", WORDS, 0).strip() == f"{rest} Yes."
    assert answer_of(f"{rest} {WORDS}", WORDS, 0).strip() == WORDS
    with pytest.raises(SampleError):
        answer_of("word1 " * 30, WORDS, 0)


def test_a_prompt_without_end_is_not_searched_letter_by_letter() -> None:
    prompt = "ab " * 500_000
    assert answer_of(prompt + "Yes.", prompt, 0) == "Yes."
    with pytest.raises(SampleError, match="more than 1048576 characters"):
        answer_of("<s>" + prompt + "Yes.", prompt, 0)
