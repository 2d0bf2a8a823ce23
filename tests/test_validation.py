"""Every refusal says what must stand there, what does, and the nearest thing that would do."""

from __future__ import annotations

import pytest

from skillrm import Sample, SkillRMError
from skillrm.verifiers import check

ANSWER = {"prompt": "p", "candidates": [{"label": "A", "text": "a"}]}


def told(**changes) -> str:
    with pytest.raises(SkillRMError) as caught:
        Sample.parse({**ANSWER, **changes})
    return str(caught.value)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"prompt": 5}, "prompt: must be text or a list, this is 5"),
        ({"prompt": [{"role": 1}]}, "prompt.0.role: must be text, this is 1"),
        (
            {"criteria": [{"id": "c", "text": "t", "wieght": 3}]},
            "criteria.0.wieght: unknown key (did you mean weight?)",
        ),
        ({"criteria": [{"id": "c", "text": "t", "weight": "heavy"}]}, "weight: must be a number, this is 'heavy'"),
        ({"criteria": [{"id": "c", "text": "t", "gate": 3}]}, "criteria.0.gate: must be at most 1, this is 3"),
        ({"criteria": [{"id": "c d", "text": "t"}]}, "criteria.0.id: must be a name of letters, digits and _ . : -"),
        ({"criteria": [{"id": "c", "text": "t", "scale": "graded(50)"}]}, "must be binary or graded(n) with n from 2"),
        ({"criteria": [{"id": "c"}]}, "criteria.0.text: is missing"),
        ({"resources": [{"id": "r", "kind": "rubrik", "text": "t"}]}, "this is 'rubrik' (did you mean rubric?)"),
        ({"resources": [{"id": "r", "kind": "rubric", "text": "t", "hard": "so"}]}, "must be true or false"),
        ({"candidates": [{"label": "A", "text": "a", "foo": 1}]}, "candidates.0.foo: unknown key (one of label, text"),
        ({"candidates": [{"label": "", "text": "a"}]}, "candidates.0.label: is empty"),
    ],
)
def test_a_field_says_what_it_wants_and_what_it_got(changes, words):
    assert words in told(**changes)


def test_the_fault_that_lies_deeper_is_the_one_that_is_told():
    assert told(prompt=[{"role": 1}]).count("\n") == 0


def test_a_long_value_is_shown_in_part():
    assert len(told(criteria=[{"id": "c", "text": "t", "weight": "x" * 100_000}])) < 200


def test_arguments_of_a_verifier_get_near_names():
    with pytest.raises(SkillRMError, match=r"mn: unknown key \(did you mean min\?\)"):
        check("structure:length", "Too short.", unit="words", mn=3)


def test_an_unknown_verifier_without_near_names_says_where_the_names_are():
    with pytest.raises(SkillRMError, match="skillrm verifier list"):
        check("no:such", "text")
