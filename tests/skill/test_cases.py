"""The labelled cases of a skill are checked with it, and never keep it from loading."""

from __future__ import annotations

import json

import pytest

from judging import write_skill
from skillrm.skill import check_skill, load_skill

CASE = {"note": "n", "sample": {"prompt": "p", "response": "r"}, "expect": {"scores": {"A": 1.0}}}


def told(tmp_path, *lines: str) -> list[str]:
    folder = write_skill(tmp_path).path
    (folder / "tests").mkdir()
    (folder / "tests" / "cases.jsonl").write_text("\n".join(lines))
    load_skill(folder)
    return [str(fault) for fault in check_skill(folder)]


def test_sound_cases_are_no_fault(tmp_path):
    assert told(tmp_path, json.dumps(CASE), json.dumps({**CASE, "goal": "winner", "expect": {"winner": "A"}})) == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{bad", "is no valid JSON"),
        ("[]", "must be an object, this is a list"),
        (json.dumps({**CASE, "expcet": {}}), "expcet: unknown key (did you mean expect?)"),
        (json.dumps({"sample": CASE["sample"]}), "expect: is missing"),
        (json.dumps({**CASE, "expect": {"scores": {"A": 2}}}), "expect.scores.A: must be at most 1, this is 2"),
        (json.dumps({**CASE, "expect": {"winner": "C"}}), "expect: no candidate 'C' (there are A)"),
        (json.dumps({**CASE, "sample": {"prompt": "p"}}), "sample.response: no answer in this row"),
    ],
)
def test_a_faulty_case_is_named_with_file_and_line_and_the_skill_still_loads(tmp_path, line, words):
    (fault,) = told(tmp_path, json.dumps(CASE), line, json.dumps(CASE))
    assert "small/tests/cases.jsonl:2: " in fault
    assert words in fault


def test_an_empty_file_of_cases_says_that_it_holds_none(tmp_path):
    assert "holds no row" in told(tmp_path, "")[0]
