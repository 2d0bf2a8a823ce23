"""Verifiers alone, without any model, on real rows: what they decide is right, above a draw and the longest answer."""

from __future__ import annotations

import pytest

from skillrm import RewardModel
from skillrm.benching import answers, record

pytestmark = pytest.mark.data


async def alone(task, skill):
    async with RewardModel(skill, access=task.access, judge="verifiers", cache=None) as model:
        return record(task, await answers(task, task.survey(), model.judge), model.identity, "test")


@pytest.mark.parametrize(
    ("name", "skill", "more", "decided", "precision"),
    [
        ("ifbench-pairs", "instruction-following", {"limit": 150}, 0.15, 0.9),
        ("ifeval", "instruction-following", {"limit": 60}, 0.6, 0.99),
        ("if-rewardbench", "instruction-following", {}, 0.05, 0.9),
        ("judgebench", "code-tests", {"limit": 8, "subsets": ("livecodebench",)}, 0.4, 0.9),
        ("judgebench", "math-answer", {"limit": 40, "subsets": ("mmlu-pro",), "access": "sample"}, 0.5, 0.85),
    ],
)
async def test_what_verifiers_decide_is_right(task, name, skill, more, decided, precision):
    made = await alone(task(name, **more), skill)
    assert made.spent.calls == 0
    assert made.numbers == ("resource-available" if more.get("access") else "reference-free")
    whole = made.choices["overall"]
    assert whole.right + whole.wrong >= decided * whole.n
    assert whole.accuracy >= precision
    assert whole.low > whole.random
    assert whole.accuracy > whole.longest
    parts = [made.choices[subset] for subset in made.metrics.subsets]
    for column in ("n", "right", "wrong", "undecided"):
        assert sum(getattr(part, column) for part in parts) == getattr(whole, column)


async def test_what_rows_bring_decides_more_than_what_their_prompts_say(task):
    closed = await alone(task("ifbench", limit=60), "instruction-following")
    brought = await alone(task("ifbench", limit=60, access="sample"), "instruction-following")
    assert brought.choices["overall"].right > 2 * closed.choices["overall"].right
    assert brought.metrics.overall.coverage > closed.metrics.overall.coverage
