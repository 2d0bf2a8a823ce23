"""Warm worker processes for our own library code that may never return (math-verify): a deadline, not isolation."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import struct
import subprocess
import sys
import time
import weakref
from collections.abc import AsyncGenerator, Sequence
from typing import Any

from pydantic import JsonValue

from skillrm.errors import DeadlineExceeded, SandboxError
from skillrm.sandbox.slots import Slots

WORKERS = 2
_START_SECONDS = 60.0


class WorkerDied(SandboxError):
    """The process ended in the middle of a call; `code` is its exit status."""

    def __init__(self, message: str, code: int) -> None:
        self.code = code
        super().__init__(message)


class Worker:
    """One Python process that calls functions by name. Holds no reference to the loop."""

    def __init__(self, bare: bool = False) -> None:
        """`bare`: nothing of our own environment goes along."""
        ours, theirs = socket.socketpair()
        with theirs:
            boot = "import sys; from skillrm.sandbox import worker; worker.main(int(sys.argv[1]))"
            path = [entry for entry in sys.path if entry]
            self.process = subprocess.Popen(
                [sys.executable, "-c", boot, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                env={**({} if bare else os.environ), "PYTHONPATH": os.pathsep.join(path)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL if bare else None,
                start_new_session=True,
            )
        ours.setblocking(False)
        self._sock = ours
        self._end = weakref.finalize(self, _end, self.process, ours, os.getpid())

    async def ready(self) -> None:
        """Wait until the interpreter is up: that is not the caller's time."""
        try:
            await asyncio.wait_for(self._exactly(1), _START_SECONDS)
        except (TimeoutError, EOFError):
            self.stop()
            raise SandboxError("a trusted worker did not start") from None

    async def call(self, target: str, args: Sequence[JsonValue]) -> Any:
        body = json.dumps([target, list(args)]).encode()
        await asyncio.get_running_loop().sock_sendall(self._sock, struct.pack(">I", len(body)) + body)
        (size,) = struct.unpack(">I", await self._exactly(4))
        return json.loads(await self._exactly(size))

    async def _exactly(self, size: int) -> bytes:
        data = bytearray()
        while len(data) < size:
            chunk = await asyncio.get_running_loop().sock_recv(self._sock, size - len(data))
            if not chunk:
                raise EOFError
            data += chunk
        return bytes(data)

    def stop(self) -> int:
        """End it; the exit status, its own where it has ended already."""
        self._end()
        return self.process.returncode or 0


def _end(process: subprocess.Popen[bytes], sock: socket.socket, owner: int) -> None:
    if os.getpid() == owner:
        sock.close()
        if process.poll() is None:
            process.kill()
        process.wait()


class TrustedPool:
    """Workers of one event loop; a late one is killed and replaced."""

    def __init__(self, workers: int = WORKERS, *, bare: bool = False) -> None:
        self._bare = bare
        self._slots = Slots(workers)
        self._guard: AsyncGenerator[None, None] | None = None
        self._idle: list[Worker] = []

    async def call(self, target: str, args: Sequence[JsonValue], *, seconds: float) -> JsonValue:
        """Raises `DeadlineExceeded`, or `SandboxError` with what the function raised."""
        if self._guard is None:
            self._guard = _closing(weakref.ref(self))
            await anext(self._guard)
        async with self._slots.one():
            worker = self._idle.pop() if self._idle else None
            if worker is None:
                worker = Worker(self._bare)
                await worker.ready()
            started = time.perf_counter()
            try:
                reply = await asyncio.wait_for(worker.call(target, args), seconds)
            except TimeoutError:
                worker.stop()
                raise DeadlineExceeded(f"{target} took longer than {seconds:g} s") from None
            except (EOFError, OSError):
                await asyncio.sleep(0.05)  # its exit status says why, and follows the closed socket
                spent = time.perf_counter() - started
                code = worker.stop()
                raise WorkerDied(f"the worker died in {target} after {spent:.1f} s", code) from None
            except BaseException:
                worker.stop()
                raise
            self._idle.append(worker)
        if "error" in reply:
            raise SandboxError(f"{target}: {reply['error']}")
        value: JsonValue = reply["value"]
        return value

    def close(self) -> None:
        while self._idle:
            self._idle.pop().stop()


async def _closing(reference: weakref.ref[TrustedPool]) -> AsyncGenerator[None, None]:
    """Closes the pool with its event loop: asyncio closes every generator that is still waiting."""
    try:
        yield
    finally:
        loop = asyncio.get_running_loop()
        pool = reference()
        if pool is not None:
            pool.close()
        if _pools.get(loop) is pool:
            del _pools[loop]


_pools: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, TrustedPool] = weakref.WeakKeyDictionary()


def pool() -> TrustedPool:
    """The running loop's own."""
    loop = asyncio.get_running_loop()
    with contextlib.suppress(KeyError):
        return _pools[loop]
    return _pools.setdefault(loop, TrustedPool())
