"""Upstream's own numbers, to the digit: its stored judges through our metrics, and judges made by rule."""

from __future__ import annotations

import pytest

from skillrm.benchmarks import Metrics, find
from skillrm.benchmarks.recorded import if_rewardbench_results, judgebench_results, llmbar_results
from synthetic_judges import judged, scored

pytestmark = pytest.mark.data
JUDGEBENCH = ("mmlu-pro", "livebench-reasoning", "livebench-math", "livecodebench")


def percent(found: Metrics) -> list[float]:
    return [round(100 * found.subsets[name].upstream, 2) for name in JUDGEBENCH] + [
        round(100 * found.overall.upstream, 2)
    ]


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("arena_hard.o1-mini.gpt.jsonl", [58.44, 62.24, 82.14, 78.57, 65.71]),
        ("reward_model.Skywork-Reward-Llama-3.1-8B.gpt.jsonl", [59.09, 64.29, 76.79, 50.00, 62.29]),
    ],
)
def test_judgebench_of_the_judges_that_upstream_recorded(data_dir, file, expected):
    results = list(judgebench_results(data_dir / "judgebench" / "recorded" / file))
    assert len(results) == 350
    assert percent(find("judgebench").score(results)) == expected


def test_a_scalar_reward_model_is_unanimous_wherever_it_is_right_and_o1_mini_is_not(data_dir):
    folder = data_dir / "judgebench" / "recorded"
    scalar, chat = (
        find("judgebench").score(list(judgebench_results(folder / file)))
        for file in ("reward_model.Skywork-Reward-Llama-3.1-8B.gpt.jsonl", "arena_hard.o1-mini.gpt.jsonl")
    )
    assert scalar.overall.headline == scalar.overall.upstream
    assert (chat.overall.headline, chat.overall.upstream) == (203 / 350, 230 / 350)


def test_llmbar_of_gpt_4_as_upstream_recorded_it(data_dir):
    found = find("llmbar").score(list(llmbar_results(data_dir / "llmbar" / "Natural_GPT-4_Swap_CoT_result.json")))
    assert found.overall.upstream == 0.94
    assert list(found.subsets) == ["Natural"]


def test_if_rewardbench_constraint_mode_of_qwq_32b(data_dir):
    file = data_dir / "if_rewardbench" / "constraint_results_QwQ-32B_sample15.json"
    found = find("if-rewardbench", "constraint").score(list(if_rewardbench_results(file)))
    names = ("positive_f1", "negative_f1", "accuracy", "kendall")
    assert [round(found.figures[name], 6) for name in names] == [0.798110, 0.501060, 0.510159, 0.396770]
    assert found.overall.upstream == pytest.approx(found.figures["kendall"])


def test_in_the_headline_an_unreadable_critique_is_not_taken_for_a_satisfied_checklist(data_dir):
    file = data_dir / "if_rewardbench" / "constraint_results_QwQ-32B_sample15.json"
    found = find("if-rewardbench", "constraint").score(list(if_rewardbench_results(file)))
    assert found.figures["answered"] < 1
    assert found.overall.headline < found.overall.upstream
    assert found.figures["headline_positive_f1"] < found.figures["positive_f1"]


@pytest.mark.parametrize(
    ("rule", "accuracy", "kendall"),
    [
        (lambda item: item.sizes, 0.470503, -0.058995),
        (lambda item: {name: -size for name, size in item.sizes.items()}, 0.529497, 0.058995),
        (lambda item: {name: sum(labels) for name, labels in item.label.followed.items()}, 1.0, 1.0),
        (lambda item: {name: -n for n, name in enumerate(item.label.given)}, 0.382474, -0.235053),
    ],
    ids=["longest", "shortest", "gold", "lower index first"],
)
def test_if_rewardbench_overall_mode_of_judges_made_by_rule(real, rule, accuracy, kendall):
    benchmark = find("if-rewardbench")
    results = judged(benchmark, real(benchmark), lambda item, ask: scored(item, ask, rule(item)))
    found = benchmark.score(results)
    assert [round(found.figures[name], 6) for name in ("accuracy", "kendall")] == [accuracy, kendall]
    assert round(found.overall.headline, 6) == kendall


def by_place(right, wrong):
    """Scores the n-th right answer `right(n)`, every wrong one `wrong`."""

    def rule(item):
        names = [name for name in item.label.given if name in item.label.right]
        return {name: right(names.index(name)) if name in names else wrong for name in item.label.given}

    return rule


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (by_place(lambda _: 5, 5), 0.0),
        (by_place(lambda _: 10, 1), 1.01),
        (by_place(lambda n: 10 - n % 2, 1), 1.01),
        (by_place(lambda n: 10 - n % 5, 5), 0.642638),
        (lambda item: {name: -size for name, size in item.sizes.items()}, 0.024264),
    ],
    ids=["constant", "correct 10 wrong 1", "correct 10/9", "correct 10..6 wrong 5", "minus length"],
)
@pytest.mark.parametrize("mode", ["select", "rate"])
def test_rewardbench_2_ties_of_judges_made_by_rule(real, mode, rule, expected):
    benchmark = find("rewardbench2", mode)
    results = judged(benchmark, real(benchmark), lambda item, ask: scored(item, ask, rule(item)))
    found = benchmark.score(results).subsets["Ties"]
    assert round(found.upstream, 6) == expected
    assert round(found.headline, 6) == expected
