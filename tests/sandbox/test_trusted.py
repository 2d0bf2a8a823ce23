"""Trusted calls: our own code, a hard deadline, workers that are replaced."""

from __future__ import annotations

import asyncio
import os

import pytest

from skillrm.errors import DeadlineExceeded, SandboxError
from skillrm.sandbox import trusted, trusted_call

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module", autouse=True)
def workers_end():
    yield
    for pool in list(trusted._pools.values()):
        pool.close()


async def test_a_call_gives_the_functions_value():
    assert await trusted_call("math:sqrt", [9], seconds=10) == 3
    assert await trusted_call("operator:add", [[1], [2]], seconds=10) == [1, 2]


async def test_workers_stay_warm():
    pids = {await trusted_call("os:getpid", [], seconds=10) for _ in range(5)}
    assert len(pids) == 1
    assert os.getpid() not in pids


async def test_a_call_past_its_deadline_is_killed_and_the_next_one_works():
    pid = await trusted_call("os:getpid", [], seconds=10)
    with pytest.raises(DeadlineExceeded, match=r"time:sleep took longer than 0\.2 s"):
        await trusted_call("time:sleep", [60], seconds=0.2)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert await trusted_call("os:getpid", [], seconds=10) != pid


async def test_what_the_function_raises_is_told():
    with pytest.raises(SandboxError, match="ValueError"):
        await trusted_call("math:sqrt", [-1], seconds=10)
    with pytest.raises(SandboxError, match="ModuleNotFoundError"):
        await trusted_call("no_such_module:f", [], seconds=10)


async def test_a_worker_that_dies_is_replaced():
    with pytest.raises(SandboxError, match="died"):
        await trusted_call("os:_exit", [3], seconds=10)
    assert await trusted_call("math:sqrt", [4], seconds=10) == 2


async def test_two_calls_run_at_once_and_no_more():
    await asyncio.gather(*(trusted_call("math:sqrt", [n], seconds=30) for n in range(8)))
    pids = await asyncio.gather(*(trusted_call("os:getpid", [], seconds=30) for _ in range(8)))
    assert len(set(pids)) <= 2


async def test_a_cancelled_call_ends_its_worker():
    pid = await trusted_call("os:getpid", [], seconds=10)
    task = asyncio.create_task(trusted_call("time:sleep", [60], seconds=100))
    await asyncio.sleep(0.3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await trusted_call("math:sqrt", [4], seconds=10) == 2
    assert pid
