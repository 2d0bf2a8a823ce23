"""Level fast: pydantic-monty, a Python subset in Rust, in worker processes of its own. No host function is exposed."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import os
import signal
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pydantic import JsonValue

from skillrm.sandbox import replies
from skillrm.sandbox.contract import SandboxLimits, SandboxResult

_RECURSION = 400
_SHOWN = 2000


class FastSandbox:
    """A pool of monty workers of one event loop, driven from as many threads.

    Its own asyncio interface calls into Python from foreign threads, which aborts a host that is about to exit.
    """

    def __init__(self, cores: int | None = None) -> None:
        self._most = cores or os.cpu_count() or 1
        self._pool: Any = None
        self._threads: ThreadPoolExecutor | None = None
        self._busy: dict[object, int] = {}

    def start(self) -> ThreadPoolExecutor:
        """Raises `ImportError` or `OSError` where monty is not there."""
        if self._threads is None:
            from pydantic_monty import Monty

            self._pool = Monty(min_processes=1, max_processes=self._most, max_checkouts_per_worker=500)
            self._pool.__enter__()
            self._threads = ThreadPoolExecutor(self._most, "skillrm-fast")
        return self._threads

    async def aclose(self) -> None:
        threads, self._threads = self._threads, None
        if threads is not None:
            for pid in self._busy.values():
                _kill(pid)
            await asyncio.get_running_loop().run_in_executor(threads, self._pool.__exit__, None, None, None)
            threads.shutdown(wait=False)

    async def run(
        self, code: str, *, inputs: Mapping[str, JsonValue], prelude: str, limits: SandboxLimits
    ) -> SandboxResult | None:
        """The result; None when full Python has to decide.

        An exception here is never believed: it may be one that full Python would not raise.
        """
        threads = self.start()
        ticket = object()
        work = functools.partial(self._work, ticket, code, {"result": None, **inputs}, prelude, limits)
        try:
            return await asyncio.get_running_loop().run_in_executor(threads, work)
        except asyncio.CancelledError:
            pid = self._busy.get(ticket)
            if pid is not None:
                _kill(pid)  # else the thread would wait for the guest's own time limit
            raise

    def _work(
        self, ticket: object, code: str, inputs: dict[str, JsonValue], prelude: str, limits: SandboxLimits
    ) -> SandboxResult | None:
        import pydantic_monty as monty

        given = {
            "max_feed_duration_secs": min(limits.seconds, limits.cpu_seconds or limits.seconds),
            "max_memory": limits.memory_mb << 20,
            "max_recursion_depth": _RECURSION,
            "max_suspensions": 100,
        }
        printed = monty.CollectString(limits.output_bytes)
        started = time.perf_counter()
        try:
            with self._pool.checkout(limits=given, os_policy={"sleep": "zero"}) as session:
                self._busy[ticket] = session.worker_pid or 0
                if prelude:
                    session.feed_run(prelude, print_callback=printed)
                value = session.feed_run(f"{code}\n\nresult\n", inputs=inputs, print_callback=printed)
        except monty.MontyError as error:
            return _failed(error, printed.output, limits, started)
        except ValueError:  # an integer that Python's own limit keeps from becoming text
            return None
        finally:
            self._busy.pop(ticket, None)
        return _done(value, printed.output, limits, started)


def _kill(pid: int) -> None:
    if pid:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _ms(started: float) -> float:
    return (time.perf_counter() - started) * 1000


def _failed(error: Any, printed: str, limits: SandboxLimits, started: float) -> SandboxResult | None:
    text = str(error)
    if text.startswith("TimeoutError: feed time limit"):
        reason = f"ran longer than {limits.seconds:g} s"
        return SandboxResult(False, replies.whole(printed), None, reason, "timeout", "fast", _ms(started))
    if text.startswith("MemoryError"):
        flooded = text.endswith(f"> {limits.output_bytes} bytes")  # the collector of printed text complains alike
        reason = f"printed more than {limits.output_bytes} bytes" if flooded else text[:_SHOWN]
        kept = replies.whole(printed[: limits.output_bytes])
        return SandboxResult(False, kept, None, reason, "output" if flooded else "memory", "fast", _ms(started))
    return None


def _done(value: Any, printed: str, limits: SandboxLimits, started: float) -> SandboxResult | None:
    try:
        text = json.dumps(value)
    except (TypeError, ValueError, RecursionError):
        return None  # full Python gives its repr
    if len(text) > limits.result_bytes:
        reason = f"the result is larger than {limits.result_bytes} bytes"
        return SandboxResult(False, replies.whole(printed), None, reason, "output", "fast", _ms(started))
    plain = replies.plain(text)
    if plain is None:
        return None
    return SandboxResult(True, replies.whole(printed), plain[0], None, "ok", "fast", _ms(started))
