"""Level full: CPython in a guest of its own per run. The package docstring says what it isolates and what not."""

from __future__ import annotations

import asyncio
import math
import os
import signal
import socket
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from pydantic import JsonValue

from skillrm.errors import SandboxError
from skillrm.sandbox import replies
from skillrm.sandbox.contract import SandboxLimits, SandboxResult
from skillrm.sandbox.nursery import Ending, Guest, Nursery
from skillrm.sandbox.slots import Slots

TELL_SECONDS = 1.0
"""What a test guest has left, after the wall limit, to tell what it counted."""


LAST_WORDS_SECONDS = 0.1


def _grant(limits: SandboxLimits, calls: int = 1) -> list[int]:
    cpu = limits.cpu_seconds if limits.cpu_seconds is not None else limits.seconds + 1
    return [math.ceil(cpu * calls), limits.memory_mb << 20, limits.threads, limits.file_bytes]


def _told(limits: SandboxLimits) -> dict[str, JsonValue]:
    return {"seconds": limits.seconds, "output_bytes": limits.output_bytes, "result_bytes": limits.result_bytes}


class FullSandbox:
    """Guests of one event loop. Methods as in `Sandbox`, without levels."""

    def __init__(self, cores: int | None = None) -> None:
        self._slots = Slots(2 * (cores or os.cpu_count() or 1))
        self._nursery: Nursery | None = None
        self._starting: asyncio.Future[None] | None = None

    async def start(self) -> None:
        """Raises `SandboxUnavailable` where guests cannot be confined."""
        await self._running()

    async def aclose(self) -> None:
        if self._nursery is not None:
            self._nursery.stop()
            self._nursery = None

    async def _running(self) -> Nursery:
        while self._nursery is None or not self._nursery.running:
            if self._starting is not None:
                await asyncio.wait([self._starting])
                continue
            self._starting = asyncio.get_running_loop().create_future()
            try:
                nursery = Nursery()
                await nursery.start()
                self._nursery = nursery
            finally:
                self._starting.set_result(None)
                self._starting = None
        return self._nursery

    @asynccontextmanager
    async def _guest(
        self, job: Mapping[str, Any], limits: SandboxLimits, *, calls: int = 1, seconds: float = 0
    ) -> AsyncIterator[Guest]:
        """A guest that has its job; when the block ends, so does the guest."""
        nursery = await self._running()
        guest = await nursery.guest(_grant(limits, calls), seconds or limits.seconds, replies.most(limits))
        try:
            await guest.send(job)
            if await guest.exactly(1) != b"\1":  # written before any foreign byte was read
                words = await guest.exactly(1 << 16) or b""
                raise SandboxError(f"a guest could not be confined: {words!r} {(await guest.ending()).broken}")
            yield guest
        except BaseException:
            guest.close()
            if not guest.ended.done():
                await guest.kill()
            raise
        guest.close()
        nursery.dismiss(guest)

    async def run(
        self, code: str, *, inputs: Mapping[str, JsonValue], prelude: str, limits: SandboxLimits
    ) -> SandboxResult:
        job = {"mode": "run", "code": code, "inputs": dict(inputs), "prelude": prelude, "limits": _told(limits)}
        async with self._slots.one():
            started = time.perf_counter()
            async with self._guest(job, limits) as guest:
                return await _outcome(guest, limits, started, sequence=0)

    async def session(
        self, code: str, requests: Sequence[Mapping[str, Any]], *, limits: SandboxLimits
    ) -> list[SandboxResult]:
        """One result per request. A guest that a request kills is replaced for the requests after it."""
        results: list[SandboxResult] = []
        job = {"mode": "session", "code": code, "limits": _told(limits)}
        async with self._slots.one():
            while len(results) < len(requests):
                left = requests[len(results) :]
                async with self._guest(job, limits, calls=len(left)) as guest:
                    for number, request in enumerate(left, 1):
                        started = time.perf_counter()
                        if number > 1:
                            await guest.extend(limits.seconds)
                        await guest.send({"seq": number, **request})
                        results.append(await _outcome(guest, limits, started, sequence=number))
                        if results[-1].kind in ("timeout", "memory", "output", "crash"):
                            break
        return results

    async def check(self, code: str, tests: str, *, entry: str | None, limits: SandboxLimits) -> SandboxResult:
        """Two guests joined by a socket of their own; only the one with the tests is believed."""
        near, far = socket.socketpair()
        serving = {"mode": "serve", "code": code, "limits": _told(limits)}
        testing = {"mode": "tests", "tests": tests, "entry": entry, "limits": _told(limits)}
        seconds = limits.seconds + TELL_SECONDS
        async with self._slots.one():
            started = time.perf_counter()
            nursery = await self._running()
            guests: list[Guest] = []
            try:
                for job, link in ((serving, near), (testing, far)):
                    guests.append(await nursery.guest(_grant(limits, 2), seconds, replies.most(limits), link))
                    link.close()
                    await guests[-1].send(job)
                for guest in guests:
                    if await guest.exactly(1) != b"\1":
                        raise SandboxError("a guest could not be confined")
                return replies.counted(await _outcome(guests[1], limits, started, sequence=0))
            finally:
                near.close()
                far.close()
                for guest in guests:
                    guest.close()
                    if not guest.ended.done():
                        await guest.kill()


async def _outcome(guest: Guest, limits: SandboxLimits, started: float, *, sequence: int) -> SandboxResult:
    """The reply to one request, or what became of the guest instead."""
    body = await guest.receive()
    reply = replies.parse(body, sequence) if body is not None else None
    if reply is not None:
        return replies.result(reply, limits, (time.perf_counter() - started) * 1000)
    if body is None:
        await asyncio.wait([guest.ended], timeout=LAST_WORDS_SECONDS)  # how it died says more than that we killed it
    if not guest.ended.done():
        await guest.kill()
    ending = await guest.ending()
    if ending.broken:
        raise SandboxError(ending.broken)
    kind, reason = _fate(ending, limits)
    return SandboxResult(False, "", None, reason, kind, "full", (time.perf_counter() - started) * 1000)


def _fate(ending: Ending, limits: SandboxLimits) -> tuple[Any, str]:
    if ending.killed == "timeout":
        return "timeout", f"ran longer than {limits.seconds:g} s"
    if ending.code == -9 and not ending.killed:
        cpu = limits.cpu_seconds if limits.cpu_seconds is not None else limits.seconds + 1
        if ending.cpu >= 0.5 * cpu:  # the kernel enforces by ticks, and reports up to a third less
            return "timeout", f"used more than {cpu:g} s of CPU"
        return "memory", "killed by the kernel for its memory"
    if ending.killed:
        return "crash", "wrote what is no reply"
    if ending.code < 0:
        return "crash", f"died of {signal.Signals(-ending.code).name}"
    return "crash", f"ended the process itself (status {ending.code})"
