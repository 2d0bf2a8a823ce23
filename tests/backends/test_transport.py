"""Connections over real sockets: kept, closed by either side, broken, named."""

from __future__ import annotations

import asyncio
import gc
import weakref

import pytest

from skillrm.backends.answers import Answer
from skillrm.backends.transport import Transport
from skillrm.backends.wire import BrokenError
from skillrm.errors import BackendTransportError, ConfigError
from wire_server import HANG, OK, Client, Server, content

CLOSING = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
TO_THE_END = b"HTTP/1.1 200 OK\r\n\r\n{}"


async def test_one_connection_carries_one_request_after_another(serve, reach):
    server = await serve([OK])
    ask = reach(server)
    assert [content(await ask(b"%d" % number)) for number in range(10)] == [b"{}"] * 10
    assert server.bodies == [b"%d" % number for number in range(10)]
    assert server.connections == 1


async def test_requests_at_once_have_a_connection_each_and_leave_them_to_the_next(serve, reach):
    server = await serve([OK])
    ask = reach(server)
    for _ in range(3):
        await asyncio.gather(*(ask() for _ in range(20)))
    assert server.connections == 20


async def test_the_head_says_what_is_asked_of_whom(serve, reach):
    server = await serve([OK])
    await reach(server, key="sk-1")(b"[1]")
    lines = server.heads[0].split("\r\n")
    assert lines[0] == "POST /v1 HTTP/1.1"
    assert {f"Host: 127.0.0.1:{server.port}", "Content-Type: application/json", "Content-Length: 3"} <= set(lines)
    assert "Authorization: Bearer sk-1" in lines


async def test_the_password_of_the_url_takes_the_place_of_the_key(serve, reach):
    server = await serve([OK])
    await reach(f"http://me:pass@127.0.0.1:{server.port}/v1", key="sk-1")()
    assert [line for line in server.heads[0].split("\r\n") if "Auth" in line] == ["Authorization: Basic bWU6cGFzcw=="]


@pytest.mark.parametrize(
    "answer", [[CLOSING], [TO_THE_END, "close"], [CLOSING, "close"]], ids=["said", "meant", "both"]
)
def test_an_answer_that_ends_its_connection_is_whole_and_the_next_has_another(answer):
    async def twice() -> None:
        server = await Server(answer).start()
        ask = Client(Transport(None, 1000), f"http://127.0.0.1:{server.port}/")
        assert [content(await ask()) for _ in range(2)] == [b"{}"] * 2
        assert server.connections == 2
        await server.stop()

    asyncio.run(twice())  # nobody closes the transport: its loop does
    gc.collect()


async def test_an_answer_that_trickles_in_is_read_to_its_end(serve, reach):
    whole = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    server = await serve([whole[place : place + 1] for place in range(len(whole))])
    ask = reach(server)
    assert [content(await ask()) for _ in range(3)] == [b"{}"] * 3
    assert server.connections == 1


async def test_a_kept_connection_that_the_server_has_closed_loses_no_call(serve, reach):
    server = await serve([OK, "close"])
    ask = reach(server)
    for _ in range(5):
        assert content(await ask()) == b"{}"
    await asyncio.sleep(0.05)
    answer = await ask()
    assert isinstance(answer, Answer)
    assert answer.sent == 1  # it was seen to be closed


@pytest.mark.parametrize("how", ["close", "reset"])
async def test_a_kept_connection_that_breaks_under_a_request_is_replaced_once(serve, reach, how):
    server = await serve([OK], [how], [OK], [how], [how], [OK])
    ask = reach(server)
    first, second, third = [await ask() for _ in range(3)]
    assert (first.sent, second.sent, third.sent) == (1, 2, 2)
    assert content(second) == b"{}"
    assert isinstance(third, BrokenError)
    assert len(server.heads) == 5


async def test_a_fresh_connection_that_breaks_is_the_callers_to_try_again(serve, reach):
    server = await serve(["close"])
    broken = await reach(server)()
    assert (str(broken), broken.sent) == ("the server closed the connection without an answer", 1)
    assert len(server.heads) == 1


@pytest.mark.parametrize(
    ("steps", "why"),
    [
        (["reset"], "ConnectionResetError: [Errno 104] Connection reset by peer"),
        ([OK[:-1], "close"], "the server closed the connection in the middle of its answer"),
        ([b"nonsense\r\n\r\n"], "the answer is no HTTP: "),
    ],
    ids=["reset", "cut off", "nonsense"],
)
async def test_a_break_says_how_it_came(serve, reach, steps, why):
    server = await serve([OK], steps)
    ask = reach(server)
    await asyncio.gather(ask())
    broken = await reach(server)()
    assert isinstance(broken, BrokenError)
    assert str(broken).startswith(why)


