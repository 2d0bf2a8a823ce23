"""The nouns refuse what makes no sense, and keep what people really have."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from skillrm.errors import SampleError
from skillrm.shapes import THINK, split_reasoning
from skillrm.types import Candidate, Criterion, Evidence, Message, Resource, Sample


def test_a_copy_with_other_values_forgets_what_was_computed_from_the_old():
    whole = Sample.parse({"id": "s", "prompt": "p", "responses": ["a", "b", "c"]})
    before = whole.digest, whole.candidates[0].final
    part = whole.model_copy(update={"candidates": whole.candidates[:2]})
    assert part.digest != before[0]
    assert part.digest == Sample.parse({"prompt": "p", "responses": ["a", "b"]}).digest
    assert whole.candidates[0].model_copy(update={"text": "other"}).final == "other"


def test_a_null_answer_is_an_empty_one():
    assert Candidate(label="A", text=None).final == ""


def test_leading_reasoning_is_split_off():
    assert Candidate(label="A", text="<think>12 or 13?</think>\n\n12").final == "12"


def test_reasoning_that_never_ends_means_there_is_no_answer():
    assert Candidate(label="A", text="<think>12 or 13?").final == ""


def test_a_closing_tag_alone_ends_reasoning_that_the_template_opened():
    assert Candidate(label="A", text="hmm</think>12").final == "12"


def test_tags_further_down_hide_nothing():
    text = "The tag <think> opens reasoning and </think> closes it."
    assert Candidate(label="A", text=text).final == text


def test_reasoning_can_be_kept():
    assert Candidate(label="A", text="<think>x</think>y", delimiters=()).final == "<think>x</think>y"


def test_the_final_answer_of_a_trajectory_is_the_last_assistant_text():
    turns = (
        Message(role="assistant", content="let me look"),
        Message(role="tool", content="42"),
        Message(role="assistant", content=({"type": "text", "text": "It is 42."},)),
    )
    assert Candidate(label="A", text=turns).final == "It is 42."
    assert "[tool] 42" in Candidate(label="A", text=turns).whole


@given(st.text())
def test_splitting_reasoning_never_adds_anything(text):
    assert text.endswith(split_reasoning(text, THINK)) or split_reasoning(text, THINK) in text


def test_lone_surrogates_become_replacement_characters():
    sample = Sample.parse({"prompt": "p\ud800", "response": "r\udfff"})
    assert sample.model_dump_json()
    assert sample.candidates[0].final == "r\ufffd"


def test_the_digest_is_of_the_content_not_the_id():
    one, two = (Sample.parse({"id": name, "prompt": "p", "response": "r"}) for name in ("1", "2"))
    assert one.digest == two.digest
    assert one.digest != Sample.parse({"prompt": "p", "response": "other"}).digest


def test_duplicate_labels_are_refused_by_name():
    with pytest.raises(SampleError, match="candidate labels must be unique; twice or more: x"):
        Sample.parse({"prompt": "p", "candidates": [{"label": "x", "text": "1"}, {"label": "x", "text": "2"}]})


@pytest.mark.parametrize(
    "fields",
    [{}, {"text": "t", "verifier": "a:b"}, {"text": "t", "decides": ("c",)}, {"text": "t", "hard": True}],
)
def test_a_resource_has_exactly_one_body_and_a_text_decides_nothing(fields):
    with pytest.raises(ValidationError):
        Resource(id="r", kind="rubric", **fields)


def test_a_graded_gate_needs_a_pass_mark():
    with pytest.raises(ValidationError, match="pass_at"):
        Criterion(id="c", text="t", gate=0.0, scale="graded(5)")


def test_a_decision_must_fit_its_score():
    with pytest.raises(ValidationError, match="does not fit"):
        Evidence(criterion="c", candidate="A", decision="satisfied", score=0.5, source="judge")


def test_prompts_of_several_turns_read_as_turns():
    sample = Sample.parse(
        {"prompt": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}], "response": "Hi"}
    )
    assert sample.prompt_text == "[system]\nBe brief.\n\n[user]\nHi"


def test_what_is_made_unchecked_copies_pickles_compares_and_prints_as_its_checked_twin():
    made = Evidence.made(criterion="c", candidate="A", decision="unknown", source="judge")
    checked = Evidence(**made.model_dump())
    for twin in (made, made.model_copy(), copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
        assert twin == checked
        assert hash(twin) == hash(checked)
        assert repr(twin) == repr(checked)
        assert twin.model_dump_json() == checked.model_dump_json()
        assert (twin.model_fields_set, twin.model_extra) == (checked.model_fields_set, checked.model_extra)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        made.nothing  # noqa: B018
