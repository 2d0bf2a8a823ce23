"""The door: tokens, sizes, slow and broken clients, overload; and what the log tells."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json

import pytest

from judge_server import HANG, Says
from serving import PROMPT
from skillrm import RewardModel
from skillrm.errors import ConfigError
from skillrm.service import Settings, protocol, tokens_of

ROW = {"id": "rivers", "prompt": PROMPT, "response": "Rhine and Elbe"}


async def raw(port: int, *pieces: bytes, pause: float = 0.0) -> bytes:
    """What comes back for bytes that are sent piece by piece, until the service closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    heard = asyncio.ensure_future(_until_closed(reader))
    for piece in pieces:
        if not heard.done():
            writer.write(piece)
            await asyncio.sleep(pause)
    try:
        return await asyncio.wait_for(heard, 10)
    finally:
        writer.close()


async def _until_closed(reader: asyncio.StreamReader) -> bytes:
    heard = b""
    with contextlib.suppress(ConnectionError):
        while piece := await reader.read(1000):
            heard += piece
    return heard


async def test_without_the_token_nothing_but_health_is_answered(service):
    running = await service(tokens=("first", "second"))
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "first"}, {"Authorization": "Basic !"}):
        status, body = await running.post("/v1/judge", ROW, headers=headers)
        assert (status, "token" in body["error"]["message"]) == (401, True)
        assert (await running.text("/metrics", headers=headers))[0] == 401
        assert (await running.text("/openapi.json", headers=headers))[0] == 401
    assert (await running.text("/healthz"))[0] == (await running.text("/readyz"))[0] == 200


async def test_any_of_the_tokens_lets_in_also_as_the_password_of_a_url(service):
    running = await service(tokens=("first", "second"))
    assert (await running.post("/v1/judge", ROW, headers={"Authorization": "Bearer second"}))[0] == 200
    basic = "Basic " + base64.b64encode(b"trainer:first").decode()
    assert await running.post("/slime", ROW, headers={"Authorization": basic}) == (200, 1.0)


def test_another_host_without_a_token_is_refused_unless_it_is_open_to_all():
    for host in ("0.0.0.0", "::", "192.168.1.5", "example.org"):
        with pytest.raises(ConfigError, match="no token is set"):
            Settings(host=host)
        Settings(host=host, tokens=("t",))
        Settings(host=host, open_to_all=True)
    for host in ("127.0.0.1", "::1", "localhost"):
        Settings(host=host)


def test_tokens_come_from_the_file_or_the_environment_and_are_never_shown(tmp_path):
    file = tmp_path / "tokens"
    file.write_text("# trainers\nfirst\n\n second \n")
    assert tokens_of(file, {"SKILLRM_TOKEN": "third"}) == ("first", "second")
    assert tokens_of(None, {"SKILLRM_TOKEN": "third"}) == ("third",)
    assert tokens_of(None, {}) == ()
    assert "first" not in repr(Settings(tokens=("first",)))
    file.write_text("\n")
    with pytest.raises(ConfigError, match="holds no token"):
        tokens_of(file)
    with pytest.raises(ConfigError, match="cannot be read"):
        tokens_of(tmp_path / "none")


async def test_a_huge_body_is_refused_whether_its_length_is_told_or_not(service):
    running = await service(max_body=1000)
    large = json.dumps({**ROW, "response": "x" * 2000}).encode()
    assert (await running.post("/v1/judge", large))[0] == 413

    async def pieces():
        for start in range(0, len(large), 100):
            yield large[start : start + 100]

    async with running.http.post(running.url + "/v1/judge", data=pieces()) as response:
        assert response.status == 413
    assert (await running.post("/v1/judge", ROW))[0] == 200


async def test_a_body_that_comes_a_byte_at_a_time_is_cut(service):
    running = await service(patience=0.3)
    head = b"POST /v1/judge HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n"
    answer = await raw(running.port, head, *[b"x"] * 20, pause=0.05)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in answer


async def test_a_head_that_comes_a_byte_at_a_time_is_cut(service):
    running = await service(patience=0.3)
    answer = await raw(running.port, b"POST /v1/judge HTTP/1.1\r\n", *[b"x"] * 20, pause=0.05)
    assert answer == b""
    assert await raw(running.port) == b""  # nor may a connection just stay silent


async def test_more_clients_than_there_is_room_for_are_told_to_come_back(service):
    running = await service(connections=3)
    await running.text("/healthz")  # the test's own client keeps its connection
    idle = [await asyncio.open_connection("127.0.0.1", running.port) for _ in range(2)]
    assert (await raw(running.port)).startswith(b"HTTP/1.1 503")
    assert (await running.text("/healthz"))[0] == 200
    for _, writer in idle:
        writer.close()
    async with asyncio.timeout(10):
        while not (await raw(running.port, b"GET /healthz HTTP/1.0\r\n\r\n")).startswith(b"HTTP/1.1 200"):
            pass


async def test_a_head_without_end_is_cut(service):
    running = await service()
    answer = await raw(running.port, b"POST / HTTP/1.1\r\n", *[b"X-A: " + b"y" * 60_000 + b"\r\n"] * 8)
    assert answer == b""


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        (b"{oops", "no valid JSON"),
        (b'{"prompt": NaN}', "no valid JSON"),
        (b"\xff\xfe{}", "no valid JSON"),
        (b"[" * 200_000 + b"]" * 200_000, "nested too deeply"),
        (b'{"prompt":"\\ud83d","response":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested"),
    ],
)
async def test_what_is_no_json_is_refused_and_the_service_goes_on(service, body, words):
    running = await service()
    status, answer = await running.post("/v1/judge", body)
    assert status == 400
    assert words in answer["error"]["message"]
    assert (await running.post("/v1/judge", ROW))[0] == 200


