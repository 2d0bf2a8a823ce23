"""RM-Bench: the matrix of styles, levels, domains and orders."""

from __future__ import annotations

import pytest

from skillrm.benchmarks import Outcome, Result, find
from skillrm.benchmarks.rmbench import levels, matrix
from synthetic_judges import always_first, at_random, judged, perfect, scored

pytestmark = pytest.mark.data
PAIRS, SCORES = find("rmbench"), find("rmbench", "scores")


def by_style(item, ask):
    """Prefers markdown to detailed to concise, whatever is said."""
    return scored(item, ask, {name: n % 3 for n, name in enumerate(item.label.given)})


@pytest.mark.parametrize("benchmark", [PAIRS, SCORES], ids=lambda one: one.mode)
def test_a_judge_of_style_alone_is_right_on_easy_and_never_on_hard_or_normal(benchmark, real):
    found = benchmark.score(judged(benchmark, real(benchmark), by_style))
    assert [found.figures[level] for level in ("hard", "normal", "easy")] == [0.0, 0.0, 1.0]
    assert found.figures["style_bias"] == 1.0
    assert found.overall.upstream == pytest.approx(1 / 3)
    assert [[found.figures[f"A{i}{j}"] for j in range(3)] for i in range(3)] == [[0, 0, 0], [1, 0, 0], [1, 1, 0]]


def test_levels_are_the_triangles_and_the_diagonal_of_the_matrix():
    cells = ((0.1, 0.2, 0.3), (0.4, 0.5, 0.6), (0.7, 0.8, 0.9))
    assert levels(cells) == pytest.approx({"hard": 1.1 / 3, "normal": 0.5, "easy": 1.9 / 3})


def test_safety_is_one_domain_and_the_total_is_the_mean_of_the_domains(real):
    results = judged(SCORES, real(SCORES), at_random(5))
    found = SCORES.score(results)
    assert {name: line.n for name, line in found.subsets.items()} == {"chat": 65, "code": 114, "safety": 221}
    assert found.overall.upstream == pytest.approx(sum(line.upstream for line in found.subsets.values()) / 3)
    for name, line in found.subsets.items():
        parts = [found.figures[f"{name}.{level}"] for level in ("hard", "normal", "easy")]
        assert line.upstream == pytest.approx(sum(parts) / 3)
    assert 0.4 < found.overall.upstream < 0.6


def test_a_judge_that_always_says_a_is_right_in_half_of_all_orders_and_in_no_pair(real):
    found = PAIRS.score(judged(PAIRS, real(PAIRS), always_first))
    assert found.overall.upstream == found.overall.headline == 0.0
    assert (found.figures["single_order"], found.figures["position_consistency"]) == (0.5, 0.0)
    assert found.figures["first_shown_chosen"] == 1.0


def test_equal_scores_are_lost_and_so_is_a_pair_with_one_order_missing(real):
    item = real(PAIRS)[0]
    even = Result.of(item, [Outcome((name,), scores={name: 0.5}) for name in item.sample.labels])
    assert matrix([even]) == ((0.0,) * 3,) * 3
    outcomes = [perfect(item, ask) for ask in PAIRS.asks(item)]
    outcomes[1] = Outcome(outcomes[1].shown, "failed")
    mark = PAIRS.mark(Result.of(item, outcomes))
    assert (mark.headline, mark.decided) == (pytest.approx(8 / 9), False)


def test_every_pair_is_asked_in_both_orders(real):
    asks = [ask.shown for ask in PAIRS.asks(real(PAIRS)[0])]
    assert len(asks) == len(set(asks)) == 18
    assert {shown[::-1] for shown in asks} == set(asks)
