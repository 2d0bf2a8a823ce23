"""One sandbox per event loop: fast in front, full or wasm behind it, never bare."""

from __future__ import annotations

import asyncio
import os
import weakref
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, Protocol

from pydantic import JsonValue

from skillrm.errors import ConfigError, SandboxUnavailable
from skillrm.sandbox.contract import Level, LevelUsed, SandboxLimits, SandboxResult
from skillrm.sandbox.fast import FastSandbox
from skillrm.sandbox.full import FullSandbox
from skillrm.sandbox.prelude import prelude_for

FORCE = "SKILLRM_SANDBOX"
DEFAULT = SandboxLimits()


class Behind(Protocol):
    """A level that runs all of Python: full or wasm."""

    async def start(self) -> None: ...
    async def run(
        self, code: str, *, inputs: Mapping[str, JsonValue], prelude: str, limits: SandboxLimits
    ) -> SandboxResult: ...
    async def session(
        self, code: str, requests: Sequence[Mapping[str, Any]], *, limits: SandboxLimits
    ) -> list[SandboxResult]: ...
    async def check(self, code: str, tests: str, *, entry: str | None, limits: SandboxLimits) -> SandboxResult: ...
    async def aclose(self) -> None: ...


class LevelledSandbox:
    """`Sandbox` over one full-Python level and, before it, the fast one."""

    def __init__(self, behind: Behind, level: LevelUsed) -> None:
        self.level = level
        self._behind = behind
        self._fast: FastSandbox | None = FastSandbox()
        self._guard: AsyncGenerator[None, None] | None = None

    async def open(self) -> None:
        """Start, and close with the event loop: asyncio closes every generator that is still waiting."""
        await self._behind.start()
        self._guard = _closing(weakref.ref(self), weakref.ref(asyncio.get_running_loop()))
        await anext(self._guard)

    async def run(
        self,
        code: str,
        *,
        inputs: Mapping[str, JsonValue] | None = None,
        level: Level = "fast",
        limits: SandboxLimits = DEFAULT,
    ) -> SandboxResult:
        prelude = prelude_for(code)
        given = inputs or {}
        if level == "fast" and self._fast is not None:
            try:
                result = await self._fast.run(code, inputs=given, prelude=prelude, limits=limits)
            except (ImportError, OSError):  # no monty on this machine: full Python takes it all
                self._fast, result = None, None
            if result is not None:
                return result
        return await self._behind.run(code, inputs=given, prelude=prelude, limits=limits)

    async def call(
        self,
        code: str,
        entry: str,
        args: Sequence[JsonValue] = (),
        kwargs: Mapping[str, JsonValue] | None = None,
        *,
        limits: SandboxLimits = DEFAULT,
    ) -> SandboxResult:
        request = {"call": entry, "args": list(args), "kwargs": dict(kwargs or {})}
        return (await self._behind.session(code, [request], limits=limits))[0]

    async def call_many(
        self, code: str, entry: str, calls: Sequence[Sequence[JsonValue]], *, limits: SandboxLimits = DEFAULT
    ) -> list[SandboxResult]:
        requests = [{"call": entry, "args": list(args), "kwargs": {}} for args in calls]
        return await self._behind.session(code, requests, limits=limits)

    async def evaluate(
        self, code: str, expressions: Sequence[str], *, limits: SandboxLimits = DEFAULT
    ) -> list[SandboxResult]:
        return await self._behind.session(code, [{"eval": source} for source in expressions], limits=limits)

    async def check(
        self, code: str, tests: str, *, entry: str | None = None, limits: SandboxLimits = DEFAULT
    ) -> SandboxResult:
        return await self._behind.check(code, tests, entry=entry, limits=limits)

    async def aclose(self) -> None:
        await self._behind.aclose()
        if self._fast is not None:
            await self._fast.aclose()


async def _closing(
    reference: weakref.ref[LevelledSandbox], running: weakref.ref[asyncio.AbstractEventLoop]
) -> AsyncGenerator[None, None]:
    try:
        yield
    finally:
        sandbox = reference()
        loop = running()
        if loop is not None:
            _open.pop(loop, None)  # this generator knows the loop, so the entry would keep it alive
        if sandbox is not None:
            await sandbox.aclose()


_open: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, LevelledSandbox | asyncio.Task[LevelledSandbox]] = (
    weakref.WeakKeyDictionary()
)


async def shared() -> LevelledSandbox:
    """The running loop's own. Raises `SandboxUnavailable`."""
    loop = asyncio.get_running_loop()
    known = _open.get(loop)
    if isinstance(known, LevelledSandbox):
        return known
    if known is None:
        known = loop.create_task(_opened())
        _open[loop] = known
    try:
        sandbox = await asyncio.shield(known)
    except BaseException:
        if known.done():
            _open.pop(loop, None)
        raise
    _open[loop] = sandbox
    return sandbox


async def _opened() -> LevelledSandbox:
    forced = os.environ.get(FORCE, "")
    if forced not in ("", "full", "wasm", "none"):
        raise ConfigError(f"{FORCE}={forced}: give full, wasm or none")
    if forced == "none":
        raise SandboxUnavailable(f"{FORCE}=none")
    reasons = []
    for level in (forced,) if forced else ("full", "wasm"):
        try:
            sandbox = LevelledSandbox(_behind(level), "full" if level == "full" else "wasm")
            await sandbox.open()
            return sandbox
        except SandboxUnavailable as error:
            reasons.append(f"{level}: {error}")
    raise SandboxUnavailable("; ".join(reasons))


def _behind(level: str) -> Behind:
    if level == "full":
        return FullSandbox()
    from skillrm.sandbox.wasm import WasmSandbox

    return WasmSandbox()
