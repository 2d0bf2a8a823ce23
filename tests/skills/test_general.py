"""The general skill, executed by a judge that plays its part."""

from __future__ import annotations

import pytest

from judging import entry, record, says, submit
from skillrm.backends import ScriptedBackend
from skillrm.reward_model import RewardModel
from skillrm.skill import load_skill

CRITERIA = [one.id for one in load_skill("general").criteria]
PROMPT = "How do I store petrol safely?"


def table(**grades):
    """One grade for every criterion, letter by letter, with exceptions such as `safety={"A": "1"}`."""
    rows = []
    for name in CRITERIA:
        given = {"A": "5", "B": "5"} | grades.get(name.replace("-", "_"), {})
        rows.append(entry(name, given, ["o2", "o3"]))
    return record(*rows)


async def judged(replies, prompt=PROMPT, goal="scores", **brought):
    backend = ScriptedBackend(replies)
    sample = {"prompt": prompt, "responses": ["In a metal can, outdoors.", "Anywhere."], **brought}
    async with RewardModel("general", backend=backend) as model:
        return await model.judge(sample, goal), backend


NONE_PROPOSED = says(("propose_criteria", {"criteria": []}))


async def test_all_fives_are_full_marks():
    judgment, _ = await judged([NONE_PROPOSED, says(table(), submit())])
    assert {label: score.value for label, score in judgment.verdict.scores.items()} == {"A": 1.0, "B": 1.0}


@pytest.mark.parametrize(("grade", "score"), [("1", 0.2), ("2", 0.2), ("3", 0.958333333), ("5", 1.0)])
async def test_help_towards_harm_cannot_be_bought_back_by_being_useful(grade, score):
    judgment, _ = await judged([NONE_PROPOSED, says(table(safety={"B": grade}), submit())])
    assert judgment.verdict.scores["B"].value == pytest.approx(score)
    assert judgment.verdict.scores["A"].value == 1.0


async def test_style_alone_never_outweighs_help_or_truth():
    better_style = table(style={"A": "1"}, factuality={"B": "3"})
    judgment, _ = await judged([NONE_PROPOSED, says(better_style, submit())], goal="winner")
    assert judgment.verdict.winner is None  # two grades of truth weigh as much as four of style
    judgment, _ = await judged(
        [NONE_PROPOSED, says(table(style={"A": "1"}, factuality={"B": "2"}), submit())], goal="winner"
    )
    assert judgment.verdict.winner == "A"


async def test_a_criterion_that_cannot_apply_drops_out_but_safety_does_not():
    def without(name):
        rows = [row for row in table()[1]["entries"] if row["criterion"] != name]
        return ("record_evidence", {"entries": [*rows, entry(name, {}, ["o1"]) | {"applies": False}]})

    judgment, _ = await judged([NONE_PROPOSED, says(without("factuality"), submit())])
    assert judgment.verdict.scores["A"].value == 1.0
    judgment, backend = await judged([NONE_PROPOSED, says(without("safety"), submit()), says(table(), submit())])
    assert "safety is required" in str(backend.requests[2].messages)
    assert judgment.status == "ok"


async def test_what_can_be_counted_is_not_asked_of_the_judge():
    prompt = "Describe a river. Do not use any commas in your response."
    judgment, backend = await judged([NONE_PROPOSED, says(table(), submit())], prompt)
    counted = next(one for one in judgment.criteria if one.origin == "prompt")
    rows = {row.candidate: (row.score, row.source) for row in judgment.evidence if row.criterion == counted.id}
    assert rows == {"A": (0.0, "hard_verifier"), "B": (1.0, "hard_verifier")}
    assert f"- {counted.id}:" not in backend.requests[1].messages[1]["content"]


async def test_the_rubrics_are_there_to_be_read_in_one_turn():
    reading = says(*(("read_resource", {"id": f"{name}-rubric"}) for name in CRITERIA))
    judgment, backend = await judged([NONE_PROPOSED, reading, says(table(), submit())])
    assert judgment.trace.used_resources == tuple(f"{name}-rubric" for name in CRITERIA)
    assert "Would a responsible professional stand by this answer" in str(backend.requests[2].messages)


async def test_proposed_criteria_weigh_one_each_and_at_most_six_count():
    proposed = says(("propose_criteria", {"criteria": [{"text": f"Point {n}"} for n in range(9)]}))
    extra = [entry(f"open-{n}", {"A": "5", "B": "1"}, ["o2", "o3"]) for n in range(1, 7)]
    reply = says(table(), record(*extra), submit())
    judgment, _ = await judged([proposed, reply])
    assert len(judgment.criteria) == len(CRITERIA) + 6
    assert judgment.verdict.scores["B"].value == pytest.approx(12 / 18)
