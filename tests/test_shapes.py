"""Row shapes that people already have become the one shape."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillrm.errors import SampleError
from skillrm.shapes import letter
from skillrm.types import Sample


@pytest.mark.parametrize(
    ("row", "answers"),
    [
        ({"prompt": "p", "response": "r"}, ["r"]),
        ({"question": "p", "answer": "r"}, ["r"]),
        ({"prompt": "p", "chosen": "good", "rejected": "bad"}, ["good", "bad"]),
        ({"prompt": "p", "responses": ["a", "b", "c"]}, ["a", "b", "c"]),
        ({"prompt": "p", "completions": [{"content": "a"}, {"text": "b"}]}, ["a", "b"]),
        ({"messages": [{"role": "user", "content": "p"}, {"role": "assistant", "content": "r"}]}, ["r"]),
        (
            {
                "prompt": "p",
                "chosen": [{"role": "user", "content": "p"}, {"role": "assistant", "content": "good"}],
                "rejected": "bad",
            },
            ["good", "bad"],
        ),
    ],
)
def test_common_shapes_are_read(row, answers):
    sample = Sample.parse(row)
    assert sample.prompt_text == "p"
    assert [candidate.final for candidate in sample.candidates] == answers


def test_a_pair_does_not_tell_which_was_chosen():
    assert Sample.parse({"prompt": "p", "chosen": "good", "rejected": "bad"}).labels == ("A", "B")


def test_reference_tests_and_checklist_become_resources_and_criteria():
    sample = Sample.parse(
        {"prompt": "p", "response": "r", "reference": 42, "tests": "assert True", "checklist": ["Is short."]}
    )
    assert sample.resource("reference").text == "42"
    assert sample.resource("tests").text == "assert True"
    assert [criterion.text for criterion in sample.criteria] == ["Is short."]


def test_official_ifeval_columns_become_hard_verifiers():
    sample = Sample.parse(
        {
            "key": 7,
            "prompt": "p",
            "response": "r",
            "instruction_id_list": ["punctuation:no_comma"],
            "kwargs": [{"num_words": None}],
        }
    )
    assert sample.id == "7"
    assert (sample.resources[0].verifier, sample.resources[0].args, sample.resources[0].hard) == (
        "ifeval:punctuation:no_comma",
        {},
        True,
    )


def test_half_a_pair_says_what_is_missing():
    with pytest.raises(SampleError, match="rejected: a pair needs both"):
        Sample.parse({"prompt": "p", "chosen": "x"})


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": [{"role": "usr", "content": "No commas."}], "response": "r"},
        {"messages": [{"role": "usr", "content": "No commas."}, {"role": "assistant", "content": "r"}]},
    ],
)
def test_a_chat_in_which_nobody_asks_has_a_misspelt_role(row):
    with pytest.raises(SampleError, match=r"no turn of a user or system; the roles are usr \(role: user\)"):
        Sample.parse(row)


def test_official_instructions_become_sentences():
    row = {
        "prompt": "p",
        "response": "r",
        "instruction_id_list": ["length_constraints:number_words", "punctuation:no_comma"],
        "kwargs": [{"relation": "less than", "num_words": 12, "keyword": None}, {}],
    }
    assert [criterion.text for criterion in Sample.parse(row).criteria] == [
        "The response follows the instruction length_constraints:number_words (relation less than, num words 12).",
        "The response follows the instruction punctuation:no_comma.",
    ]


def test_letters_count_on_after_z():
    assert [letter(n) for n in (0, 25, 26, 27, 701, 702)] == ["A", "Z", "AA", "AB", "ZZ", "AAA"]


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KEYS = [
    "prompt",
    "messages",
    "response",
    "responses",
    "candidates",
    "chosen",
    "rejected",
    "resources",
    "criteria",
    "tags",
    "reference",
    "tests",
    "checklist",
    "instruction_id_list",
    "kwargs",
    "id",
]


@given(st.dictionaries(st.sampled_from(KEYS), anything, max_size=6))
def test_any_row_is_a_sample_or_a_sample_error(row):
    with contextlib.suppress(SampleError):
        assert Sample.parse(row).candidates


@pytest.mark.parametrize("identity", [[1], {"a": 1}, [["reference"]]])
def test_an_id_that_is_no_text_is_a_fault_of_its_field(identity):
    row = {"prompt": "p", "response": "a", "resources": [{"id": identity, "kind": "reference", "text": "x"}]}
    with pytest.raises(SampleError, match=r"resources\.0\.id: must be text"):
        Sample.parse(row)
