"""Level fast: pydantic-monty, a Python subset in Rust, in worker processes of its own. No host function is exposed."""

from __future__ import annotations

import json
import keyword
import os
import time
from collections.abc import Mapping

from pydantic import JsonValue

from skillrm.sandbox import replies
from skillrm.sandbox.contract import Outcome, SandboxLimits, SandboxResult
from skillrm.sandbox.monty import Run, Worker
from skillrm.sandbox.slots import Slots

_SHOWN = 2000


class FastSandbox:
    """Monty workers of one event loop, as many as cores; the rest of the runs wait in order."""

    def __init__(self, cores: int | None = None) -> None:
        self._slots = Slots(cores or os.cpu_count() or 1)
        self._idle: list[Worker] = []
        self._busy: set[Worker] = set()

    async def aclose(self) -> None:
        for worker in [*self._busy, *self._idle]:
            worker.stop()
        self._idle.clear()

    async def confinement(self) -> str:
        """What a worker is locked into. Raises as `run` does."""
        worker = Worker(64)
        try:
            await worker.ready()
            return "ok" if worker.apart() else "system-call filter and rlimits only: no namespaces to be had"
        finally:
            worker.stop()

    async def run(
        self, code: str, *, inputs: Mapping[str, JsonValue], prelude: str, limits: SandboxLimits
    ) -> SandboxResult | None:
        """The result; None when full Python has to decide.

        An exception here is never believed: it may be one that full Python would not raise. Raises `ImportError` or
        `OSError` where monty is not there, or speaks another protocol.
        """
        given = _bound(inputs)
        if given is None:
            return None
        try:
            snippets = [f"{given}{prelude}".encode(), f"{code}\n\n_as_json_(result)\n".encode()]
        except UnicodeEncodeError:  # a lone surrogate in the code
            return None
        async with self._slots.one():
            worker = self._worker(limits.memory_mb)
            self._busy.add(worker)
            try:
                if worker.fresh:
                    await worker.ready()
                started = time.perf_counter()
                run = await worker.run(snippets, limits, replies.most(limits))
            finally:
                self._busy.discard(worker)
                if worker.alive:
                    self._idle.append(worker)
                else:
                    worker.stop()
            return _read(run, limits, (time.perf_counter() - started) * 1000)

    def _worker(self, memory_mb: int) -> Worker:
        while self._idle:
            worker = self._idle.pop()
            if worker.alive and worker.memory_mb >= memory_mb:
                return worker
            worker.stop()
        return Worker(memory_mb)


def _bound(inputs: Mapping[str, JsonValue]) -> str | None:
    """Source that binds `inputs`; None for what is no name. Only text crosses to the worker."""
    lines = ["from json import dumps as _as_json_, loads as _from_json_", "result = None"]
    for name, value in inputs.items():
        if not name.isidentifier() or keyword.iskeyword(name):
            return None
        if isinstance(value, (str, bool, int, type(None))):
            lines.append(f"{name} = {value!r}")
        else:  # a large literal would have to be parsed as a program
            lines.append(f"{name} = _from_json_({json.dumps(value)!r})")
    return "\n".join(lines) + "\n"


def _read(run: Run, limits: SandboxLimits, ms: float) -> SandboxResult | None:
    printed = replies.whole(run.printed[: limits.output_bytes].decode("utf-8", "replace"))

    def failed(kind: Outcome, reason: str) -> SandboxResult:
        return SandboxResult(False, printed, None, reason, kind, "fast", ms)

    if run.excess:
        return failed("output", run.excess)
    name, message = run.failure or ("", "")
    if run.late or (name == "TimeoutError" and message.startswith("feed time limit")):
        return failed("timeout", f"ran longer than {limits.seconds:g} s")
    if name == "MemoryError":
        return failed("memory", f"MemoryError: {message}"[:_SHOWN])
    if run.died or run.failure is not None or run.value is None:
        return None
    if len(run.value) > limits.result_bytes:
        return failed("output", f"the result is larger than {limits.result_bytes} bytes")
    plain = replies.plain(run.value)
    return None if plain is None else SandboxResult(True, printed, plain[0], None, "ok", "fast", ms)
