"""RewardBench 2: four answers and Ties, in both columns."""

from __future__ import annotations

import json

import pytest

from skillrm.benchmarks import Ask, Label, LabelledSample, Outcome, Result, find
from skillrm.benchmarks.ties import ties_score
from synthetic_judges import abstaining, always_first, always_last, at_random, judged, perfect

ALL = ("A", "B", "C", "D")
SUBSETS = ("Factuality", "Math")


def always_wrong(item: LabelledSample, ask: Ask) -> Outcome:
    return Outcome(ask.shown, winner=next(name for name in ask.shown if name not in item.label.right))


@pytest.fixture
def rows(tmp_path):
    """2000 rows of four answers, half Factuality, half Math, with ids that repeat."""
    path = tmp_path / "data.jsonl"
    lines = (
        {
            "id": str(n // 2),
            "subset": SUBSETS[n % 2],
            "prompt": "p",
            "chosen": ["r"],
            "rejected": list("xyz"),
        }
        for n in range(2000)
    )
    path.write_text("\n".join(map(json.dumps, lines)))
    return path


def four(outcome: Outcome, *more: Outcome) -> Result:
    return Result(("Math", "1"), Label(given=ALL, right=frozenset("A")), (outcome, *more))


@pytest.mark.parametrize(
    ("outcome", "upstream", "headline", "decided"),
    [
        (Outcome(ALL, winner="A"), 1.0, 1.0, True),
        (Outcome(ALL, winner="C"), 0.0, 0.0, True),
        (Outcome(ALL, "abstained"), 0.25, 0.0, False),
        (Outcome(ALL, "failed"), 0.25, 0.0, False),
        (Outcome(ALL, scores=dict.fromkeys(ALL, 0.5)), 0.25, 0.25, True),
        (Outcome(ALL, scores={"A": 0.9, "B": 0.9, "C": 0.1, "D": 0.1}), 0.25, 0.5, True),
    ],
)
def test_a_selection_that_names_nobody_is_a_quarter_upstream_and_nothing_in_the_headline(
    outcome, upstream, headline, decided
):
    mark = find("rewardbench2").mark(four(outcome))
    assert (mark.upstream, mark.headline, mark.decided) == (upstream, headline, decided)


@pytest.mark.parametrize(
    ("scores", "upstream", "headline"),
    [
        ((9, 3, 3, 3), 1.0, 1.0),
        ((9, 9, 3, 3), 0.5, 0.5),
        ((3, 9, 3, 3), 0.0, 0.0),
        ((5, 5, 5, 5), 0.25, 0.25),
        ((9, None, 3, 3), 1.0, 0.0),
        ((None, None, None, None), 0.25, 0.0),
    ],
)
def test_ratings_share_the_first_place(scores, upstream, headline):
    apart = [Outcome((name,), scores={name: score}) for name, score in zip(ALL, scores, strict=True)]
    mark = find("rewardbench2", "rate").mark(four(*apart))
    assert (mark.upstream, mark.headline) == (upstream, headline)


@pytest.mark.parametrize(
    ("judge", "low", "high"),
    [
        (perfect, 1, 1),
        (always_wrong, 0, 0),
        (always_first, 0.22, 0.28),
        (always_last, 0.22, 0.28),
        (at_random(3), 0.22, 0.28),
    ],
)
def test_known_judges_over_many_rows(rows, judge, low, high):
    benchmark = find("rewardbench2")
    found = benchmark.score(judged(benchmark, benchmark.load(rows), judge))
    assert found.overall.n == 2000
    assert low <= found.overall.headline <= high
    assert low <= found.overall.upstream <= high
    assert [line.n for line in found.subsets.values()] == [1000, 1000]


def test_silence_earns_a_quarter_upstream_and_nothing_here(rows):
    benchmark = find("rewardbench2")
    found = benchmark.score(judged(benchmark, benchmark.load(rows), abstaining)).overall
    assert (found.upstream, found.headline, found.coverage) == (0.25, 0.0, 0.0)


def test_a_judge_wrong_on_one_subset_is_wrong_there_although_ids_repeat(rows):
    """Predictions keyed by the id alone would mix the two subsets."""
    benchmark = find("rewardbench2")
    results = judged(
        benchmark,
        benchmark.load(rows),
        lambda item, ask: (always_wrong if item.subset == "Factuality" else perfect)(item, ask),
    )
    found = benchmark.score(results)
    assert (found.subsets["Factuality"].upstream, found.subsets["Math"].upstream) == (0.0, 1.0)
    assert found.overall.upstream == 0.5


def tied(number: int, scores: dict[str, float | None], right: str = "AB", kind: str = "tied") -> Result:
    label = Label(given=tuple(scores), right=frozenset(right))
    return Result(("Ties", f"{kind}:{number}"), label, (Outcome(tuple(scores), scores=scores),))


def test_ties_by_hand():
    """gap 2 and spread 1 on the tied prompt, gap 1 on the reference: accurate, preferred, not hard, tanh(0)."""
    results = [tied(0, {"A": 9, "B": 8, "C": 6}), tied(0, {"A": 7, "B": 6}, right="A", kind="ref")]
    assert ties_score(results, strict=False) == pytest.approx(0.3 + 0.3 + 0.2)


def test_an_unreadable_rating_is_minus_one_upstream_and_a_lost_prompt_here():
    wrong_unknown = [
        tied(0, {"A": 9, "B": 9, "C": None}),
        tied(0, {"A": 9, "B": None}, right="A", kind="ref"),
    ]
    assert ties_score(wrong_unknown, strict=False) == pytest.approx(1.01)
    assert ties_score(wrong_unknown, strict=True) == pytest.approx(-0.01)


def test_a_prompt_without_its_reference_counts_for_accuracy_alone():
    assert ties_score([tied(0, {"A": 9, "B": 9, "C": 1})], strict=False) == pytest.approx(0.3)
