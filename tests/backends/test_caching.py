"""Known replies are given again without a call; equal requests in flight are sent once."""

from __future__ import annotations

import asyncio
import time

import pytest

from judge_server import HANG, Says
from skillrm.backends import Budget, CachingBackend, ChatReply, ChatRequest, OpenAIBackend, ScriptedBackend, ToolCall
from skillrm.errors import BackendTransportError, DeadlineExceeded


def asked(words: str = "hello", **fields) -> ChatRequest:
    return ChatRequest(messages=({"role": "user", "content": words},), **({"temperature": 0.0} | fields))


class Kept(dict):
    """Bytes by key, in memory."""

    def put(self, key: bytes, value: bytes) -> None:
        self[key] = value


def caching(script, kept: Kept | None = None) -> tuple[CachingBackend, ScriptedBackend]:
    scripted = ScriptedBackend(script)
    return CachingBackend(scripted, Kept() if kept is None else kept), scripted


async def test_the_second_time_nothing_is_sent_and_the_reply_is_the_same():
    said = ChatReply(text="yes", reasoning="because", tool_calls=(ToolCall("c", "submit", "{"),), finish_reason="stop")
    backend, scripted = caching([said])
    first, second = await backend.chat(asked()), await backend.chat(asked())
    assert len(scripted.requests) == 1
    assert (first.cached, second.cached, second.attempts) == (False, True, 0)
    assert (second.text, second.reasoning, second.tool_calls) == (said.text, said.reasoning, said.tool_calls)


@pytest.mark.parametrize(
    "other",
    [
        asked("hello!"),
        asked(tools='[{"type":"function"}]'),
        asked(tool_choice="auto"),
        asked(max_tokens=7),
        asked(seed=1),
        asked(extra={"top_p": 0.5}),
        asked(response_format={"type": "json_object"}),
    ],
)
async def test_whatever_is_asked_differently_is_asked(other):
    backend, scripted = caching(lambda request: "said")
    await backend.chat(asked())
    assert not (await backend.chat(other)).cached
    assert len(scripted.requests) == 2


async def test_fields_of_the_backend_itself_are_part_of_the_key(judge_server):
    server, kept = await judge_server([Says("yes")]), Kept()
    for thinking in (True, False):
        inner = OpenAIBackend("judge", server.base_url, extra={"chat_template_kwargs": {"enable_thinking": thinking}})
        await CachingBackend(inner, kept).chat(asked())
        await inner.aclose()
    assert len(kept) == 2


@pytest.mark.parametrize(
    ("request_", "again"),
    [
        (asked(temperature=0.7), False),
        (asked(temperature=None), False),
        (asked(temperature=0.7, seed=3), True),
        (asked(temperature=0, extra={"temperature": 1.0}), False),
    ],
)
async def test_only_what_asks_for_one_certain_reply_is_kept(request_, again):
    backend, _ = caching(lambda request: "said")
    await backend.chat(request_)
    assert (await backend.chat(request_)).cached is again


@pytest.mark.parametrize(
    "reply", [ChatReply(text="half a", finish_reason="length"), ChatReply(text=""), BackendTransportError("reset")]
)
async def test_errors_and_broken_replies_are_not_kept(reply):
    backend, _ = caching([reply, "whole"])
    try:
        await backend.chat(asked())
    except BackendTransportError:
        assert isinstance(reply, BackendTransportError)
    assert await backend.chat(asked()) == ChatReply(text="whole")


async def test_a_value_that_cannot_be_read_is_a_miss():
    kept = Kept()
    backend, scripted = caching(lambda request: "said", kept)
    await backend.chat(asked())
    kept.update(dict.fromkeys(kept, b"\xff torn"))
    assert not (await backend.chat(asked())).cached
    assert (await backend.chat(asked())).cached
    assert len(scripted.requests) == 2


