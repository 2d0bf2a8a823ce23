"""An event loop in a thread."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import CancelledError

import pytest

from skillrm.rewards import Background, Barrier, Group, Reward


async def judge(row, answers) -> Group:
    return Group(tuple(Reward(float(len(answers)), True, "ok") for _ in answers))


async def late(row, answer, group) -> Reward:
    return Reward(0.0, True, "ok")


def in_threads(calls) -> list[threading.Thread]:
    threads = [threading.Thread(target=call, daemon=True) for call in calls]
    for thread in threads:
        thread.start()
    return threads


def test_callers_from_many_threads_meet_in_their_groups():
    background, barrier, given = Background(), Barrier(8, 30.0, judge, late), []

    def call(number: int) -> None:
        joining = barrier.join(f"group {number // 8}", {}, str(number), str(number))
        given.append(background.run(joining).value)

    for thread in in_threads([lambda n=n: call(n) for n in range(160)]):
        thread.join()
    background.close()
    assert given == [8.0] * 160


def test_whoever_waits_is_told_that_the_thread_ends():
    background, barrier, told = Background(), Barrier(2, 3600.0, judge, late), []
    joined = threading.Event()

    async def alone() -> Reward:
        asyncio.get_running_loop().call_soon(joined.set)
        return await barrier.join("p", {}, "a", "a")

    def call() -> None:
        try:
            background.run(alone())
        except CancelledError as error:
            told.append(error)

    (thread,) = in_threads([call])
    joined.wait()
    background.close()
    thread.join()
    assert len(told) == 1
    background.close()
    with pytest.raises(RuntimeError):
        background.run(alone())


def test_the_groups_of_a_loop_that_ended_are_forgotten():
    barrier = Barrier(2, 30.0, judge, late)

    async def pair() -> float | None:
        first, _ = await asyncio.gather(*(barrier.join("p", {}, answer, answer) for answer in "ab"))
        return first.value

    assert [asyncio.run(pair()) for _ in range(5)] == [2.0] * 5
    assert len(barrier._loops) == 1
