"""Usage added up."""

from __future__ import annotations

from skillrm import RewardModel
from skillrm.benchmarks.compute import Spent, spent
from skillrm.judgment import Usage


async def test_usage_is_added_up_and_divided_by_the_judgments():
    judgment = await RewardModel("general").judge({"prompt": "p", "response": "r"})
    one = judgment.model_copy(update={"usage": usage(2, 0.5)})
    other = judgment.model_copy(update={"usage": usage(4, 0.25)})
    found = spent([one, other])
    assert found == Spent(2, 6, 0, 200, 40, 2.0, 0.75)
    assert (found.calls_per_judgment, found.tokens_per_judgment) == (3.0, 120.0)


async def test_a_cost_that_one_judgment_does_not_know_is_not_known_of_all():
    judgment = await RewardModel("general").judge({"prompt": "p", "response": "r"})
    priced, unpriced, free = (
        judgment.model_copy(update={"usage": one}) for one in (usage(1, 0.5), usage(1, None), Usage())
    )
    assert spent([priced, unpriced]).cost_usd is None
    assert spent([priced, free]).cost_usd == 0.5


def test_nothing_costs_nothing():
    assert (spent([]).calls_per_judgment, spent([]).tokens_per_judgment) == (0.0, 0.0)


def usage(calls: int, cost: float | None) -> Usage:
    return Usage(calls=calls, prompt_tokens=100, completion_tokens=20, cost_usd=cost, seconds=1.0)