async def test_what_comes_from_the_cache_charges_no_budget(judge_server):
    server, budget = await judge_server([Says("yes")]), Budget(max_tokens=10_000)
    backend = CachingBackend(OpenAIBackend("judge", server.base_url, budget=budget), Kept())
    replies = [await backend.chat(asked()) for _ in range(3)]
    assert budget.tokens == 120 == replies[2].usage.prompt_tokens + replies[2].usage.completion_tokens
    await backend.aclose()


def held():
    """A script that answers once it is let, and the event that lets it."""
    free = asyncio.Event()

    async def script(request: ChatRequest) -> str:
        await free.wait()
        return "said"

    return script, free


async def test_equal_requests_in_flight_are_sent_once():
    script, free = held()
    backend, scripted = caching(script)
    calls = [asyncio.create_task(backend.chat(asked())) for _ in range(50)]
    await asyncio.sleep(0.01)
    free.set()
    assert {reply.text for reply in await asyncio.gather(*calls)} == {"said"}
    assert len(scripted.requests) == 1


async def test_a_failure_reaches_all_who_waited_and_none_who_come_later():
    backend, _ = caching([BackendTransportError("reset"), "said"])
    outcomes = await asyncio.gather(*(backend.chat(asked()) for _ in range(3)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [BackendTransportError] * 3
    assert (await backend.chat(asked())).text == "said"


@pytest.mark.parametrize("leaves", [0, 1])
async def test_one_call_that_is_cancelled_leaves_the_other_its_reply(leaves):
    script, free = held()
    backend, scripted = caching(script)
    calls = [asyncio.create_task(backend.chat(asked())) for _ in range(2)]
    await asyncio.sleep(0.01)
    calls[leaves].cancel()
    await asyncio.sleep(0.01)
    free.set()
    assert (await calls[1 - leaves]).text == "said"
    assert calls[leaves].cancelled()
    assert len(scripted.requests) == 1


async def test_the_last_call_that_is_cancelled_takes_the_request_with_it(judge_server):
    server = await judge_server([HANG])
    backend = CachingBackend(OpenAIBackend("judge", server.base_url), Kept())
    calls = [asyncio.create_task(backend.chat(asked())) for _ in range(2)]
    await server.until(lambda: server.in_flight == 1)
    for call in calls:
        call.cancel()
    await server.until(lambda: server.disconnects == 1)
    await asyncio.gather(*calls, return_exceptions=True)
    await backend.aclose()
    assert all(call.cancelled() for call in calls)
    assert len(server.requests) == 1


async def test_who_asks_right_after_the_last_one_left_is_answered():
    script, free = held()
    backend, scripted = caching(script)
    first = asyncio.create_task(backend.chat(asked()))
    await asyncio.sleep(0.01)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    free.set()
    assert (await backend.chat(asked())).text == "said"
    assert len(scripted.requests) == 2


async def test_each_call_keeps_its_own_deadline():
    script, free = held()
    backend, _ = caching(script)
    short = asyncio.create_task(backend.chat(asked(), deadline=time.monotonic() + 0.05))
    await asyncio.sleep(0.01)
    long = asyncio.create_task(backend.chat(asked(), deadline=time.monotonic() + 30))
    with pytest.raises(DeadlineExceeded):
        await short
    free.set()
    assert (await long).text == "said"


async def test_a_request_that_dies_of_its_senders_deadline_is_sent_again_for_who_has_time(judge_server):
    server = await judge_server([HANG, Says("said")])
    backend = CachingBackend(OpenAIBackend("judge", server.base_url), Kept())
    short = asyncio.create_task(backend.chat(asked(), deadline=time.monotonic() + 0.2))
    await server.until(lambda: server.in_flight == 1)
    long = asyncio.create_task(backend.chat(asked(), deadline=time.monotonic() + 30))
    with pytest.raises(DeadlineExceeded):
        await short
    assert (await long).text == "said"
    await backend.aclose()
