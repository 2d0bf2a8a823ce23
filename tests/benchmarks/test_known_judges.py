"""Judges that say the same whatever they see, know everything, or know nothing, on every benchmark's real rows."""

from __future__ import annotations

import pytest

from skillrm.benchmarks.registry import BENCHMARKS
from synthetic_judges import (
    abstaining,
    always_first,
    always_last,
    at_random,
    failing,
    inverted,
    judged,
    perfect,
)

pytestmark = pytest.mark.data
each = pytest.mark.parametrize("benchmark", BENCHMARKS, ids=[f"{one.name}-{one.mode}" for one in BENCHMARKS])
CHANCE = {
    # headline of an always-first judge: what ties and chance give
    ("rewardbench2", "select"): (0.0, 0.0),  # the data holds Ties only: all scores alike
    ("rewardbench2", "rate"): (0.0, 0.0),
    ("rmbench", "pairs"): (0.0, 0.0),
    ("rmbench", "scores"): (0.0, 0.0),
    ("judgebench", "pairs"): (0.0, 0.0),
    ("if-rewardbench", "overall"): (-0.4, 0.4),
    ("if-rewardbench", "constraint"): (0.0, 0.0),
    ("jetts", "listwise"): (0.1, 0.26),
    ("jetts", "pointwise"): (0.1, 0.26),
    ("jetts", "knockout"): (0.1, 0.26),
    ("jetts", "round-robin"): (0.1, 0.26),
    ("llmbar", "pairs"): (0.0, 0.0),
    ("ifeval", "select"): (0.6, 0.76),
    ("ifbench", "agreement"): (0.2, 0.8),  # the share of right answers, as nothing depends on the judge
    ("ifbench-pairs", "pairs"): (0.0, 0.0),
}
BEST = {"rewardbench2": 1.01}


@each
def test_a_perfect_judge_has_the_most_there_is_in_both_columns(benchmark, real):
    results = judged(benchmark, real(benchmark), perfect)
    found = benchmark.score(results)
    best = BEST.get(benchmark.name, found.figures.get("oracle", 1.0) if benchmark.mode != "agreement" else 1.0)
    assert found.overall.headline == pytest.approx(best)
    assert found.overall.upstream == pytest.approx(best)
    assert found.overall.coverage == 1


@each
def test_an_inverted_judge_has_less_than_chance(benchmark, real):
    found = benchmark.score(judged(benchmark, real(benchmark), inverted)).overall
    assert found.headline <= 0.16
    assert found.upstream <= 0.16


@each
@pytest.mark.parametrize("judge", [always_first, always_last])
def test_a_judge_that_always_says_the_same_has_what_ties_and_chance_give(benchmark, judge, real):
    found = benchmark.score(judged(benchmark, real(benchmark), judge)).overall
    low, high = CHANCE[benchmark.name, benchmark.mode]
    assert low <= found.headline <= high
    assert found.upstream < 0.8
    if "pairs" in benchmark.mode:
        assert benchmark.score(judged(benchmark, real(benchmark), judge)).figures["single_order"] == 0.5


@each
def test_a_judge_at_random_is_far_from_perfect_and_from_its_opposite(benchmark, real):
    found = benchmark.score(judged(benchmark, real(benchmark), at_random(7))).overall
    best = benchmark.score(judged(benchmark, real(benchmark), perfect)).overall
    assert found.headline < best.headline - 0.15


@each
@pytest.mark.parametrize("judge", [abstaining, failing])
def test_a_judge_that_says_nothing_is_not_correct_anywhere_and_covers_nothing(benchmark, judge, real):
    results = judged(benchmark, real(benchmark), judge)
    found = benchmark.score(results)
    assert found.overall.headline <= 0
    assert found.overall.coverage == 0
    assert set(benchmark.marks(results).values()) <= {0.0}
    assert found.figures["judgments"] == sum(len(result.outcomes) for result in results)
    assert found.figures["abstained"] + found.figures["failed"] == 1


@each
def test_the_numbers_can_be_written_as_json(benchmark, real):
    found = benchmark.score(judged(benchmark, real(benchmark)[:40], at_random(1)))
    assert type(found).model_validate_json(found.model_dump_json()) == found
