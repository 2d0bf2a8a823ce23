"""One worker process of pydantic-monty, spoken to in its own protocol from the event loop, without threads.

Each message is a protobuf behind its length (four bytes, little end first): a request is answered by any number of
prints and then by one event that ends the turn (pydantic-monty, `monty.v1`, version `PROTOCOL`). Its Python client
blocks a thread per run, and thread hops cost several times what a short check does. Only text is taken from a worker.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import weakref
from functools import cache
from pathlib import Path

from skillrm.sandbox.contract import SandboxLimits
from skillrm.sandbox.protobuf import field, fields, framed, inside

PROTOCOL = 6
_RECURSION = 400
_RUNS = 500
"""Runs before a worker is replaced, in case the interpreter leaks."""
_START_SECONDS, _GRACE_SECONDS = 30.0, 1.0
_CONFIGURE, _FEED, _RESET = 1, 3, 9
_PRINT, _COMPLETE, _ERROR, _OK, _FATAL = 1, 6, 7, 10, 11
_COMPLETED = bytes([_COMPLETE << 3 | 2])
_POLICY = bytes.fromhex("0a0022020a002a021a0032004a00")  # clock and entropy of its own; sleeping takes no time
_BOOT = """
import sys, types
for name, path in (("skillrm", sys.argv[1]), ("skillrm.sandbox", sys.argv[1] + "/sandbox")):
    sys.modules[name] = module = types.ModuleType(name)
    module.__path__ = [path]
from skillrm.sandbox.guest import cage
cage.main(sys.argv[2], int(sys.argv[3]))
"""


@cache
def _configured(limits: SandboxLimits) -> bytes:
    seconds = min(limits.seconds, limits.cpu_seconds or limits.seconds)
    given = field(2, limits.memory_mb << 20) + field(4, _RECURSION) + field(5, 1) + field(6, max(1, int(seconds * 1e6)))
    return framed(
        _CONFIGURE, field(1, b"main.py") + field(2, given) + field(7, 1) + field(9, PROTOCOL) + field(11, _POLICY)
    )


class Run:
    """What one run said. `value` is the text that the last snippet ends with."""

    def __init__(self, turns: int, limits: SandboxLimits) -> None:
        self.turns = turns
        self.most = limits.output_bytes
        self.printed = bytearray()
        self.value: str | None = None
        self.failure: tuple[str, str] | None = None
        """Class and message of the exception that ended it."""
        self.fatal = ""
        self.excess = ""
        """What there was too much of."""
        self.late = self.died = False
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def end(self) -> None:
        if not self.over.done():
            self.over.set_result(None)

    def hear(self, kind: int, body: bytes) -> None:
        """One event. Anything that waits for an answer of the host's ends the run without a value."""
        if kind == _PRINT:
            for number, segment in fields(body):
                text = inside(segment, 2) if number == 1 and isinstance(segment, bytes) else None
                self.printed += text or b""
            if len(self.printed) > self.most:
                self.excess = f"printed more than {self.most} bytes"
        elif kind == _FATAL:
            self.fatal = (inside(body, 1) or b"").decode("utf-8", "replace")
        else:
            self.turns -= 1
            if kind == _COMPLETE:
                text = inside(body, 2, 2, 8)
                self.value = None if text is None else text.decode()
            elif kind == _ERROR and self.failure is None:
                error = inside(body, 1) or b""
                name, message = (inside(error, number) or b"" for number in (1, 2))
                self.failure = (name.decode("utf-8", "replace"), message.decode("utf-8", "replace"))
            if not self.turns:
                self.end()


