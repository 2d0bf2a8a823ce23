"""The client over real sockets: faults, outages, dead servers, rate limits, many calls, cancellation."""

from __future__ import annotations

import asyncio
import gc
import random
import time
from collections import Counter

import pytest

import judge_server as played
from judge_server import JudgeServer, Says
from skillrm.backends import ChatReply, ChatRequest, OpenAIBackend
from skillrm.errors import (
    BackendAuthError,
    BackendError,
    BackendRateLimited,
    BackendReplyError,
    BackendTransportError,
    DeadlineExceeded,
)


def asked(words: object = "hello") -> ChatRequest:
    return ChatRequest(messages=({"role": "user", "content": str(words)},), temperature=0.0)


@pytest.fixture
async def client():
    """`client(base_urls, **settings)`: a backend that is closed at the end, and leaves nothing open."""
    opened = []

    def make(base_urls, **settings) -> OpenAIBackend:
        opened.append(OpenAIBackend("judge", base_urls, **settings))
        return opened[-1]

    yield make
    for backend in opened:
        await backend.aclose()
    opened.clear()
    gc.collect()  # "Unclosed connection" and "Unclosed client session" would fail the test here


async def all_of(backend: OpenAIBackend, calls: int, seconds: float = 60.0) -> Counter[str]:
    """How `calls` concurrent calls end: `ok`, or the error's name."""

    async def one(number: int) -> str:
        try:
            reply = await backend.chat(asked(number), deadline=time.monotonic() + seconds)
        except (BackendError, DeadlineExceeded) as error:
            return type(error).__name__
        assert reply.text == "fine"
        return "ok"

    return Counter(await asyncio.gather(*(one(number) for number in range(calls))))


FAULTS = [
    played.rate_limited(0.01),
    played.server_error(500),
    played.RESET,
    played.TRUNCATED_BODY,
    played.HTML,
    played.EMPTY_CHOICES,
    played.Raw(b"nonsense\r\n\r\n"),
]


async def test_one_fault_in_twenty_fails_no_call_and_keeps_the_server_busy(judge_server, client):
    drawn = random.Random(1)

    def script(request, turn):
        return drawn.choice(FAULTS) if drawn.random() < 0.05 else Says("fine", delay=0.002)

    server = await judge_server(script)
    calls = asyncio.create_task(all_of(client(server.base_url, concurrency=64), 1000))
    assert await calls == {"ok": 1000}
    assert len(server.requests) < 1150
    assert server.most_in_flight > 50


async def test_one_call_in_a_hundred_that_hangs_costs_itself_alone(judge_server, client):
    drawn = random.Random(2)

    def script(request, turn):
        return played.HANG if drawn.random() < 0.01 else Says("fine")

    server = await judge_server(script)
    assert await all_of(client(server.base_url, timeout=1.5, concurrency=64), 500) == {"ok": 500}


@pytest.mark.parametrize("fault", [played.RESET, played.server_error(502)], ids=["reset", "502"])
async def test_a_short_outage_loses_no_call(judge_server, client, fault):
    down = asyncio.Event()

    async def script(request, turn):
        return fault if down.is_set() else Says("fine", delay=0.05)

    server = await judge_server(script)
    backend = client(server.base_url, concurrency=32)
    calls = asyncio.create_task(all_of(backend, 400))
    await server.until(lambda: len(server.requests) > 100)
    down.set()
    before = len(server.requests)
    await asyncio.sleep(3.0)
    during = len(server.requests) - before
    down.clear()
    assert await calls == {"ok": 400}
    assert during < 4 * 32  # what was in flight while it went away, and a few probes: nobody hammers


async def test_a_server_that_is_restarted_is_found_again(client):
    async with JudgeServer(["fine"]) as first:
        port, backend = int(first.origin.rsplit(":")[-1]), client(first.base_url)
        assert await all_of(backend, 5) == {"ok": 5}
    calls = asyncio.create_task(all_of(backend, 50))
    await asyncio.sleep(1.5)
    assert not calls.done()
    async with JudgeServer(["fine"], port=port):
        assert await calls == {"ok": 50}


async def test_a_server_that_never_answers_is_named_soon(client):
    with pytest.raises(BackendTransportError, match=r"127\.0\.0\.1:9/v1"):
        await client("http://127.0.0.1:9/v1", timeout=1.0).chat(asked())
    outcomes = await all_of(client("http://127.0.0.1:9/v1", timeout=1.0), 100)
    assert outcomes == {"BackendTransportError": 100}


async def test_one_dead_server_of_three_costs_no_call_and_is_hardly_asked(judge_server, client):
    alive = [await judge_server(lambda request, turn: Says("fine", delay=0.01)) for _ in range(2)]
    dead = await judge_server(lambda request, turn: played.RESET)
    urls = [alive[0].base_url, dead.base_url, alive[1].base_url]
    assert await all_of(client(urls, concurrency=16), 600) == {"ok": 600}
    first, second = (len(server.requests) for server in alive)
    assert len(dead.requests) < 60
    assert 0.7 < first / second < 1.4


