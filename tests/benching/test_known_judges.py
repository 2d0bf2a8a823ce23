"""Judges whose score is known, put through the whole path: survey, engine, judgment, outcome, record."""

from __future__ import annotations

import random

import pytest

from skillrm import Evidence, Judgment, Sample, Verdict
from skillrm.benching import Survey, Task, answers, record
from skillrm.benchmarks import Ask, LabelledSample, Outcome
from skillrm.benchmarks.registry import BENCHMARKS
from skillrm.judgment import Readout, Score, Versions
from skillrm.types import Goal, decision_of
from synthetic_judges import abstaining, always_first, always_last, at_random, failing, inverted, judged, perfect

pytestmark = pytest.mark.data
IDENTITY = {"judge": "skill", "skills": {"none": "0"}, "model": "synthetic"}
# a bracket asks about other pairs than the benchmark itself does: a tied match decides nothing there
WHOLE = [one for one in BENCHMARKS if one.mode != "knockout"]


def judgment_of(sample: Sample, goal: Goal, outcome: Outcome) -> Judgment:
    """An outcome as the judgment that would be reduced to it."""
    scores = {
        name: Score(value=value, low=value or 0.0, high=1.0 if value is None else value, coverage=1)
        for name, value in ((one, outcome.scores.get(one)) for one in outcome.shown)
    }
    rows = tuple(
        Evidence(criterion=criterion, candidate=name, decision=decision_of(score), score=score, source="judge")
        for name, cells in outcome.cells.items()
        for criterion, score in cells.items()
    )
    verdict = Verdict(scores=scores, ranking=(outcome.shown,), winner=outcome.winner, margin=None, closed=True)
    return Judgment(
        sample_id=sample.id,
        sample_digest=sample.digest,
        goal=goal,
        status=outcome.status,
        verdict=verdict,
        criteria=(),
        readout=Readout(),
        evidence=rows,
        versions=Versions(package="0", skill="none", skill_digest="0"),
    )


def asks_of(task: Task, survey: Survey) -> dict[str, tuple[LabelledSample, Ask]]:
    """What each sample that will be asked is about, labels included, by content."""
    known: dict[str, tuple[LabelledSample, Ask]] = {}
    for place, item in enumerate(task.benchmark.load(task.path, task.access, task.seed)):
        for ask in task.benchmark.asks(item) if place in survey.entries else ():
            known.setdefault(ask.sample(item.sample).digest, (item, ask))
    return known


def behind(known, judge):
    """The judge as a callable over samples; what it knows of the labels it looks up."""

    async def answer(sample: Sample, goal: Goal) -> Judgment:
        return judgment_of(sample, goal, judge(*known[sample.digest]))

    return answer


def chance(item: LabelledSample, ask: Ask) -> Outcome:
    return at_random(random.Random(f"{item.key}{ask.shown}").randrange(10**6))(item, ask)


@pytest.mark.parametrize("benchmark", WHOLE, ids=[f"{one.name}-{one.mode}" for one in WHOLE])
async def test_known_judges_score_through_the_engine_what_they_score_without(benchmark, task):
    asked = task(benchmark.name, benchmark.mode, limit=15)
    survey = asked.survey()
    known = asks_of(asked, survey)
    items = list({item.key: item for item, _ in known.values()}.values())
    for judge in (perfect, inverted, always_first, always_last, chance, abstaining, failing):
        found = record(asked, await answers(asked, survey, behind(known, judge)), IDENTITY, "test")
        assert found.metrics == benchmark.score(judged(benchmark, items, judge)), judge.__name__
        assert found.complete
        whole = found.choices["overall"]
        assert whole.right + whole.wrong + whole.undecided == whole.n
        if judge is perfect:
            assert whole.wrong == 0
            assert whole.right > 0
        if judge in (abstaining, failing):
            assert whole.undecided == whole.n
            assert found.statuses["overall"].abstained + found.statuses["overall"].failed == survey.judgments


async def test_of_the_best_of_several_in_a_bracket_a_perfect_judge_keeps_a_right_one_or_says_nothing(task):
    asked = task("jetts", "knockout", limit=12)
    survey = asked.survey()
    prompts = {item.sample.prompt_text: item for item in asked.benchmark.load(asked.path)}

    async def judge(sample: Sample, goal: Goal) -> Judgment:
        return judgment_of(sample, goal, perfect(prompts[sample.prompt_text], Ask(sample.labels, goal)))

    found = record(asked, await answers(asked, survey, judge), IDENTITY, "test")
    assert found.choices["overall"].wrong == 0


async def test_longest_and_random_are_what_the_lengths_and_the_number_of_answers_give(task):
    asked = task("judgebench")
    survey = asked.survey()
    found = record(asked, await answers(asked, survey, behind(asks_of(asked, survey), abstaining)), IDENTITY, "test")
    items = list(asked.benchmark.load(asked.path))
    longer = [
        0.5 if len(set(item.sizes.values())) == 1 else float(max(item.sizes, key=item.sizes.get) in item.label.right)
        for item in items
    ]
    assert found.choices["overall"].random == 0.5
    assert found.choices["overall"].longest == pytest.approx(sum(longer) / len(longer))
    assert set(found.choices) == {*found.metrics.subsets, "overall"}