class Worker:
    """A confined monty process. One run at a time; holds no reference to the loop."""

    def __init__(self, memory_mb: int) -> None:
        """Raises `ImportError` or `OSError` where monty is not there."""
        binary = _binary()
        self.memory_mb = memory_mb
        self._left = _RUNS
        ours, theirs = socket.socketpair()
        python = getattr(sys, "_base_executable", None) or sys.executable
        root = str(Path(__file__).resolve().parents[1])
        with theirs:
            self.process = subprocess.Popen(
                [python, "-I", "-S", "-B", "-c", _BOOT, root, binary, str(memory_mb)],
                env={},
                cwd="/",
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        ours.setblocking(False)
        self._sock = ours
        self._buffer = bytearray()
        self._run: Run | None = None
        self._most = 0
        self._end = weakref.finalize(self, _ended, self.process, ours, os.getpid())
        asyncio.get_running_loop().add_reader(ours, _hear, weakref.ref(self))

    async def ready(self) -> None:
        """Wait until the interpreter is up: that is not a guest's time. Raises `OSError` when it is not to be had."""
        run = await self.run([], SandboxLimits(seconds=_START_SECONDS), 65_536)
        if run.died:
            raise OSError(run.fatal or f"it ended with status {self.process.returncode} at its start")

    def apart(self) -> bool:
        """It has namespaces of its own, not only the filter and the limits."""
        try:
            return os.readlink(f"/proc/{self.process.pid}/ns/mnt") != os.readlink("/proc/self/ns/mnt")
        except OSError:
            return False

    async def run(self, snippets: list[bytes], limits: SandboxLimits, most: int) -> Run:
        """Feed them one after the other in a session of their own. `died` when the process did not survive it.

        A message of more than `most` bytes is the guest's doing, and costs it the process.
        """
        self._run = run = Run(2 + len(snippets), limits)
        self._most = most
        self._left -= 1
        feeds = [framed(_FEED, field(1, code) + field(5, b"/")) for code in snippets]
        loop = asyncio.get_running_loop()
        watch = loop.call_later(limits.seconds + _GRACE_SECONDS, self._too_late, run)  # it keeps its own time, mostly
        try:
            await self._send(b"".join([_configured(limits), *feeds, framed(_RESET, b"")]))
            await run.over
        except BaseException:
            self.stop()
            raise
        finally:
            watch.cancel()
            self._run = None
        return run

    async def _send(self, data: bytes) -> None:
        with contextlib.suppress(OSError):  # it has died: reading says so
            try:
                sent = self._sock.send(data)
            except BlockingIOError:
                sent = 0
            if sent < len(data):
                await asyncio.get_running_loop().sock_sendall(self._sock, data[sent:])

    def _too_late(self, run: Run) -> None:
        run.late = True
        self._lost(run)

    def _lost(self, run: Run | None) -> None:
        self.stop()
        if run is not None:
            run.died = True
            run.end()

    def hear(self) -> None:
        """Events that have arrived."""
        try:
            chunk = self._sock.recv(1 << 18)
        except BlockingIOError:
            return
        except OSError:
            chunk = b""
        run = self._run
        if not chunk or run is None:  # nobody asked it anything
            self._lost(run)
            return
        self._buffer += chunk
        try:
            while len(self._buffer) >= 4 and not run.excess:
                size = int.from_bytes(self._buffer[:4], "little")
                if size > self._most:
                    if self._buffer[4:5] == _COMPLETED:  # else an exception with an endless message: full Python's
                        run.excess = "the result is larger than it may be"
                    self._lost(run)
                    return
                if len(self._buffer) < 4 + size:
                    return
                body = bytes(self._buffer[4 : 4 + size])
                del self._buffer[: 4 + size]
                kind, inner = next((at, value) for at, value in fields(body) if isinstance(value, bytes))
                run.hear(kind, inner)
        except (ValueError, StopIteration):
            self._lost(run)
        if run.excess or run.fatal:
            self._lost(run)

    @property
    def fresh(self) -> bool:
        return self._left == _RUNS

    @property
    def alive(self) -> bool:
        return self._end.alive and self._left > 0

    def stop(self) -> None:
        """Kill it. Idempotent."""
        with contextlib.suppress(RuntimeError, ValueError):
            asyncio.get_running_loop().remove_reader(self._sock)
        self._end()


def _hear(reference: weakref.ref[Worker]) -> None:
    worker = reference()
    if worker is not None:
        worker.hear()


def _ended(process: subprocess.Popen[bytes], sock: socket.socket, owner: int) -> None:
    if os.getpid() == owner:
        sock.close()
        process.kill()
        process.wait()


@cache
def _binary() -> str:
    """Where its wheel put it. Raises `ImportError`."""
    from importlib import metadata

    wheel = metadata.distribution("pydantic-monty-runtime")
    found = next((file for file in wheel.files or () if file.stem == "monty" and not file.suffix), None)
    if found is None:
        raise ImportError("pydantic-monty-runtime is there without its interpreter")
    return os.path.realpath(str(wheel.locate_file(found)))
