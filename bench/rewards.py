"""Rewards as trainers ask for them: per sample with many in flight, and rollout groups. The judge answers at once.

    python bench/rewards.py

One line a figure: `per_core` is rewards a second of one core (this process and the sandbox's), the model server's own
CPU aside.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from judgment_cost import CONSTRAINED, PARAGRAPHS, PROMPT, children_ms
from model_server import ModelServer

from skillrm import RewardModel
from skillrm.rewards import Rewards

IN_FLIGHT, REWARDS, BATCHES, GROUP = 128, 1024, 3, 8
Ask = Callable[[Rewards, int], Awaitable[object]]


def answer(number: int) -> str:
    """Every rollout says something else."""
    return f"{number}. " + "\n\n".join(PARAGRAPHS[number % 3 :] + PARAGRAPHS[: number % 3])


def alone(row: Mapping[str, Any]) -> Ask:
    """Each rollout is asked for by itself and judged alone."""
    return lambda rewards, number: rewards.one({**row, "id": str(number)}, answer(number))


def gathered(row: Mapping[str, Any]) -> Ask:
    """Each rollout is asked for by itself, and judged with those of its group."""
    return lambda rewards, number: rewards.one(row, answer(number), group=str(number // GROUP))


async def figures(rewards: Rewards, ask: Ask, aside: frozenset[int]) -> dict[str, float]:
    """The least disturbed of several batches."""
    best = {"cpu_ms": float("inf")}
    for batch in range(BATCHES):
        numbers = iter(range(batch * REWARDS, (batch + 1) * REWARDS))

        async def work(numbers: Any = numbers) -> None:
            for number in numbers:
                await ask(rewards, number)

        before, began, wall = children_ms(os.getpid(), aside), time.process_time(), time.perf_counter()
        await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))
        host = (time.process_time() - began) * 1000
        used = (host + children_ms(os.getpid(), aside) - before) / REWARDS
        if used < best["cpu_ms"]:
            rate = REWARDS / (time.perf_counter() - wall)
            best = {"cpu_ms": used, "per_core": 1000 / used, "per_s": rate}
    assert set(rewards.counts) == {"ok"}, rewards.counts
    return best


def line(name: str, found: Mapping[str, float]) -> None:
    told = " ".join(f"{key}={value:.3f}" if value < 10 else f"{key}={value:.0f}" for key, value in found.items())
    print(f"{name} {told} in_flight={IN_FLIGHT}", flush=True)


async def judged(name: str, mode: Any, ask: Ask, **more: Any) -> None:
    with ModelServer(mode) as server:
        kind = "direct" if mode == "direct" else "skill"
        model = RewardModel("general", model="judge", base_url=server.base_url, judge=kind, cache=None)
        async with Rewards(model, **more) as rewards:
            line(name, await figures(rewards, ask, frozenset({server.pid})))


async def main() -> None:
    async with Rewards(RewardModel("instruction-following")) as rewards:
        line("reward_verified", await figures(rewards, alone({"prompt": CONSTRAINED}), frozenset()))
    await judged("reward_direct", "direct", alone({"prompt": PROMPT}))
    await judged("reward_direct_group", "direct", gathered({"prompt": PROMPT}), group_size=GROUP)
    await judged("reward_skill_with_check", "agentic", alone({"prompt": PROMPT}))
    await judged("reward_skill_group", "agentic", gathered({"prompt": PROMPT}), group_size=GROUP)


if __name__ == "__main__":
    asyncio.run(main())
