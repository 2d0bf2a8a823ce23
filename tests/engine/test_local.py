"""The engine over a judge that the test controls: order, bounds, equal rows, faults, cancelling, budgets."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from skillrm import RewardModel, Sample
from skillrm.backends import Budget, ChatUsage
from skillrm.engine import Engine
from skillrm.errors import BackendTransportError, InputError, StoreError
from skillrm.reading import Row
from skillrm.store import Run, key_of

MODEL = RewardModel("instruction-following")
PROMPT = "Name two rivers. Do not use any commas."


def sample(number: int) -> Sample:
    return Sample.parse({"id": f"row {number}", "prompt": PROMPT, "response": f"Rhine and Elbe {number}"})


def samples(count: int):
    return (sample(number) for number in range(1, count + 1))


class Watched:
    """The real reward model, slowed down and counted."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds, self.calls, self.now, self.most = seconds, 0, 0, 0

    async def __call__(self, sample, goal):
        self.calls += 1
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await asyncio.sleep(self.seconds)
            return await MODEL.judge(sample, goal)
        finally:
            self.now -= 1


async def outcomes(engine: Engine, rows):
    return [one async for one in engine.outcomes(rows)]


async def test_every_row_comes_once_whatever_the_concurrency():
    for concurrency in (1, 7, 500):
        found = await outcomes(Engine(Watched(), concurrency=concurrency), samples(100))
        assert sorted(one.row.ordinal for one in found) == list(range(1, 101))
        assert {one.status for one in found} == {"ok"}


async def test_no_more_rows_than_workers_are_judged_at_once():
    judge = Watched(0.002)
    await outcomes(Engine(judge, concurrency=5), samples(60))
    assert judge.most == 5


async def test_a_slow_row_does_not_hold_up_the_others():
    async def judge(sample, goal):
        await asyncio.sleep(0.3 if sample.id == "row 1" else 0)
        return await MODEL.judge(sample, goal)

    found = await outcomes(Engine(judge, concurrency=4), samples(50))
    assert found[-1].row.ordinal == 1


async def test_rows_are_taken_only_as_fast_as_outcomes_are_fetched():
    taken = 0

    def rows():
        nonlocal taken
        for one in samples(10_000):
            taken += 1
            yield one

    async with contextlib.aclosing(Engine(Watched(), concurrency=4).outcomes(rows())) as found:
        async for _ in found:
            await asyncio.sleep(0.01)
            break
    assert taken < 40


async def test_equal_rows_are_judged_once_and_keep_their_ids():
    judge = Watched(0.01)
    rows = [sample(number % 3).model_copy(update={"id": f"id {number}"}) for number in range(90)]
    found = await outcomes(Engine(judge, concurrency=4), rows)
    assert {one.judgment.sample_id for one in found} == {f"id {number}" for number in range(90)}
    assert judge.calls == 3
    assert sum(one.repeated for one in found) == 90 - judge.calls


async def test_more_equal_rows_than_may_wait_for_one_are_still_judged_once():
    judge = Watched(0.2)
    rows = [sample(0).model_copy(update={"id": f"id {number}"}) for number in range(100)]
    found = await outcomes(Engine(judge, concurrency=2), rows)
    assert (len(found), judge.calls) == (100, 1)


async def test_in_order_gives_rows_as_they_stand_and_the_window_bounds_what_is_held():
    started: list[int] = []

    async def judge(sample, goal):
        number = int(sample.id.split()[1])
        started.append(number)
        if number == 1:
            await asyncio.sleep(0.2)
            assert max(started) <= 1 + 20
        return await MODEL.judge(sample, goal)

    found = [one async for one in Engine(judge, concurrency=4, window=20).in_order(samples(200))]
    assert [one.row.ordinal for one in found] == list(range(1, 201))


async def test_in_order_leaves_gaps_where_the_rows_have_them():
    async def judge(sample, goal):
        await asyncio.sleep(0.02 if sample.id == "row 3" else 0)
        return await MODEL.judge(sample, goal)

    rows = [Row(ordinal, "f", None, f"row {ordinal}", sample(ordinal)) for ordinal in (3, 7, 8, 20)]
    found = [one.row.ordinal async for one in Engine(judge).in_order([*rows, rows[0]])]
    assert found == [3, 7, 8, 20, 21]


