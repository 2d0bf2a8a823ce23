"""A judge model that answers at once: chat completions on loopback, in a process of its own, for measuring skillrm.

    with ModelServer(mode="agentic", latency_ms=0) as server:
        RewardModel("general", model="judge", base_url=server.base_url)
        server.stats()

It behaves like a good judge. `agentic`: first one `run_python` check, then every open cell recorded and submitted in
one turn. `direct`: recorded and submitted at once. Asked for criteria, it proposes two. Replies depend on the request
alone. By hand: `python bench/model_server.py --mode direct --latency-ms 200`; `GET /stats` counts requests and CPU.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from typing import Any, Literal, Self

import msgspec

Mode = Literal["agentic", "direct"]
CHECK = "result = {name: len(text.split()) for name, text in candidates.items()}\nprint(sorted(result))"
"""A short check that the fast sandbox runs."""
_KEPT = 4096
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
_CRITERION = re.compile(r"^(\S+) \((binary|graded 1 to (\d+))", re.MULTILINE)
_SHOWN = re.compile(r"\u27ea(\S+) candidate ([A-Z]+) ")


class ModelServer:
    """The server in a process of its own; a context manager. `check` is the code that `agentic` runs."""

    def __init__(
        self,
        mode: Mode = "agentic",
        latency_ms: float = 0.0,
        check: str = CHECK,
        faults: float = 0.0,
        hangs: float = 0.0,
    ) -> None:
        """`faults`: share of requests that go wrong in one of six ways. `hangs`: share that is never answered."""
        given = {"mode": mode, "latency-ms": latency_ms, "check": check, "faults": faults, "hangs": hangs}
        self._command = [sys.executable, __file__, *(f"--{name}={value}" for name, value in given.items())]

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.base_url = self._process.stdout.readline().strip()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.communicate()

    @property
    def pid(self) -> int:
        return self._process.pid

    def down(self, down: bool) -> None:
        """From now on every connection is refused with a reset, or none any more."""
        urllib.request.urlopen(self.base_url.removesuffix("/v1") + f"/{'down' if down else 'up'}").read()

    def stats(self) -> dict[str, float]:
        """`requests` answered, and the `cpu_ms` of the server's process."""
        with urllib.request.urlopen(self.base_url.removesuffix("/v1") + "/stats") as answer:
            found: dict[str, float] = json.load(answer)
        return found


class _Turn(msgspec.Struct):
    role: str
    content: Any = None


class _Body(msgspec.Struct):
    messages: list[_Turn]
    model: str = "judge"


_DECODER = msgspec.json.Decoder(_Body)


