"""Many deadlines, one timer: each ends its own block, at its time, and nothing else."""

from __future__ import annotations

import asyncio
import time

import pytest

from skillrm.backends.deadlines import Deadlines


async def test_each_ends_at_its_own_time_whatever_the_order_they_began_in():
    deadlines, ended = Deadlines(), []

    async def one(seconds: float) -> None:
        began = time.monotonic()
        with pytest.raises(TimeoutError), deadlines.until(began + seconds):
            await asyncio.sleep(30)
        assert time.monotonic() - began >= seconds
        ended.append(seconds)

    await asyncio.wait_for(asyncio.gather(*(one(seconds) for seconds in (0.3, 0.05, 0.2, 0.1))), 10)
    assert ended == [0.05, 0.1, 0.2, 0.3]


async def test_what_ends_in_time_hears_nothing_of_it_later():
    deadlines = Deadlines()
    with deadlines.until(time.monotonic() + 0.05):
        await asyncio.sleep(0)
    await asyncio.sleep(0.1)
    assert not deadlines.running


async def test_being_cancelled_is_not_being_late():
    deadlines = Deadlines()

    async def one() -> None:
        with deadlines.until(time.monotonic() + 30):
            await asyncio.sleep(30)

    task = asyncio.create_task(one())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not deadlines.running


async def test_a_cancellation_from_outside_wins_over_the_deadline():
    deadlines = Deadlines()

    async def one() -> None:
        with deadlines.until(time.monotonic() + 0.05):
            try:
                await asyncio.sleep(30)
            finally:
                task.cancel()  # comes in while the deadline's own cancellation is on its way

    task = asyncio.create_task(one())
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_time_that_has_passed_ends_the_block_at_its_first_wait():
    with pytest.raises(TimeoutError), Deadlines().until(time.monotonic() - 1):
        await asyncio.sleep(30)