async def test_a_deep_value_in_a_field_is_a_fault_of_that_field(service):
    running = await service()
    body = b'{"prompt":"x","response":' + b"[" * 300 + b"]" * 300 + b"}"
    status, answer = await running.post("/v1/judge", body)
    assert status == 422
    assert "nested more than 100 levels" in answer["error"]["message"]


async def test_a_lone_surrogate_is_mended_as_in_a_file(service):
    running = await service()
    body = b'{"id":"\\ud83d","prompt":"' + PROMPT.encode() + b'","response":"half a pair \\uD83d"}'
    status, answer = await running.post("/v1/judge", body)
    assert (status, answer["status"], answer["sample_id"]) == (200, "ok", "\ufffd")


async def test_other_methods_and_paths_are_refused(service):
    running = await service()
    async with running.http.get(running.url + "/v1/judge") as response:
        assert (response.status, response.headers["Allow"]) == (405, "POST")
    status, body = await running.post("/v2", ROW)
    assert (status, body["error"]["message"]) == (404, "Not Found")
    assert (await running.text("/v2"))[0] == 404


async def test_when_the_client_leaves_the_judge_is_called_off(service, judge_server):
    server = await judge_server([HANG])
    model = RewardModel("general", model="judge", base_url=server.base_url, judge="direct", cache=None)
    running = await service(model)
    for path, body in (("/v1/judge", ROW), ("/v1/judge/batch", [ROW]), ("/get_reward", _openrlhf())):
        before = server.disconnects
        call = asyncio.ensure_future(running.post(path, body))
        await server.until(lambda before=before: server.in_flight == 1)
        call.cancel()
        await server.until(lambda before=before: server.disconnects == before + 1)
    await running.counted('skillrm_requests_total{path="/v1/judge",status="499"} 1.0')
    await running.counted("skillrm_judging 0.0")
    await running.counted("skillrm_requests_in_house 0.0")


def _openrlhf():
    return {"query": [PROMPT + " Rhine"], "prompts": [PROMPT], "labels": [""]}


async def test_ten_times_too_many_requests_are_told_to_come_back_and_the_others_are_answered(service, judge_server):
    server = await judge_server([Says("no tool call", delay=0.1)])
    model = RewardModel("general", model="judge", base_url=server.base_url, judge="direct", cache=None)
    running = await service(model, concurrency=4, queue=4)

    async def one() -> tuple[int, str | None]:
        async with running.http.post(running.url + "/v1/judge", json=ROW) as response:
            await response.read()
            return response.status, response.headers.get("Retry-After")

    answers = await asyncio.gather(*(one() for _ in range(80)))
    statuses = [status for status, _ in answers]
    assert set(statuses) == {200, 429}
    assert statuses.count(200) >= 8
    assert all(int(after) >= 1 for status, after in answers if status == 429)
    assert server.most_in_flight <= 4
    assert (await one())[0] == 200


async def test_bodies_that_wait_are_bounded_in_bytes(service, judge_server):
    server = await judge_server([HANG])
    model = RewardModel("general", model="judge", base_url=server.base_url, judge="direct", cache=None)
    running = await service(model, max_body=2000)
    large = {**ROW, "response": "x" * 1800}
    waiting = [asyncio.ensure_future(running.post("/v1/judge", large)) for _ in range(8)]
    await server.until(lambda: server.in_flight == 8)
    assert (await running.post("/v1/judge", large))[0] == 429
    for call in waiting:
        call.cancel()
    await server.until(lambda: server.in_flight == 0)


async def test_the_log_has_a_line_for_each_request_and_no_text_of_it(service, capfd):
    running = await service(tokens=("very-secret",))
    headers = {"Authorization": "Bearer very-secret", "X-Request-Id": "step-17.4"}
    async with running.http.post(running.url + "/v1/judge?goal=scores", json=ROW, headers=headers) as response:
        assert response.headers["X-Request-Id"] == "step-17.4"
    await running.post("/v1/judge", {"prompt": "Hidden words"}, headers=headers | {"X-Request-Id": "a\tb{}"})
    await raw(running.port, b"what is this\r\n\r\n")
    *lines, other = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert (other["level"], other["message"]) == ("warning", "Invalid HTTP request received.")
    assert [(line["path"], line["status"]) for line in lines] == [("/v1/judge", 200), ("/v1/judge", 422)]
    assert (lines[0]["id"], lines[0]["sample"], lines[0]["judgment"]) == ("step-17.4", "rivers", "ok")
    assert lines[1]["id"].isalnum()
    assert not any(word in json.dumps(lines) for word in ("Rhine", "rivers.", "Hidden", "secret", "goal"))


async def test_a_client_that_does_not_read_its_answer_is_cut(service, monkeypatch):
    monkeypatch.setattr(protocol, "_STALLED", 0.3)
    running = await service()
    body = json.dumps([ROW] * 20_000).encode()
    head = b"POST /v1/judge/batch HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body)
    reader, writer = await asyncio.open_connection("127.0.0.1", running.port, limit=1000)
    writer.write(head + body)
    await running.counted("skillrm_requests_in_house 1.0")
    await running.counted('skillrm_requests_total{path="/v1/judge/batch",status="499"} 1.0')
    await running.counted("skillrm_requests_in_house 0.0")
    writer.close()
    assert not reader.at_eof()
