"""A run's budget: what it counts, when it is exhausted, and what it needs to know."""

from __future__ import annotations

import pytest

from judge_server import Says
from skillrm.backends import Budget, ChatRequest, ChatUsage, OpenAIBackend, open_backend
from skillrm.errors import ConfigError

ASKED = ChatRequest(messages=({"role": "user", "content": "hello"},))
PRICES = (1.0, 2.0)


def used(prompt: int, completion: int = 0, cost: float | None = None) -> ChatUsage:
    return ChatUsage(prompt_tokens=prompt, completion_tokens=completion, cost_usd=cost)


def test_without_bounds_it_is_never_exhausted():
    budget = Budget()
    budget.charge(used(10**12, 10**12, 1e9))
    assert budget.exhausted is None


def test_prompt_and_completion_tokens_count_together():
    budget = Budget(max_tokens=100)
    budget.charge(used(60, 39))
    assert budget.exhausted is None
    budget.charge(used(0, 1))
    assert budget.exhausted == "the budget of 100 tokens is spent"


def test_dollars_are_added_up():
    budget = Budget(max_cost=0.3)
    for _ in range(2):
        budget.charge(used(1, 1, 0.1))
    assert budget.exhausted is None
    budget.charge(used(1, 1, 0.1))
    assert budget.exhausted == "the budget of $0.3 is spent"


def test_seconds_count_from_the_making():
    now = [50.0]
    budget = Budget(max_seconds=10, clock=lambda: now[0])
    now[0] = 59.9
    assert budget.exhausted is None
    now[0] = 60.0
    assert budget.exhausted == "the budget of 10 s is over"


@pytest.mark.parametrize("bound", [{"max_cost": 0}, {"max_tokens": -1}, {"max_seconds": float("nan")}])
def test_a_bound_that_is_none_is_refused_by_name(bound):
    with pytest.raises(ConfigError, match=next(iter(bound))):
        Budget(**bound)


def test_dollars_without_prices_are_refused_with_the_mend():
    with pytest.raises(ConfigError, match="give prices"):
        open_backend("judge", base_url="http://127.0.0.1:9", budget=Budget(max_cost=1.0))


def test_tokens_need_no_prices():
    backend = open_backend("judge", base_url="http://127.0.0.1:9", budget=Budget(max_tokens=1))
    assert backend.model == "judge"


async def test_every_reply_charges_it_with_what_the_server_counts(judge_server):
    server = await judge_server([Says("yes", usage={"prompt_tokens": 1000, "completion_tokens": 500})])
    budget = Budget(max_cost=0.004)
    backend = OpenAIBackend("judge", server.base_url, prices=PRICES, budget=budget)
    await backend.chat(ASKED)
    assert (budget.tokens, budget.cost_usd, budget.exhausted) == (1500, 0.002, None)
    await backend.chat(ASKED)
    assert budget.exhausted
    await backend.aclose()
