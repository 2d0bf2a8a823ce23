"""Level wasm: CPython on WebAssembly (pyeryx), where the kernel gives no namespaces. Needs Python 3.12 and `[wasm]`."""

from __future__ import annotations

import importlib.util
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import JsonValue

from skillrm.errors import DeadlineExceeded, SandboxUnavailable
from skillrm.sandbox import replies
from skillrm.sandbox.contract import Outcome, SandboxLimits, SandboxResult
from skillrm.sandbox.trusted import TrustedPool, WorkerDied
from skillrm.sandbox.wasm_guest import OVERFLOW

_GRACE_SECONDS = 5.0
_REASONS: dict[str, str] = {"memory": "used more memory than it may", "crash": "ended without a reply"}


class WasmSandbox:
    """Worker processes of one event loop, each with one WebAssembly machine per run."""

    def __init__(self, cores: int | None = None) -> None:
        self._pool = TrustedPool(cores or os.cpu_count() or 1, bare=True)

    async def start(self) -> None:
        if importlib.util.find_spec("eryx") is None:
            raise SandboxUnavailable('pyeryx is not installed: pip install "skillrm[wasm]", Python 3.12 or newer')

    async def aclose(self) -> None:
        self._pool.close()

    async def run(
        self, code: str, *, inputs: Mapping[str, JsonValue], prelude: str, limits: SandboxLimits
    ) -> SandboxResult:
        return await self._execute("__main__", code, dict(inputs), prelude, [], limits)

    async def session(
        self, code: str, requests: Sequence[Mapping[str, Any]], *, limits: SandboxLimits
    ) -> list[SandboxResult]:
        """A machine per request. Calls share no state; an expression runs after those before it, all over again."""
        results: list[SandboxResult] = []
        for at, request in enumerate(requests):
            before = [dict(one) for one in requests[:at] if "eval" in one]
            results.append(await self._execute("candidate", code, {}, "", [*before, dict(request)], limits))
        return results

    async def check(self, code: str, tests: str, *, entry: str | None, limits: SandboxLimits) -> SandboxResult:
        """Two machines cannot call each other here, and tests beside the code they test would be forgeable."""
        reason = "assert-style tests need the full level: there is none on this machine"
        return SandboxResult(False, "", None, reason, "unsupported", "wasm", 0.0)

    async def _execute(
        self, name: str, code: str, inputs: dict[str, Any], prelude: str, requests: list[Any], limits: SandboxLimits
    ) -> SandboxResult:
        await self.start()
        job: dict[str, JsonValue] = {
            "name": name,
            "code": code,
            "inputs": inputs,
            "prelude": prelude,
            "requests": requests,
        }
        told: dict[str, JsonValue] = {
            "seconds": min(limits.seconds, limits.cpu_seconds or limits.seconds),
            "memory_mb": limits.memory_mb,
            "output_bytes": limits.output_bytes,
            "file_bytes": limits.file_bytes,
        }
        started = time.perf_counter()
        try:
            said: Any = await self._pool.call(
                "skillrm.sandbox.wasm_guest:execute", [job, told], seconds=limits.seconds + _GRACE_SECONDS
            )
        except DeadlineExceeded:
            said = {"body": None, "stdout": "", "fate": "timeout"}
        except WorkerDied as error:
            said = {"body": None, "stdout": "", "fate": "output" if error.code == OVERFLOW else "crash"}
        return _read(said, limits, (time.perf_counter() - started) * 1000)


def _read(said: dict[str, Any], limits: SandboxLimits, ms: float) -> SandboxResult:
    reply = None
    if said["body"] is not None and not said["fate"]:
        if len(said["body"]) > limits.result_bytes + 65_536:
            said["fate"] = "output"
        else:
            reply = replies.parse(said["body"].encode("utf-8", "replace"), 0, stdout=said["stdout"])
    if reply is not None:
        return replace(replies.result(reply, limits, ms), level="wasm")
    kind: Outcome = said["fate"] or "crash"
    reason = _REASONS.get(kind) or (
        f"ran longer than {limits.seconds:g} s" if kind == "timeout" else "printed or returned more than it may"
    )
    return SandboxResult(False, replies.whole(said["stdout"]), None, reason, kind, "wasm", ms)