async def test_the_slower_server_gets_fewer_calls(judge_server, client):
    quick = await judge_server(lambda request, turn: Says("fine", delay=0.01))
    slow = await judge_server(lambda request, turn: Says("fine", delay=0.5))
    assert await all_of(client([quick.base_url, slow.base_url], concurrency=16), 300) == {"ok": 300}
    assert len(quick.requests) > 2 * len(slow.requests)


async def test_a_thousand_calls_are_in_flight_at_once(judge_server, client):
    async def script(request, turn):
        async with asyncio.timeout(120), server.changed:
            await server.changed.wait_for(lambda: server.most_in_flight == 1000)
        return "fine"

    server = await judge_server(script)
    assert await all_of(client(server.base_url), 1000, seconds=150) == {"ok": 1000}


async def test_a_rate_limited_server_is_not_hammered_and_every_call_gets_through(judge_server, client):
    taking = 0

    async def script(request, turn):
        nonlocal taking
        if taking >= 10:
            return played.refusal(429, "too many at once")
        taking += 1
        try:
            await asyncio.sleep(0.03)
        finally:
            taking -= 1
        return "fine"

    server = await judge_server(script)
    assert await all_of(client(server.base_url), 300) == {"ok": 300}
    assert len(server.requests) < 300 + 300 + 150  # the first burst is refused; then a few that ask for more


async def test_retry_after_holds_for_every_call(judge_server, client):
    arrivals = []

    def script(request, turn):
        arrivals.append(time.monotonic())
        return played.rate_limited(1) if len(arrivals) == 1 else "fine"

    server = await judge_server(script)
    backend = client(server.base_url)
    first = asyncio.create_task(backend.chat(asked()))
    await server.until(lambda: len(server.requests) == 1 and server.in_flight == 0)
    await asyncio.sleep(0.1)
    assert await all_of(backend, 20) == {"ok": 20}
    assert (await first).attempts == 2
    assert min(arrivals[1:]) - arrivals[0] >= 1.0


async def test_a_pause_beyond_the_deadline_fails_at_once_as_what_it_is(judge_server, client):
    server = await judge_server([played.rate_limited(3600)])
    with pytest.raises(BackendRateLimited):
        await client(server.base_url).chat(asked(), deadline=time.monotonic() + 100)
    assert len(server.requests) == 1


async def test_waiting_for_a_place_is_bounded_by_the_deadline_and_is_no_attempt(judge_server, client):
    server = await judge_server(lambda request, turn: Says("fine", delay=0.3))
    backend = client(server.base_url, concurrency=1)
    first = asyncio.create_task(backend.chat(asked()))
    await server.until(lambda: server.in_flight == 1)
    with pytest.raises(DeadlineExceeded):
        await backend.chat(asked(), deadline=time.monotonic() + 0.05)
    second: ChatReply = await backend.chat(asked(), deadline=time.monotonic() + 30)
    assert ((await first).attempts, second.attempts, len(server.requests)) == (1, 1, 2)


async def test_cancelling_closes_the_connection_and_frees_the_place(judge_server, client):
    server = await judge_server([played.HANG, played.HANG, "fine"])
    backend = client(server.base_url, concurrency=2)
    hanging = [asyncio.create_task(backend.chat(asked())) for _ in range(2)]
    await server.until(lambda: server.in_flight == 2)
    for call in hanging:
        call.cancel()
    await server.until(lambda: server.disconnects == 2)
    assert (await backend.chat(asked())).text == "fine"


@pytest.mark.parametrize(
    ("fault", "requests", "error"),
    [
        (played.refusal(401, "wrong key"), 1, BackendAuthError),
        (played.HTML, 3, BackendReplyError),
        (played.server_error(500), 3, BackendTransportError),
        (played.refusal(429, "spent", code="insufficient_quota"), 1, BackendRateLimited),
        (played.rate_limited(0.001), 9, BackendRateLimited),
    ],
    ids=["401", "HTML", "500", "no quota", "429"],
)
async def test_each_fault_is_tried_as_often_as_it_is_worth(judge_server, client, fault, requests, error):
    server = await judge_server([fault])
    with pytest.raises(error):
        await client(server.base_url, retries=2).chat(asked())
    assert len(server.requests) == requests


async def test_one_kind_of_failure_does_not_use_up_the_retries_of_another(judge_server, client):
    server = await judge_server([played.HANG, played.server_error(500), played.HTML, played.RESET, "fine"])
    assert (await client(server.base_url, timeout=0.3).chat(asked())).attempts == 5


async def test_a_request_that_breaks_the_server_does_not_hold_up_the_others(judge_server, client):
    def script(request, turn):
        return played.server_error(500) if request["messages"][0]["content"] == "poison" else Says("fine")

    server = await judge_server(script)
    backend = client(server.base_url, concurrency=4)
    poison = asyncio.create_task(backend.chat(asked("poison")))
    assert await all_of(backend, 50) == {"ok": 50}
    with pytest.raises(BackendTransportError):
        await poison


def test_each_event_loop_has_its_own_connections():
    async def once() -> None:
        async with JudgeServer(["fine"]) as server:
            backend = OpenAIBackend("judge", server.base_url)
            assert await all_of(backend, 3) == {"ok": 3}

    for _ in range(3):
        asyncio.run(once())
    gc.collect()
