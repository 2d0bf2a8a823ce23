"""scorer:http, against a server on loopback."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from skillrm import Candidate, Sample
from skillrm.errors import ConfigError
from skillrm.types import Message
from skillrm.verifiers import Finding, find
from skillrm.verifiers.scorer import ScorerArgs, mapped, raw_score

SAMPLE = Sample(prompt="{answer}?", candidates=(Candidate(label="a", text="<think>so</think>yes"),))
Serve = Callable[[Callable[[web.Request], Awaitable[web.StreamResponse]]], Awaitable[str]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """`url = await serve(handler)`: every path of a server on loopback."""
    runners: list[web.AppRunner] = []

    async def start(handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> str:
        app = web.Application()
        app.router.add_post("/{path:.*}", handler)
        runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)  # some handlers sleep long
        await runner.setup()
        runners.append(runner)
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    yield start
    for runner in runners:
        await runner.cleanup()


async def score(url: str, sample: Sample = SAMPLE, **args: Any) -> Finding:
    verifier = find("scorer:http")
    return (await verifier.run(sample, ("a",), verifier.parse({"url": url, **args})))["a"]


@pytest.mark.parametrize(
    ("path", "more", "body", "reply"),
    [
        (
            "/score",
            {"model": "m"},
            {"model": "m", "text_1": "{answer}?", "text_2": "yes"},
            {"data": [{"index": 0, "score": 2.0}]},
        ),
        (
            "/classify",
            {"input": "text"},
            {"input": "{answer}?\n\nyes"},
            {"data": [{"label": "x", "probs": [2.0], "num_classes": 1}]},
        ),
        ("/v1/pooling", {"input": "text"}, {"input": "{answer}?\n\nyes"}, {"data": [{"data": [[0.5], [2.0]]}]}),
        ("/classify", {"api": "sglang"}, {"text": "{answer}?\n\nyes"}, [{"embedding": [2.0], "meta_info": {}}]),
        ("/predict", {}, {"inputs": "{answer}?\n\nyes", "raw_scores": True}, [{"label": "good", "score": 2.0}]),
        ("/rerank", {}, {"query": "{answer}?", "texts": ["yes"], "raw_scores": True}, [{"index": 0, "score": 2.0}]),
    ],
)
async def test_each_server_is_asked_in_its_own_shape(
    serve: Serve, path: str, more: dict[str, Any], body: Any, reply: Any
) -> None:
    asked = []

    async def handler(request: web.Request) -> web.Response:
        asked.append(await request.json())
        return web.json_response(reply)

    found = await score(await serve(handler) + path, **more)
    assert asked == [body]
    assert found.score == pytest.approx(1 / (1 + math.exp(-2)))


async def test_a_conversation_goes_out_as_messages(serve: Serve) -> None:
    asked = []

    async def handler(request: web.Request) -> web.Response:
        asked.append(await request.json())
        return web.json_response({"data": [{"probs": [0.25]}]})

    turns = (Message(role="system", content="Be brief."), Message(role="user", content="Well?"))
    sample = Sample(prompt=turns, candidates=(Candidate(label="a", text="yes"),))
    found = await score(await serve(handler) + "/classify", sample, map="identity")
    assert found.score == 0.25
    assert [turn["role"] for turn in asked[0]["messages"]] == ["system", "user", "assistant"]


@pytest.mark.parametrize(
    "reply",
    [
        "{}",
        "[]",
        "null",
        "true",
        '{"data": []}',
        '{"data": [{"score": null}]}',
        '{"data": [{"score": NaN}]}',
        '{"data": [{"score": "0.9"}]}',
        '{"data": [{"score": true}]}',
        "0.9 or so",
        "[" * 5000,
        '{"error": "overloaded"}',
    ],
)
async def test_a_reply_without_a_number_is_an_error(serve: Serve, reply: str) -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(text=reply, content_type="application/json")

    assert (await score(await serve(handler) + "/score")).status == "error"


async def test_a_failing_server_is_tried_again_and_then_an_error(serve: Serve) -> None:
    calls = 0

    async def handler(request: web.Request) -> web.Response:
        nonlocal calls
        calls += 1
        return web.json_response({"data": [{"score": 0.0}]}) if calls == 3 else web.Response(status=503)

    url = await serve(handler) + "/score"
    assert (await score(url)).score == 0.5
    calls = 10
    assert (await score(url)).status == "error"
    assert calls == 13


async def test_a_refusal_is_not_repeated(serve: Serve) -> None:
    calls = 0

    async def handler(request: web.Request) -> web.Response:
        nonlocal calls
        calls += 1
        return web.Response(status=401)

    assert (await score(await serve(handler) + "/score")).status == "error"
    assert calls == 1


async def test_a_slow_server_is_an_error_in_time(serve: Serve) -> None:
    async def handler(request: web.Request) -> web.Response:
        await asyncio.sleep(30)
        return web.Response()

    found = await score(await serve(handler) + "/score", seconds=0.2)
    assert (found.status, found.observation) == ("error", "the scorer did not answer within 0.2 s")


async def test_identity_takes_no_number_outside_the_unit_interval(serve: Serve) -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.json_response({"data": [{"score": 3.5}]})

    assert (await score(await serve(handler) + "/score", map="identity")).status == "error"


@pytest.mark.parametrize(
    "args",
    [
        {"url": "http://h/x"},
        {"url": "file:///score"},
        {"url": "http://h/score", "map": {"linear": [1, 1]}},
        {"url": "http://h/score", "other": 1},
    ],
)
def test_arguments_that_cannot_work_are_refused(args: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        find("scorer:http").parse(args)


def test_one_of_several_classes_is_chosen_by_its_label() -> None:
    several = [{"label": "bad", "score": 0.2}, {"label": "good", "score": 0.8}]
    assert raw_score([several], ScorerArgs(url="http://h/predict", label="good")) == 0.8
    assert raw_score({"data": [{"probs": [0.1, 0.9]}]}, ScorerArgs(url="http://h/classify", label=1)) == 0.9


@given(
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["sigmoid", {"linear": [-5, 5]}, {"linear": [3, -3]}]),
)
def test_every_finite_number_maps_into_the_unit_interval(raw: float, way: Any) -> None:
    assert 0 <= mapped(raw, ScorerArgs(url="http://h/score", map=way)) <= 1


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=3),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["data", "score", "probs", "embedding", "label"]), inner, max_size=3)
        ),
        max_leaves=10,
    )
)
def test_any_reply_is_a_finite_number_or_refused(reply: Any) -> None:
    try:
        assert math.isfinite(raw_score(reply, ScorerArgs(url="http://h/score")))
    except (ValueError, KeyError, TypeError):
        json.dumps(reply)


def test_a_sample_may_not_bring_a_scorer() -> None:
    assert not find("scorer:http").sample_safe
