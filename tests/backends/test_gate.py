"""Which call goes next and where: order of arrival, least outstanding, deadlines, cancellation."""

from __future__ import annotations

import asyncio
import math
import time

import pytest

from skillrm.backends.endpoints import endpoints
from skillrm.backends.failures import Failure
from skillrm.backends.gate import Call, Gate
from skillrm.errors import BackendRateLimited, BackendTransportError, DeadlineExceeded

GONE = Failure(BackendTransportError("reset by peer"), down=True, away=True)


def gate(servers: int = 1, concurrency: int | None = None, timeout: float = 60.0) -> Gate:
    return Gate(endpoints([f"http://127.0.0.1:{port}" for port in range(1, servers + 1)]), timeout, concurrency)


def call(seconds: float = math.inf) -> Call:
    now = time.monotonic()
    return Call(now, now + seconds)


async def test_calls_wait_in_order_of_arrival():
    one, order = gate(concurrency=1), []

    async def through(name: int) -> None:
        mine = call()
        pace = await one.enter(mine)
        order.append(name)
        await asyncio.sleep(0)
        one.answer(mine, pace)

    await asyncio.gather(*(through(name) for name in range(50)))
    assert order == list(range(50))


async def test_the_server_with_the_fewest_calls_is_next_and_ties_go_round():
    three, calls = gate(3), [call() for _ in range(9)]
    paces = [await three.enter(one) for one in calls]
    assert [pace.outstanding for pace in three.paces] == [3, 3, 3]
    for one, pace in zip(calls, paces, strict=True):
        if pace is three.paces[1]:
            three.answer(one, pace)
    assert await three.enter(call()) is three.paces[1]


async def test_a_retry_goes_to_another_server_if_there_is_one():
    two, mine = gate(2), call()
    first = await two.enter(mine)
    two.fail(mine, first, GONE)
    assert await two.enter(mine) is not first


async def test_a_refused_call_keeps_its_place_before_those_that_came_later():
    one, order = gate(concurrency=1), []
    running = call()
    pace = await one.enter(running)

    async def through(name: str, mine: Call, again: bool = False) -> None:
        pace = await one.enter(mine)
        if again:
            one.fail(mine, pace, Failure(BackendRateLimited("429"), overload=True))
            pace = await one.enter(mine)
        order.append(name)
        one.answer(mine, pace)

    tasks = [asyncio.create_task(through(name, call(), name == "first")) for name in ("first", "second", "third")]
    await asyncio.sleep(0)
    one.answer(running, pace)
    await asyncio.gather(*tasks)
    assert order == ["second", "first", "third"]


async def test_a_paused_server_is_passed_over_and_waited_for_when_alone():
    two, mine = gate(2), call()
    paused = await two.enter(mine)
    two.fail(mine, paused, Failure(BackendRateLimited("429"), after=30.0, overload=True))
    for _ in range(4):
        assert await two.enter(call()) is not paused

    alone, mine = gate(1), call()
    only = await alone.enter(mine)
    alone.fail(mine, only, Failure(BackendRateLimited("429"), after=0.05, overload=True))
    asked = time.monotonic()
    await alone.enter(mine)
    assert time.monotonic() - asked >= 0.04


async def test_a_pause_beyond_the_deadline_is_not_waited_for():
    one, mine = gate(), call(5.0)
    pace = await one.enter(mine)
    one.fail(mine, pace, Failure(BackendRateLimited("429"), after=30.0, overload=True))
    with pytest.raises(DeadlineExceeded):
        await asyncio.wait_for(one.enter(mine), 1.0)


async def test_waiting_ends_at_the_deadline():
    one = gate(concurrency=1)
    await one.enter(call())
    with pytest.raises(DeadlineExceeded):
        await one.enter(call(0.05))


async def test_who_is_cancelled_while_waiting_leaves_no_gap():
    one, first = gate(concurrency=1), call()
    pace = await one.enter(first)
    waiting = [asyncio.create_task(one.enter(call())) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    one.answer(first, pace)
    waiting[1].cancel()  # its turn has just come
    await asyncio.gather(*waiting[:2], return_exceptions=True)
    assert await asyncio.wait_for(waiting[2], 1.0) is pace
    assert pace.outstanding == 1


async def opened(one: Gate, seconds: float = math.inf) -> Call:
    for _ in range(3):
        mine = call(seconds)
        one.fail(mine, await one.enter(mine), GONE)
    return mine


async def test_while_nobody_answers_one_call_probes_and_the_others_wait():
    one = gate()
    await opened(one)
    probes = [call() for _ in range(10)]
    waiting = [asyncio.create_task(one.enter(mine)) for mine in probes]
    done, pending = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    assert len(done) == 1
    one.answer(next(mine for mine in probes if mine.probe), one.paces[0])
    await asyncio.wait_for(asyncio.gather(*pending), 1.0)


async def test_those_who_wait_too_long_for_a_dead_server_are_told_what_it_did():
    one = gate(timeout=0.3)
    await opened(one)
    probe = call()

    async def probing() -> None:
        while True:
            one.fail(probe, await one.enter(probe), GONE)

    with pytest.raises(BackendTransportError, match=r"no server has answered for 0\.3 s.*reset by peer"):
        await asyncio.wait_for(probing(), 10.0)


async def test_closing_fails_who_waits_and_who_comes():
    one = gate(concurrency=1)
    await one.enter(call())
    waiting = asyncio.create_task(one.enter(call()))
    await asyncio.sleep(0)
    one.close()
    for late in (waiting, one.enter(call())):
        with pytest.raises(BackendTransportError, match="closed"):
            await late
