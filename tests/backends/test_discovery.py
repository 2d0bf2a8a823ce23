"""A server that is asked for its models, and what is said when it cannot be."""

from __future__ import annotations

import asyncio

import pytest

from skillrm.backends.discovery import first_model, what_is_amiss
from skillrm.errors import ConfigError


async def _listens_only(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()  # until the client leaves
    writer.close()
    await writer.wait_closed()


async def test_a_server_that_is_silent_is_named_with_how_long_it_was_waited_for():
    async with await asyncio.start_server(_listens_only, "127.0.0.1") as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        with pytest.raises(ConfigError, match=r"cannot be reached: no answer within 0\.2 s \(is it up\?\)"):
            await first_model(url, None, seconds=0.2)
        await asyncio.sleep(0.05)  # the server's side closes


def _sends(body: bytes, status: bytes = b"200 OK") -> bytes:
    return b"HTTP/1.1 " + status + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body


async def test_the_first_model_of_a_server_is_found_by_whatever_base_url_its_calls_take(serve):
    server = await serve([_sends(b'{"data": [{"id": "qwen"}, {"id": "other"}]}')])
    origin = f"http://127.0.0.1:{server.port}"
    for base in ("/v1", "/v1/", "", "/v1/chat/completions"):
        assert await first_model(origin + base, "sk-1") == "qwen"
    assert {head.split("\r\n")[0] for head in server.heads} == {"GET /v1/models HTTP/1.1"}
    assert all("Authorization: Bearer sk-1\r\n" in head for head in server.heads)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (_sends(b"{}", b"401 No"), r"answers 401 to GET /models \(check OPENAI_API_KEY\)"),
        (_sends(b"{}", b"404 No"), r"answers 404 to GET /models \(name the model: --model or SKILLRM_MODEL\)"),
        (_sends(b'{"data": []}'), "lists no model"),
        (_sends(b"<html>"), "lists no model"),
        (b"SSH-2.0\r\n\r\n", "cannot be reached: the answer is no HTTP"),
    ],
    ids=["401", "404", "none", "HTML", "no HTTP"],
)
async def test_a_server_that_names_no_model_is_told_apart(serve, answer, said):
    server = await serve([answer])
    with pytest.raises(ConfigError, match=said):
        await first_model(f"http://127.0.0.1:{server.port}/v1", None)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (_sends(b"{}", b"401 No"), "answers 401: check OPENAI_API_KEY"),
        (_sends(b"{}", b"404 No"), None),
        (_sends(b'{"data": []}'), None),
        (b"SSH-2.0\r\n\r\n", "cannot be reached"),
    ],
    ids=["401", "404", "none", "no HTTP"],
)
async def test_what_keeps_a_server_from_judging_now_is_told(serve, answer, said):
    server = await serve([answer])
    amiss = await what_is_amiss(f"http://127.0.0.1:{server.port}/v1", "key")
    assert amiss is None if said is None else said in (amiss or "")


async def test_a_base_url_that_is_none_is_said_to_be():
    with pytest.raises(ConfigError, match=r"a base URL is http\(s\)://host"):
        await first_model("localhost:8000", None)
