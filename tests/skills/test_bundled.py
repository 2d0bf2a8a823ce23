"""The skills that come with the package: valid, complete, and deciding their own cases."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import skills_ref

import skillrm
from skillrm.reward_model import RewardModel
from skillrm.skill import bundled, check_skill, load_skill
from skillrm.types import Sample

SKILLS = Path(skillrm.__file__).parent / "skills"
NAMES = ("code-tests", "general", "instruction-following", "math-answer")


def cases(name, judge=None):
    """The skill's labelled cases; `judge`: only those that need a judge model, or only the others."""
    lines = (SKILLS / name / "tests" / "cases.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    return [
        pytest.param(name, row, id=f"{name}-{row['sample']['id']}")
        for row in rows
        if judge in (None, row.get("judge", False))
    ]


def test_these_skills_are_bundled():
    assert bundled() == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_bundled_skill_has_no_fault(name):
    assert check_skill(name) == ()


@pytest.mark.parametrize("name", NAMES)
def test_a_bundled_skill_passes_the_reference_validator(name):
    skill = load_skill(name)
    assert skills_ref.validate(skill.path) == []
    properties = skills_ref.read_properties(skill.path)
    assert (properties.name, properties.description.strip()) == (skill.name, skill.description)


@pytest.mark.parametrize("name", NAMES)
def test_a_bundled_skill_says_its_version_and_its_procedure_is_short(name):
    skill = load_skill(name)
    assert skill.version
    assert len(skill.procedure) < 5000
    assert all(len(one.text) < 2500 for one in skill.resources if one.text is not None)
    assert all(one.description for one in skill.resources)


@pytest.mark.parametrize("name", NAMES)
def test_the_procedure_and_rubrics_name_only_what_exists(name):
    skill = load_skill(name)
    known = {one.id for one in (*skill.criteria, *skill.resources)}
    known |= {"run_python", "unknown", "reference", "applies: false"}
    texts = [skill.procedure, *(one.text for one in skill.resources if one.text is not None)]
    quoted = {word for text in texts for word in text.split("`")[1::2]}
    assert quoted - known <= {"fractions", "<", "<="}


@pytest.mark.parametrize("name", NAMES)
def test_every_case_is_a_sample_with_an_expectation_and_a_reason(name):
    rows = [case.values[1] for case in cases(name)]
    for row in rows:
        assert set(row) <= {"note", "sample", "goal", "expect", "judge"}
        assert row["note"]
        assert set(row["expect"]) <= {"scores", "winner", "status"}
        assert Sample.parse(row["sample"]).id
    assert len({row["sample"]["id"] for row in rows}) == len(rows)
    assert any(row.get("judge") for row in rows)


@pytest.mark.parametrize(("name", "case"), [case for name in NAMES for case in cases(name, judge=False)])
async def test_a_case_comes_out_as_labelled(name, case):
    async with RewardModel(name) as model:
        judgment = await model.judge(case["sample"], case.get("goal", "scores"))
    expect = case["expect"]
    assert judgment.status == expect.get("status", "ok"), judgment.error
    if "winner" in expect:
        assert judgment.verdict.winner == expect["winner"]
    if "scores" in expect:
        assert {label: judgment.verdict.scores[label].value for label in expect["scores"]} == expect["scores"]