async def test_rows_that_are_no_samples_and_judging_that_breaks_are_faults_of_that_row():
    async def judge(sample, goal):
        if sample.id == "row 2":
            raise BackendTransportError("no route")
        if sample.id == "row 3":
            raise ZeroDivisionError("ours")
        return await MODEL.judge(sample, goal)

    rows = [sample(1), {"prompt": "p"}, sample(2), sample(3), sample(4)]
    found = [one async for one in Engine(judge).in_order(rows)]
    assert [one.status for one in found] == ["ok", None, None, None, "ok"]
    words = [str(fault) for one in found for fault in one.faults]
    assert "no answer in this row" in words[0]
    assert "no route" in words[1]
    assert "ZeroDivisionError: ours" in words[2]


async def test_an_async_source_is_read_too():
    async def rows():
        for one in samples(30):
            await asyncio.sleep(0)
            yield one

    assert len(await outcomes(Engine(Watched(), concurrency=8), rows())) == 30


async def test_what_the_input_breaks_with_is_raised_after_the_rows_before():
    def rows():
        yield from samples(5)
        raise InputError("the file breaks off")

    seen: list[int] = []

    async def collect():
        async for one in Engine(Watched(0.01), concurrency=8).outcomes(rows()):
            seen.append(one.row.ordinal)

    with pytest.raises(InputError, match="breaks off"):
        await collect()
    assert sorted(seen) == [1, 2, 3, 4, 5]


async def test_closing_cancels_what_is_in_flight():
    judge = Watched(60)
    work = asyncio.ensure_future(outcomes(Engine(judge, concurrency=10), samples(100)))
    while judge.now < 10:  # noqa: ASYNC110
        await asyncio.sleep(0.001)
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    assert judge.now == 0
    assert len(asyncio.all_tasks()) == 1


async def test_a_spent_budget_takes_no_further_row_and_lets_the_begun_ones_end():
    budget = Budget(max_tokens=1000)

    async def judge(sample, goal):
        budget.charge(ChatUsage(prompt_tokens=100))
        await asyncio.sleep(0.001)
        return await MODEL.judge(sample, goal)

    engine = Engine(judge, concurrency=4, budget=budget)
    found = await outcomes(engine, samples(100))
    assert 10 <= len(found) <= 14
    assert engine.stopped == "the budget of 1,000 tokens is spent"


async def test_a_run_keeps_outcomes_and_what_it_has_is_not_judged_again(tmp_path):
    judge = Watched()
    async with Run.create(tmp_path / "run", {"identity": {}}) as run:
        await outcomes(Engine(judge, run=run), [*samples(20), {"prompt": "p"}])
        assert (run.count().ok, run.count().unreadable, judge.calls) == (20, 1, 20)
        again = await outcomes(Engine(judge, run=run), samples(25))
        assert (len(again), judge.calls) == (25, 25)
        assert sum(one.repeated for one in again) == 20
        assert all(one.judgment.sample_id == one.row.id for one in again)


async def test_failed_judgments_are_made_again(tmp_path):
    async def fails(sample, goal):
        judgment = await MODEL.judge(sample, goal)
        return judgment.model_copy(update={"status": "failed", "error": "an outage"})

    async with Run.create(tmp_path / "run", {}) as run:
        assert {one.status for one in await outcomes(Engine(fails, run=run), samples(5))} == {"failed"}
        assert {one.status for one in await outcomes(Engine(Watched(), run=run), samples(5))} == {"ok"}
        assert run.count().ok == 5
        assert run.status(key_of(sample(1).digest, "scores")) == "ok"


async def test_a_store_that_breaks_ends_the_work_with_its_error(tmp_path):
    run = Run.create(tmp_path / "run", {})

    async def full(*_: object) -> None:
        raise StoreError("the disk is full")

    run.keep = full
    with pytest.raises(StoreError, match="disk is full"):
        await outcomes(Engine(Watched(), run=run), samples(50))
    await run.aclose()
