"""Expected accuracy by N, against every subset written out."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from itertools import combinations
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillrm.benchmarks import Label, Outcome, Result, find
from skillrm.benchmarks.best_of_n import Pool, curves, majority, selected
from synthetic_judges import judged, perfect

SCORED = st.tuples(st.sampled_from([None, 0.1, 0.5, 0.9]), st.sampled_from([0.0, 1.0]))
ANSWERED = st.tuples(st.sampled_from([None, "3", "4", "5"]), st.sampled_from([0.0, 1.0]))


def written_out(scores, worth):
    """Every subset of every size, ties averaged; where all are unknown, nothing."""
    places, curve = range(len(scores)), []
    for n in range(1, len(scores) + 1):
        values = []
        for subset in combinations(places, n):
            known = [i for i in subset if scores[i] is not None]
            best = max((scores[i] for i in known), default=None)
            values.append(fmean(worth[i] for i in known if scores[i] == best) if known else 0.0)
        curve.append(fmean(values))
    return curve


def votes_written_out(answers, worth):
    curve = []
    for n in range(1, len(answers) + 1):
        values = []
        for subset in combinations(range(len(answers)), n):
            votes = Counter(answers[i] for i in subset if answers[i] is not None)
            if not votes:
                values.append(fmean(worth[i] for i in subset))
                continue
            most = max(votes.values())
            top = [answer for answer, count in votes.items() if count == most]
            values.append(fmean(fmean(worth[i] for i in subset if answers[i] == answer) for answer in top))
        curve.append(fmean(values))
    return curve


@given(st.lists(SCORED, min_size=1, max_size=7))
def test_the_curve_is_the_mean_over_all_subsets(candidates):
    scores, worth = zip(*candidates, strict=True)
    assert selected(scores, worth) == pytest.approx(written_out(scores, worth))


@given(st.lists(ANSWERED, min_size=1, max_size=7))
def test_the_majority_is_the_mean_over_all_subsets(candidates):
    answers, worth = zip(*candidates, strict=True)
    assert majority(answers, worth) == pytest.approx(votes_written_out(answers, worth))


def test_a_constant_judge_is_random_and_the_worth_itself_the_oracle():
    pool = Pool((0.5,) * 5, (1.0, 0.0, 0.0, 0.0, 0.0), (10, 20, 30, 40, 50), ("a", "b", "b", "c", "d"))
    found = curves([pool])
    assert found["judge"] == pytest.approx((0.2,) * 5)
    assert found["random"] == pytest.approx((0.2,) * 5)
    assert found["oracle"] == pytest.approx((0.2, 0.4, 0.6, 0.8, 1.0))
    assert found["longest"] == (0.2, 0.0, 0.0, 0.0, 0.0)  # the right one is the shortest
    assert found["majority"][-1] == 0.0


def test_a_judge_that_knows_rises_with_n_and_its_opposite_falls():
    worth = (1.0, 0.0, 1.0, 0.0, 0.0, 0.0)
    rising, falling = selected(worth, worth), selected([-value for value in worth], worth)
    assert list(rising) == sorted(rising)
    assert list(falling) == sorted(falling, reverse=True)
    assert rising[0] == falling[0] == pytest.approx(1 / 3)


def test_a_judge_that_says_nothing_selects_nothing():
    assert selected((None, None), (1.0, 1.0)) == (0.0, 0.0)


def test_a_smaller_pool_stays_at_its_last_value():
    found = curves([Pool((1.0, 0.0), (1.0, 0.0)), Pool((1.0, 0.0, 0.0), (0.0, 1.0, 1.0))], most=4)
    assert found["judge"] == pytest.approx((fmean([0.5, 2 / 3]), fmean([1, 1 / 3]), fmean([1, 0]), fmean([1, 0])))


def test_no_pool_has_no_curve():
    with pytest.raises(ValueError, match="no pool"):
        curves([])


def test_twenty_candidates_with_twenty_answers_take_no_enumeration():
    drawn = random.Random(0)
    answers = tuple(str(drawn.randrange(8)) for _ in range(20))
    curve = majority(answers, tuple(float(answer == "3") for answer in answers))
    assert all(0 <= value <= 1 for value in curve)


@pytest.mark.data
def test_ifeval_with_a_perfect_judge_is_the_oracle_from_one_model_to_eleven(real):
    benchmark = find("ifeval")
    results = judged(benchmark, real(benchmark), perfect)
    found = curves([Pool.of(result) for result in results])
    assert len(found["judge"]) == 11
    assert found["judge"] == pytest.approx(found["oracle"])
    score = benchmark.score(results)
    assert found["oracle"][-1] == pytest.approx(score.figures["oracle"])
    assert found["random"][-1] == pytest.approx(score.figures["random"])
    assert found["longest"][-1] == pytest.approx(score.figures["longest"])
    assert [round(found[line][-1], 3) for line in ("random", "oracle")] == [0.679, 0.959]


@pytest.mark.data
def test_gsm8k_by_majority_of_four_is_better_than_one_draw(data_dir):
    pools = []
    for row in (data_dir / "gsm8k" / "example_model_solutions.jsonl").read_text().splitlines():
        solutions = [value for value in json.loads(row).values() if isinstance(value, dict)]
        answers = tuple(
            match[1] if (match := re.search(r"A: ?(\S+)\s*$", one["solution"])) else None for one in solutions
        )
        worth = tuple(float(one["is_correct"]) for one in solutions)
        sizes = tuple(len(one["solution"]) for one in solutions)
        pools.append(Pool((None,) * len(worth), worth, sizes, answers))
    found = curves(pools)
    assert found["random"] == pytest.approx((found["random"][0],) * 4)
    assert found["majority"][0] == pytest.approx(found["majority"][1], abs=0.001)  # two votes cannot outvote each other
    assert found["oracle"][3] > found["majority"][3] > found["random"][3] + 0.05
    assert found["judge"] == (0.0,) * 4


def test_a_pool_of_a_result_follows_upstream_order():
    label = Label(given=("B", "A"), worth={"A": 0.0, "B": 1.0})
    judged_row = Outcome(("A", "B"), scores={"A": 0.2, "B": 0.7})
    result = Result(("s", "1"), label, (judged_row,), {"A": 4, "B": 9})
    assert Pool.of(result) == Pool((0.7, 0.2), (1.0, 0.0), (9, 4))
