"""A small judge model server for tests: real HTTP on loopback, replies from a script.

    async with JudgeServer(script) as server:
        backend = OpenAIBackend("judge", server.base_url)

`script` is a list of replies, given in the order of arrival (the last one for ever), or a callable
`(request, turn) -> reply`. `request` is the decoded body; `turn` counts from 1 and is read off the conversation (one
more than its assistant messages), so a retried request has the turn of the first try. Callables may be async.

A reply is one of

- a `str`: that text;
- `Says(text, calls=...)`: an assistant message; `calls` are `(tool, arguments)` pairs, carried in one message (parallel
  tool calls); arguments that are a `str` go out as they are, so broken JSON is `("submit", '{"reason": "x')`;
  `finish="length"` is a truncated reply, an unknown tool is just another name;
- `Sends(body, status=..., headers=...)`: any HTTP answer; a `dict` or list body is sent as JSON;
- `Raw(data, then="close" | "reset" | "hang")`: bytes on the socket, then the end: a TCP RST, a plain close, or silence;

and, ready made: `EMPTY_CHOICES`, `NULL_MESSAGE`, `LONE_SURROGATE`, `DEEP`, `HTML`, `TRUNCATED_BODY`, `RESET`, `HANG`,
`rate_limited(seconds)`, `server_error(status)`, `refusal(status, message, **fields)`, `OVERFLOW`.

The server keeps what happened: `requests` (decoded bodies), `headers`, `connections` (how many TCP connections came),
`in_flight`, `most_in_flight`, `disconnects` (requests whose client left before the answer), `changed` (an
`asyncio.Condition`; `await server.until(lambda: server.disconnects == 1)` waits for any of them).
In pytest: the fixture `judge_server` is a factory, `server = await judge_server(script)`.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import socket
import struct
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from aiohttp import web


@dataclass(frozen=True)
class Says:
    text: str | None = None
    calls: Sequence[tuple[str, Any]] = ()
    reasoning: str | None = None
    finish: str | None = None
    usage: Mapping[str, Any] = field(default_factory=lambda: {"prompt_tokens": 100, "completion_tokens": 20})
    delay: float = 0.0
    """Seconds before the answer."""

    def body(self, number: int) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": self.text}
        if self.reasoning is not None:
            message["reasoning_content"] = self.reasoning
        if self.calls:
            message["tool_calls"] = [
                {
                    "id": f"call_{number}_{place}",
                    "type": "function",
                    "function": {"name": name, "arguments": given if isinstance(given, str) else json.dumps(given)},
                }
                for place, (name, given) in enumerate(self.calls)
            ]
        finish = self.finish or ("tool_calls" if self.calls else "stop")
        choice = {"index": 0, "message": message, "finish_reason": finish}
        return {"id": f"chat-{number}", "model": "played", "choices": [choice], "usage": dict(self.usage)}


@dataclass(frozen=True)
class Sends:
    body: Any = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0


@dataclass(frozen=True)
class Raw:
    data: bytes = b""
    then: Literal["close", "reset", "hang"] = "close"


Reply = str | Says | Sends | Raw
Script = Sequence[Reply] | Callable[[dict[str, Any], int], Reply | Awaitable[Reply]]

EMPTY_CHOICES = Sends({"choices": [], "usage": None})
NULL_MESSAGE = Sends({"choices": [{"index": 0, "message": None, "finish_reason": "stop"}]})
LONE_SURROGATE = Sends('{"choices":[{"message":{"role":"assistant","content":"half a pair: \\ud83d."}}]}')
DEEP = Sends('{"choices":' + "[" * 100_000 + "]" * 100_000 + "}")
HTML = Sends("<html><body>Bad gateway</body></html>", headers={"Content-Type": "text/html"})
TRUNCATED_BODY = Raw(b'HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{"choices":[{"message":{"content":"half')
RESET = Raw(then="reset")
HANG = Raw(then="hang")


def refusal(status: int, message: str, *, headers: Mapping[str, str] | None = None, **fields: Any) -> Sends:
    """An error in OpenAI's shape; `fields` are `code`, `type`, `param`."""
    return Sends({"error": {"message": message, **fields}}, status, headers or {})


def rate_limited(seconds: float | str) -> Sends:
    return refusal(429, "too many requests", headers={"Retry-After": str(seconds)})


def server_error(status: int = 500) -> Sends:
    return refusal(status, "the server is not well")


OVERFLOW = refusal(
    400,
    "This model's maximum context length is 4096 tokens. However, your request has 9000 input tokens.",
    type="BadRequestError",
    code=400,
)


class JudgeServer:
    """See the module's docstring."""

    def __init__(self, script: Script, port: int = 0) -> None:
        """`port`: of its own choice, if 0."""
        self._script, self._port = script, port
        self.requests: list[dict[str, Any]] = []
        self.headers: list[Mapping[str, str]] = []
        self.in_flight = self.most_in_flight = self.disconnects = 0
        self.changed = asyncio.Condition()
        self._peers: set[Any] = set()
        self._runner: web.AppRunner | None = None
        self.origin = ""

    @property
    def base_url(self) -> str:
        return f"{self.origin}/v1"

    @property
    def connections(self) -> int:
        return len(self._peers)

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=256 << 20)
        app.router.add_post("/v1/chat/completions", self._handle)
        self._runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port, backlog=1024)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.origin = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def until(self, condition: Callable[[], bool], seconds: float = 10.0) -> None:
        """Wait until `condition` holds. Raises `TimeoutError`."""
        async with asyncio.timeout(seconds), self.changed:
            await self.changed.wait_for(condition)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = json.loads(await request.read())
        self.requests.append(body)
        self.headers.append(dict(request.headers))
        self._peers.add(request.transport.get_extra_info("peername") if request.transport else None)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        await self._tell()
        try:
            return await self._answer(request, await self._reply(body), len(self.requests))
        except asyncio.CancelledError:
            self.disconnects += 1
            raise
        finally:
            self.in_flight -= 1
            await self._tell()

    async def _reply(self, body: dict[str, Any]) -> Reply:
        if not callable(self._script):
            return self._script[min(len(self.requests), len(self._script)) - 1]
        turn = 1 + sum(message.get("role") == "assistant" for message in body.get("messages", ()))
        reply = self._script(body, turn)
        return await reply if inspect.isawaitable(reply) else reply

    async def _answer(self, request: web.Request, reply: Reply, number: int) -> web.StreamResponse:
        if isinstance(reply, str):
            reply = Says(reply)
        if isinstance(reply, Raw):
            await self._write(request, reply)
            return web.Response()
        await asyncio.sleep(reply.delay)
        if isinstance(reply, Says):
            return web.json_response(reply.body(number))
        content = reply.body if isinstance(reply.body, str | bytes) else json.dumps(reply.body)
        data = content.encode() if isinstance(content, str) else content
        return web.Response(
            body=data, status=reply.status, headers={"Content-Type": "application/json"} | reply.headers
        )

    async def _write(self, request: web.Request, raw: Raw) -> None:
        transport = request.transport
        if transport is None:
            return
        if raw.data:
            transport.write(raw.data)
        if raw.then == "hang":
            await asyncio.sleep(3600)
        if raw.then == "reset":
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            transport.abort()
        else:
            transport.close()

    async def _tell(self) -> None:
        async with self.changed:
            self.changed.notify_all()


async def _serve(text: str) -> None:
    async with JudgeServer([Says(text)]) as server:
        print(server.base_url, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":  # `python tests/judge_server.py TEXT` answers every request with TEXT
    asyncio.run(_serve(sys.argv[1] if len(sys.argv) > 1 else "hello"))
