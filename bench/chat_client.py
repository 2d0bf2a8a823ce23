"""CPU of one chat call, with a server in another process that answers at once: `python bench/chat_client.py [calls]`.

A 10 KB request with tool schemas, a 1.4 KB reply with tool calls. The server's CPU is not counted. `plain_ms` is what
bare aiohttp and msgspec spend on the same bytes. Both take turns in short rounds and the least counts, because other
work on the machine only adds. With uvloop installed, the same lines again with `loop=uvloop`. `in_judgment` is what a
direct judgment costs more than one whose reply is there already: the call in the midst of other work, caches cold.
"""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine
from typing import Any

import aiohttp
import msgspec
from judgment_cost import PAIR
from model_server import ModelServer

from skillrm import RewardModel, Sample, tools
from skillrm.backends import Backend, CachingBackend, ChatReply, ChatRequest, OpenAIBackend

_ROUND = 256
ENTRY = {
    "criterion": "helpful",
    "reason": "The answer names both rivers and says where each of them ends, which is what was asked for.",
    "observations": ["o2", "o3"],
    "applies": True,
    "decisions": [{"candidate": "A", "decision": "satisfied"}, {"candidate": "B", "decision": "violated"}],
    "quotes": None,
}


class Answers(asyncio.Protocol):
    """HTTP/1.1 with kept connections and one answer for every request."""

    answer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport, self.data = transport, bytearray()

    def data_received(self, data: bytes) -> None:
        self.data += data
        while (end := self.data.find(b"\r\n\r\n")) >= 0:
            head = bytes(self.data[:end]).lower()
            length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
            if len(self.data) < end + 4 + length:
                return
            del self.data[: end + 4 + length]
            self.transport.write(self.answer)


def reply() -> bytes:
    arguments = json.dumps({"entries": [ENTRY, ENTRY | {"criterion": "correct", "reason": ENTRY["reason"] * 3}]})
    calls = [
        {"id": f"call_{n}", "type": "function", "function": {"name": name, "arguments": given}}
        for n, (name, given) in enumerate([("record_evidence", arguments), ("submit", '{"reason": "done"}')])
    ]
    message = {"role": "assistant", "content": None, "tool_calls": calls}
    usage = {"prompt_tokens": 2600, "completion_tokens": 180, "total_tokens": 2780}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
    body = {"id": "chat-1", "object": "chat.completion", "model": "judge", "choices": [choice], "usage": usage}
    return json.dumps(body).encode()


async def serve() -> None:
    body = reply()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    Answers.answer = head.encode() + body
    server = await asyncio.get_running_loop().create_server(Answers, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def request() -> ChatRequest:
    schemas = tools.schemas(tools.STANDARD)
    text = "What does the Rhine flow into, and the Elbe? " * ((10_000 - len(schemas)) // 45)
    return ChatRequest(
        messages=({"role": "system", "content": text[:3000]}, {"role": "user", "content": text[3000:]}),
        tools=schemas,
        temperature=0.0,
        max_tokens=4096,
    )


def cpu() -> float:
    own = resource.getrusage(resource.RUSAGE_SELF)
    return own.ru_utime + own.ru_stime


class Plain:
    """aiohttp and msgspec alone: no retries, no limits, no deadlines, nothing checked."""

    model = "judge"

    def __init__(self, url: str) -> None:
        self._url = f"{url}/chat/completions"
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))

    async def chat(self, request: ChatRequest, *, deadline: float | None = None) -> Any:
        raw = msgspec.Raw((request.tools or "[]").encode())
        body = {"model": "judge", "messages": request.messages, "tools": raw, "max_tokens": request.max_tokens}
        headers = {"Content-Type": "application/json"}
        async with self._session.post(self._url, data=msgspec.json.encode(body), headers=headers) as response:
            return msgspec.json.decode(await response.read())

    async def aclose(self) -> None:
        await self._session.close()


