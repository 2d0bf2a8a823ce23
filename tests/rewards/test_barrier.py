"""The barrier by prompt: who waits for whom, how long, and what a late one meets."""

from __future__ import annotations

import asyncio

import pytest

from skillrm.rewards import Barrier, Group, Reward


class Judge:
    """Notes what it is asked; a reward is the number of characters."""

    def __init__(self) -> None:
        self.groups: list[list[str]] = []
        self.lates: list[str] = []
        self.broken: Exception | None = None
        self.asked, self.turn = asyncio.Event(), asyncio.Event()
        self.turn.set()

    async def judge(self, row, answers) -> Group:
        self.groups.append(list(answers))
        self.asked.set()
        await self.turn.wait()
        if self.broken is not None:
            raise self.broken
        return Group(tuple(Reward(float(len(answer)), True, "ok") for answer in answers))

    async def late(self, row, answer, group) -> Reward:
        self.lates.append(answer)
        return Reward(float(len(answer)), True, "ok")

    def barrier(self, size: int, wait: float = 30.0) -> Barrier:
        return Barrier(size, wait, self.judge, self.late)


async def joined(barrier: Barrier, *answers: str, key: str = "p") -> list[float | None]:
    return [r.value for r in await asyncio.gather(*(barrier.join(key, {}, answer, answer) for answer in answers))]


async def test_a_group_is_judged_once_all_are_there():
    judge = Judge()
    assert await joined(judge.barrier(3), "a", "bb", "ccc") == [1.0, 2.0, 3.0]
    assert judge.groups == [["a", "bb", "ccc"]]


async def test_groups_of_different_prompts_do_not_wait_for_each_other():
    judge = Judge()
    barrier = judge.barrier(2)
    first = asyncio.ensure_future(joined(barrier, "a", key="p"))
    assert await joined(barrier, "a", "b", key="q") == [1.0, 1.0]
    assert not first.done()
    assert await joined(barrier, "bb", key="p") == [2.0]
    assert await first == [1.0]


async def test_after_the_deadline_those_who_are_there_are_judged_and_the_late_one_alone():
    judge = Judge()
    barrier = judge.barrier(3, wait=0.02)
    assert await joined(barrier, "a", "bb") == [1.0, 2.0]
    assert await joined(barrier, "ccc") == [3.0]
    assert (judge.groups, judge.lates) == ([["a", "bb"]], ["ccc"])


async def test_a_late_one_waits_for_a_judgment_that_is_still_going_on():
    judge = Judge()
    judge.turn.clear()
    barrier = judge.barrier(3, wait=0.01)
    first = asyncio.ensure_future(joined(barrier, "a", "bb"))
    await judge.asked.wait()
    late = asyncio.ensure_future(joined(barrier, "ccc"))
    await asyncio.sleep(0)
    assert judge.lates == []
    judge.turn.set()
    assert await late == [3.0]
    assert await first == [1.0, 2.0]


async def test_equal_answers_count_as_seats_and_share_a_reward():
    judge = Judge()
    assert await joined(judge.barrier(3), "a", "a", "bb") == [1.0, 1.0, 2.0]
    assert judge.groups == [["a", "a", "bb"]]


async def test_a_copy_beyond_the_group_gets_the_reward_that_was_given():
    judge = Judge()
    barrier = judge.barrier(2)
    await joined(barrier, "a", "bb")
    assert await joined(barrier, "bb") == [2.0]
    assert (len(judge.groups), judge.lates) == (1, [])


async def test_a_new_answer_after_a_full_group_opens_the_next():
    judge = Judge()
    barrier = judge.barrier(2)
    await joined(barrier, "a", "bb")
    assert await joined(barrier, "ccc", "dddd") == [3.0, 4.0]
    assert judge.groups == [["a", "bb"], ["ccc", "dddd"]]


async def test_the_seats_of_those_who_never_came_lapse():
    judge = Judge()
    barrier = judge.barrier(2, wait=0.005)
    await joined(barrier, "a")
    await asyncio.sleep(0.1)
    assert await joined(barrier, "bb", "ccc") == [2.0, 3.0]
    assert judge.groups == [["a"], ["bb", "ccc"]]


async def test_what_judging_raises_reaches_all_and_the_next_try_begins_anew():
    judge = Judge()
    judge.broken = ValueError("no")
    barrier = judge.barrier(2)
    given = await asyncio.gather(
        *(barrier.join("p", {}, answer, answer) for answer in ("a", "bb")), return_exceptions=True
    )
    assert [str(error) for error in given] == ["no", "no"]
    judge.broken = None
    assert await joined(barrier, "a", "bb") == [1.0, 2.0]


async def test_a_caller_that_leaves_ends_nothing_for_the_others():
    judge = Judge()
    barrier = judge.barrier(2)
    leaving = asyncio.ensure_future(barrier.join("p", {}, "a", "a"))
    await asyncio.sleep(0)
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    assert await joined(barrier, "bb") == [2.0]
    assert judge.groups == [["a", "bb"]]


async def test_in_a_hurry_groups_are_judged_as_they_are_and_nobody_is_waited_for_any_more():
    judge = Judge()
    barrier = judge.barrier(3)
    waiting = asyncio.ensure_future(joined(barrier, "a", "bb"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    barrier.hurry()
    assert await waiting == [1.0, 2.0]
    assert await joined(barrier, "ccc", key="q") == [3.0]


def test_each_event_loop_has_its_own_groups():
    judges = []

    async def alone(barrier: Barrier) -> list[float | None]:
        return await joined(barrier, "a", "bb")

    async def make() -> Barrier:
        judges.append(Judge())
        return judges[-1].barrier(2)

    barrier = asyncio.run(make())
    assert asyncio.run(alone(barrier)) == [1.0, 2.0]
    assert asyncio.run(alone(barrier)) == [1.0, 2.0]
