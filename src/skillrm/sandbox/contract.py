"""What the sandbox takes and gives: limits, results, the protocol. Nothing here starts anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from pydantic import JsonValue

Outcome = Literal["ok", "exception", "timeout", "memory", "output", "crash", "unsupported", "syntax"]
Level = Literal["fast", "full"]
LevelUsed = Literal["fast", "full", "wasm"]


@dataclass(frozen=True, slots=True)
class SandboxLimits:
    """What one guest may use. All are enforced from outside the guest's reach."""

    seconds: float = 5.0
    """Wall time, from the start of the guest's code; time spent queueing does not count."""
    cpu_seconds: float | None = None
    """CPU time, rounded up to whole seconds; default: `seconds` + 1."""
    memory_mb: int = 512
    """Address space on top of the bare interpreter (full), heap (fast), linear memory (wasm)."""
    output_bytes: int = 65_536
    """Printed text, UTF-8; one byte more ends the run with `output`."""
    result_bytes: int = 1_048_576
    """The value that comes back, as JSON."""
    processes: int = 0
    """Children a guest may start: none."""
    threads: int = 16
    """Threads beside the main one."""
    file_bytes: int = 8_388_608
    """Everything the guest may keep in its own /tmp."""


@dataclass(frozen=True, slots=True)
class SandboxResult:
    """What came of one run. The guest's own doing (crash, timeout) is a result, never an exception here."""

    ok: bool
    stdout: str
    """What was printed (stderr included), cut at `output_bytes`; empty when the guest had to be killed."""
    result: JsonValue
    error: str | None
    """The tail of the guest's traceback, or the reason."""
    kind: Outcome
    level: LevelUsed
    ms: float
    """Wall milliseconds of the run without queueing."""


class Sandbox(Protocol):
    """Where untrusted code runs. Every method is safe to call many times at once on one event loop.

    Raises `SandboxUnavailable` where nothing isolates and `SandboxError` when the sandbox itself broke; whatever the
    guest does is a `SandboxResult`.
    """

    async def run(
        self,
        code: str,
        *,
        inputs: Mapping[str, JsonValue] | None = None,
        level: Level = "fast",
        limits: SandboxLimits = ...,
    ) -> SandboxResult:
        """Run `code` with `inputs` bound to names; `.result` is the JSON value of its variable `result`.

        A `result` that JSON cannot hold comes back as its repr. `fast` runs again at `full` when the code needs more
        Python than `fast` has.
        """
        ...

    async def call(
        self,
        code: str,
        entry: str,
        args: Sequence[JsonValue] = (),
        kwargs: Mapping[str, JsonValue] | None = None,
        *,
        limits: SandboxLimits = ...,
    ) -> SandboxResult:
        """Define `code`, call its function `entry`, return the plain JSON value. The caller compares it, outside."""
        ...

    async def call_many(
        self, code: str, entry: str, calls: Sequence[Sequence[JsonValue]], *, limits: SandboxLimits = ...
    ) -> list[SandboxResult]:
        """`call` for many argument lists. Limits hold per call; a crash of one leaves the others judged."""
        ...

    async def evaluate(
        self, code: str, expressions: Sequence[str], *, limits: SandboxLimits = ...
    ) -> list[SandboxResult]:
        """Define `code`, evaluate each expression in turn: `.result` is `{"repr": str, "json": value or null}`.

        Several statements may stand before the last expression (a doctest example); the value of that one is taken,
        and `{"repr": "", "json": null}` when there is none or it is None. State is kept from one to the next.
        """
        ...

    async def check(
        self, code: str, tests: str, *, entry: str | None = None, limits: SandboxLimits = ...
    ) -> SandboxResult:
        """Run assert-style `tests` in one guest against `code` in another.

        The tests call `candidate`, `entry` or any function of `code` by name through proxies that carry plain data
        only. `.result` is `{"passed", "failed", "total", "first_failure"}`, counted by the guest that holds the tests;
        `ok` when all passed. `unsupported` when something other than plain data had to cross.
        """
        ...

    async def aclose(self) -> None:
        """Kill every guest and end the helper processes. Idempotent."""
        ...


@dataclass(frozen=True, slots=True)
class SandboxReport:
    """What this machine gives, and why not."""

    default: LevelUsed | None
    """What `level="full"` gets here: `full`, `wasm`, or None when nothing isolates."""
    levels: Mapping[str, str] = field(default_factory=dict)
    """Level -> "ok" or the reason why not."""
    mechanisms: Mapping[str, str] = field(default_factory=dict)
    """Mechanism (user namespace, seccomp, ...) -> "ok" or the reason why not."""

    def __str__(self) -> str:
        rows: list[tuple[str, str]] = [("sandbox", self.default or "NONE: untrusted code will not run")]
        rows += [(f"  level {name}", state) for name, state in self.levels.items()]
        rows += [(f"  {name}", state) for name, state in self.mechanisms.items()]
        return "\n".join(f"{name:<24} {state}" for name, state in rows)