class Known(dict[bytes, bytes]):
    """A cache in memory."""

    def put(self, key: bytes, value: bytes) -> None:
        self[key] = value


class There:
    """A backend that has the reply to the first request, and gives it to all."""

    model = "judge"

    def __init__(self, url: str) -> None:
        self._inner, self._reply = OpenAIBackend("judge", url), None

    async def chat(self, request: ChatRequest, *, deadline: float | None = None) -> ChatReply:
        self._reply = self._reply or await self._inner.chat(request, deadline=deadline)
        return self._reply

    async def aclose(self) -> None:
        await self._inner.aclose()


async def one_round(backend: Backend, in_flight: int) -> float:
    """CPU milliseconds of one call, over 256 calls."""
    asked, deadline = request(), time.monotonic() + 300

    async def some(count: int) -> None:
        for _ in range(count):
            await backend.chat(asked, deadline=deadline)

    before = cpu()
    await asyncio.gather(*(some(_ROUND // in_flight) for _ in range(in_flight)))
    return (cpu() - before) * 1e3 / _ROUND


async def measure(url: str, calls: int, loop: str) -> None:
    ours, plain, rounds = OpenAIBackend("judge", url), Plain(url), max(2, calls // _ROUND)
    for in_flight in (1, 32, 256):
        spent = [(await one_round(ours, in_flight), await one_round(plain, in_flight)) for _ in range(rounds)]
        mine, bare = (min(column) for column in list(zip(*spent, strict=True))[:2])
        print(
            f"chat_client in_flight={in_flight} cpu_ms={mine:.3f} plain_ms={bare:.3f} loop={loop} rounds={rounds}",
            flush=True,
        )
    known = CachingBackend(ours, Known())
    await known.chat(request())
    least = min([await one_round(known, 1) for _ in range(rounds)])
    print(f"chat_client cached cpu_ms={least:.4f} loop={loop} rounds={rounds}", flush=True)
    await ours.aclose()
    await plain.aclose()


async def judge(model: RewardModel, sample: Sample, in_flight: int) -> float:
    """CPU milliseconds of one judgment, over 40 of them."""

    async def some() -> None:
        for _ in range(40 // in_flight):
            await model.judge(sample)

    before = cpu()
    await asyncio.gather(*(some() for _ in range(in_flight)))
    return (cpu() - before) * 1e3 / 40


async def in_judgment(rounds: int) -> None:
    sample = Sample.parse(PAIR)
    with ModelServer("direct") as server:
        asked, there = (
            RewardModel("general", backend=backend, judge="direct", cache=None)
            for backend in (OpenAIBackend("judge", server.base_url), There(server.base_url))
        )
        for in_flight in (1, 20):
            await judge(asked, sample, in_flight)
            await judge(there, sample, in_flight)
            spent = [
                (await judge(asked, sample, in_flight), await judge(there, sample, in_flight)) for _ in range(rounds)
            ]
            whole, rest = (min(column) for column in list(zip(*spent, strict=True))[:2])
            print(
                f"chat_client in_judgment in_flight={in_flight} cpu_ms={whole - rest:.3f} whole_ms={whole:.3f}",
                flush=True,
            )
        await asked.aclose()
        await there.aclose()


def main() -> None:
    calls = int(sys.argv[1]) if len(sys.argv) > 1 else 8192
    runners: list[tuple[str, Callable[[Coroutine[Any, Any, None]], None]]] = [("asyncio", asyncio.run)]
    try:
        import uvloop

        runners.append(("uvloop", uvloop.run))
    except ImportError:
        pass
    server = subprocess.Popen([sys.executable, __file__, "serve"], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        url = f"http://127.0.0.1:{server.stdout.readline().strip()}/v1"
        for name, run in runners:
            run(measure(url, calls, name))
        asyncio.run(in_judgment(max(2, calls // _ROUND)))
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        asyncio.run(serve())
    else:
        main()