@dataclass(slots=True)
class Judge:
    """What is answered, and how often; equal requests are read once."""

    mode: Mode
    check: str
    latency: float
    faults: float = 0.0
    hangs: float = 0.0
    requests: int = 0
    down: bool = False
    chance: random.Random = field(default_factory=lambda: random.Random(1))
    _known: dict[bytes, bytes] = field(default_factory=dict)

    def answer(self, body: bytes) -> bytes:
        self.requests += 1
        known = self._known.get(body)
        if known is None:
            if len(self._known) >= _KEPT:
                self._known.clear()
            known = self._known[body] = _http(self._reply(body))
        return known

    def _reply(self, body: bytes) -> bytes:
        request = _DECODER.decode(body)
        if b'"propose_criteria"' in body:
            given = [
                {"reason": "it matters", "text": f"The answer is {word}."} for word in ("complete", "well founded")
            ]
            calls = [("propose_criteria", {"criteria": given})]
        else:
            asked = next(turn.content for turn in request.messages if turn.role == "user")
            looked = self.mode == "direct" or any(turn.role == "tool" for turn in request.messages)
            calls = decisions(asked) if looked else [("run_python", {"code": self.check})]
        message = {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": f"call_{n}", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
                for n, (name, arguments) in enumerate(calls)
            ],
        }
        return msgspec.json.encode(
            {
                "id": "chatcmpl-1",
                "object": "chat.completion",
                "created": 0,
                "model": request.model,
                "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}],
                "usage": {"prompt_tokens": len(body) // 4, "completion_tokens": 200},
            }
        )


def decisions(asked: str) -> list[tuple[str, dict[str, Any]]]:
    """Every open cell of a request decided, each by its candidate's own text, and the submission."""
    grades = {name: best or "satisfied" for name, _, best in _CRITERION.findall(asked)}
    seen = {letter: observation for observation, letter in _SHOWN.findall(asked)}
    entries = []
    lines = asked.partition("# Open cells\n\n")[2].partition("\n\n")[0].split("\n")
    for criterion, _, letters in (line[2:].partition(": ") for line in lines if line.startswith("- ")):
        shown = letters.split(", ")
        entries.append(
            {
                "criterion": criterion,
                "reason": "The text shows it plainly enough to decide.",
                "observations": [seen[letter] for letter in shown],
                "applies": True,
                "decisions": [{"candidate": letter, "decision": grades[criterion]} for letter in shown],
                "quotes": None,
            }
        )
    ranked = [[letter] for letter in seen] if "Submit a preference" in asked else None
    return [("record_evidence", {"entries": entries}), ("submit", {"reason": "done", "preference": ranked})]


def _http(content: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
        len(content),
        content,
    )


class Connection(asyncio.Protocol):
    """HTTP/1.1 with kept connections and bodies of a stated length: what an HTTP client of an API sends."""

    def __init__(self, judge: Judge) -> None:
        self.judge, self.waiting = judge, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport

    def data_received(self, data: bytes) -> None:
        self.waiting = self.waiting + data if self.waiting else data
        while (end := self.waiting.find(b"\r\n\r\n")) >= 0:
            length = _LENGTH.search(self.waiting, 0, end)
            whole = end + 4 + (int(length[1]) if length else 0)
            if len(self.waiting) < whole:
                return
            head, body, self.waiting = self.waiting[:end], self.waiting[end + 4 : whole], self.waiting[whole:]
            self._answer(head, body)

    def _answer(self, head: bytes, body: bytes) -> None:
        if head.startswith((b"GET /down", b"GET /up")):
            self.judge.down = head.startswith(b"GET /down")
            self.transport.write(_http(b"{}"))
        elif self.judge.down and not head.startswith(b"GET"):
            self.transport.abort()
        elif not head.startswith(b"GET") and self._goes_wrong():
            return
        elif head.startswith(b"GET"):
            used = {"requests": self.judge.requests, "cpu_ms": time.process_time() * 1000}
            models = {"object": "list", "data": [{"id": "judge", "object": "model"}]}
            self.transport.write(_http(json.dumps(models if b"/models" in head[:40] else used).encode()))
        elif self.judge.latency:
            asyncio.get_running_loop().call_later(self.judge.latency, self.transport.write, self.judge.answer(body))
        else:
            self.transport.write(self.judge.answer(body))

    def _goes_wrong(self) -> bool:
        """Answer amiss, or not at all, as often as was asked for."""
        drawn = self.judge.chance.random()
        if drawn < self.judge.hangs:
            return True
        if drawn >= self.judge.hangs + self.judge.faults:
            return False
        whole = self.judge.chance.choice(AMISS)
        if whole:
            self.transport.write(whole)
        if not whole or whole is TRUNCATED:
            self.transport.abort() if not whole else self.transport.close()
        return True


TRUNCATED = b'HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{"choices":[{"message":{"content":"half'
AMISS = (
    b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 0.2\r\nContent-Length: 2\r\n\r\n{}",
    b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 2\r\n\r\n{}",
    b"",
    TRUNCATED,
    _http(b"<html><body>Bad gateway</body></html>"),
    _http(b'{"choices": []}'),
)
"""429, 500, a reset, half a body, HTML with status 200, a reply without a message."""


async def serve(judge: Judge, port: int) -> None:
    """Print the base URL and answer until the process ends."""
    server = await asyncio.get_running_loop().create_server(lambda: Connection(judge), "127.0.0.1", port, backlog=4096)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--mode", choices=("agentic", "direct"), default="agentic")
    parser.add_argument("--latency-ms", type=float, default=0.0, help="milliseconds before each reply")
    parser.add_argument("--check", default=CHECK, help="the Python that agentic runs")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--faults", type=float, default=0.0, help="share of requests that go wrong")
    parser.add_argument("--hangs", type=float, default=0.0, help="share of requests that are never answered")
    given = parser.parse_args()
    judge = Judge(given.mode, given.check, given.latency_ms / 1000, given.faults, given.hangs)
    asyncio.run(serve(judge, given.port))


if __name__ == "__main__":
    main()