async def test_what_broke_in_the_middle_is_not_sent_again(serve, reach):
    server = await serve([OK], [OK[:-1], "close"], [OK])
    ask = reach(server)
    await ask()
    assert isinstance(await ask(), BrokenError)
    assert len(server.heads) == 2


async def test_no_server_there_is_said_with_the_address(reach):
    broken = await reach("http://127.0.0.1:9/v1")()
    assert isinstance(broken, BrokenError)
    assert str(broken).startswith("cannot connect: ConnectionRefusedError: ")
    assert "127.0.0.1" in str(broken)


async def test_a_name_that_nobody_has_is_said_to_all_who_ask(reach):
    ask = reach("http://no-such-host.invalid/v1")
    said = await asyncio.gather(*(ask() for _ in range(20)))
    assert {str(broken).split(": [")[0] for broken in said} == {"cannot connect: gaierror"}


async def test_a_host_by_name_is_reached(serve, reach):
    server = await serve([OK])
    ask = reach(f"http://localhost:{server.port}/v1")
    assert [content(answer) for answer in await asyncio.gather(*(ask() for _ in range(5)))] == [b"{}"] * 5


@pytest.mark.parametrize(
    "large",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        + b"fa\r\n"
        + b"x" * 250
        + b"\r\n"
        + b"fa0\r\n"
        + b"x" * 4000,
    ],
    ids=["by its length", "in chunks"],
)
async def test_an_answer_too_large_is_not_waited_for(serve, reach, large):
    server = await serve([large, HANG])
    assert content(await reach(server)()) is None
    await asyncio.wait_for(_left(server), 5)


async def _left(server: Server, connections: int = 1) -> None:
    while server.left < connections:
        server.changed.clear()
        await server.changed.wait()


@pytest.mark.parametrize("sent", [b"", OK[:30]], ids=["before the answer", "in the middle"])
async def test_cancelling_closes_the_connection_at_once(serve, reach, sent):
    server = await serve([OK], [sent, HANG], [OK])
    ask = reach(server)
    await ask()
    hanging = asyncio.create_task(ask())
    await server.changed.wait()
    hanging.cancel()
    with pytest.raises(asyncio.CancelledError):
        await hanging
    await asyncio.wait_for(_left(server), 5)
    assert content(await ask()) == b"{}"
    assert server.connections == 2


async def test_what_nobody_asked_for_is_no_answer_to_the_next(serve, reach):
    timeout = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n"
    server = await serve([OK, timeout], [OK])
    ask = reach(server)
    await ask()
    await asyncio.sleep(0.05)
    assert (await ask()).status == 200


async def test_an_answer_may_come_before_the_request_has_left(reach):
    done = asyncio.Event()

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\n{}")
        await done.wait()
        writer.transport.abort()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        ask = reach(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
        answer = await ask(b"x" * (32 << 20))
        assert (answer.status, answer.content) == (413, b"{}")
        done.set()
        await asyncio.sleep(0.02)


async def test_a_large_request_arrives_whole(serve, reach):
    server = await serve([OK])
    body = bytes(range(256)) * (8 << 12)
    assert content(await reach(server)(body)) == b"{}"
    assert server.bodies[0] == body


async def test_idle_connections_are_dropped(serve, reach, monkeypatch):
    monkeypatch.setattr("skillrm.backends.routes._KEPT", 0.1)
    server = await serve([OK])
    ask = reach(server)
    await asyncio.gather(*(ask() for _ in range(5)))
    await asyncio.wait_for(_left(server, 5), 10)


async def test_closing_fails_what_is_under_way_and_what_comes_later(serve, reach):
    server = await serve([HANG])
    ask = reach(server)
    hanging = asyncio.create_task(ask())
    await server.changed.wait()
    await ask.transport.close()
    assert str(await hanging) == "this backend was closed"
    with pytest.raises(BackendTransportError, match="this backend was closed"):
        await ask()


def test_a_transport_lets_go_of_the_loops_it_was_used_in():
    transport, loops = Transport(None, 1000), []

    async def once() -> None:
        server = await Server([OK]).start()
        ask = Client(transport, f"http://127.0.0.1:{server.port}/")
        await asyncio.gather(ask(), ask())
        loops.append(weakref.ref(asyncio.get_running_loop()))
        await server.stop()

    for _ in range(3):
        asyncio.run(once())
    gc.collect()
    assert [loop() for loop in loops] == [None] * 3


def test_a_key_that_no_header_can_carry_is_refused():
    for key in ("a\r\nb", "schlüssel"):
        with pytest.raises(ConfigError, match="no HTTP header can carry"):
            Transport(key, 1000)
