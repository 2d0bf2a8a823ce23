"""docs/skills.md: its worked example is a skill, and what it says of it is so."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from skillrm.judgment import Readout
from skillrm.reward_model import RewardModel
from skillrm.skill import SkillLimits, When, check_skill
from skillrm.types import Criterion, Resource

PAGE = (Path(__file__).parents[2] / "docs" / "skills.md").read_text()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    parent = tmp_path_factory.mktemp("docs")
    for name, text in re.findall(r"^\*\*(release-note/\S+)\*\*\n\n```\w+\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE):
        path = parent / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return parent / "release-note"


def test_the_worked_example_has_no_fault(folder):
    assert check_skill(folder) == ()


async def test_its_cases_come_out_as_labelled(folder):
    rows = [json.loads(line) for line in (folder / "tests" / "cases.jsonl").read_text().splitlines()]
    async with RewardModel(folder) as model:
        for row in rows:
            if row.get("judge"):
                continue
            judgment = await model.judge(row["sample"], row.get("goal", "scores"))
            assert judgment.status == row["expect"].get("status", "ok")
            for label, score in row["expect"].get("scores", {}).items():
                assert judgment.verdict.scores[label].value == score, row["note"]


def test_its_python_prints_what_it_says(folder):
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder.parent, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == code.rsplit("#", 1)[1].strip()


@pytest.mark.parametrize("shape", [Criterion, Resource, When, Readout, SkillLimits])
def test_every_field_is_documented(shape):
    own = set(shape.model_fields) - {"origin"}
    assert {name for name in own if f"`{name}`" not in PAGE and not re.search(rf"[` ]{name}[:` ]", PAGE)} == set()
