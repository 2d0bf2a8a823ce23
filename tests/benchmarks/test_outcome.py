"""What a metric reads of a judgment."""

from __future__ import annotations

import json

import pytest

from skillrm import RewardModel
from skillrm.benchmarks import Ask, Label, Outcome, Result, find
from skillrm.judgment import Judgment
from skillrm.types import Candidate, Sample
from synthetic_judges import perfect

COMMAS = {"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}], "tags": ["stated"]}


async def judgment(goal: str, *texts: str) -> Judgment:
    sample = Sample.parse({"prompt": "Use no commas.", "responses": list(texts), **COMMAS})
    return await RewardModel("instruction-following").judge(sample, goal=goal)


async def test_a_judgment_with_a_winner_chooses_it():
    outcome = Outcome.of(await judgment("winner", "one, two", "one two"))
    assert (outcome.shown, outcome.status, outcome.choice) == (("A", "B"), "ok", "B")


async def test_the_cells_of_a_judgment_are_there_by_candidate_and_criterion():
    outcome = Outcome.of(await judgment("winner", "one, two", "one two"))
    assert outcome.cells["A"]["instruction-1"] == 0.0
    assert outcome.cells["B"]["instruction-1"] == 1.0


async def test_an_abstained_judgment_chooses_nobody():
    outcome = Outcome.of(await RewardModel("general").judge({"prompt": "p", "responses": ["a", "b"]}, goal="winner"))
    assert (outcome.status, outcome.top, outcome.choice) == ("abstained", frozenset(), None)


async def test_a_knockout_is_an_outcome_over_all_candidates():
    texts = ["one, two", "one two", "a, b", "c, d"]
    model = RewardModel("instruction-following")
    outcome = Outcome.of(await model.select("Use no commas.", texts, strategy="knockout", **COMMAS))
    assert (outcome.shown, outcome.choice, outcome.status) == (("A", "B", "C", "D"), "B", "ok")


def test_a_failed_judgment_says_nothing_whatever_it_holds():
    assert Outcome(("A", "B"), "failed", winner="A").top == frozenset()


def test_a_sure_tie_is_an_answer_without_a_choice():
    outcome = Outcome(("A", "B", "C"), scores={"A": 0.7, "B": 0.7, "C": 0.1})
    assert (outcome.top, outcome.choice) == ({"A", "B"}, None)


def test_with_one_score_unknown_nobody_is_surely_best():
    assert Outcome(("A", "B"), scores={"A": 1.0, "B": None}).top == frozenset()


def test_an_ask_shows_its_candidates_in_its_order_and_keeps_their_labels():
    whole = Sample(id="7", prompt="p", candidates=tuple(Candidate(label=name, text=name * 3) for name in "ABC"))
    part = Ask(("C", "A")).sample(whole)
    assert [(one.label, one.text) for one in part.candidates] == [("C", "CCC"), ("A", "AAA")]
    assert (part.id, part.prompt) == ("7", "p")
    assert len({whole.digest, part.digest, Ask(("A", "C")).sample(whole).digest}) == 3


def test_scores_given_one_by_one_are_put_together():
    label = Label(given=("A", "B"), right=frozenset("B"))
    apart = Outcome(("A",), scores={"A": 0.2}), Outcome(("B",), scores={"B": 0.9})
    assert Result(("s", "1"), label, apart).expected() == 1.0
    one_failed = apart[0], Outcome(("B",), "failed", scores={"B": 0.9})
    result = Result(("s", "1"), label, one_failed)
    assert (result.scores, result.top, result.expected()) == ({"A": 0.2, "B": None}, frozenset(), 0.0)


def test_numbers_of_different_access_are_never_one_number(tmp_path):
    row = {
        "question_id": "1",
        "query_type": "mmlu-pro",
        "prompt": "p",
        "chosen": "a",
        "rejected": "b",
        "ground_truth": "A",
    }
    (tmp_path / "a.jsonl").write_text(json.dumps(row))
    benchmark = find("judgebench")
    opened, mounted = (
        Result.of(item, [perfect(item, ask) for ask in benchmark.asks(item)])
        for access in ("open", "sample")
        for item in benchmark.load(tmp_path, access)
    )
    assert [benchmark.score([one]).access for one in (opened, mounted)] == ["open", "sample"]
    with pytest.raises(ValueError, match="access open and sample are not one run"):
        benchmark.score([opened, mounted])


@pytest.mark.data
async def test_verifiers_alone_are_scored_through_the_same_door(real):
    """Five IFEval prompts, official constraints mounted, no model: every answer is decided."""
    benchmark = find("ifeval")
    model = RewardModel("instruction-following")
    results = []
    for item in real(benchmark, "sample")[:5]:
        (ask,) = benchmark.asks(item)
        results.append(Result.of(item, [Outcome.of(await model.judge(ask.sample(item.sample), goal=ask.goal))]))
    found = benchmark.score(results)
    assert found.overall.coverage == 1.0
    assert found.figures["agreement"] >= 0.95
    assert found.figures["random"] < found.overall.headline <= found.figures["oracle"]
