"""Where untrusted code runs: model-written checks, skill scripts, code under test.

Three levels, and what each does NOT cover:

- `fast`: pydantic-monty, a Python subset in Rust, no host function, file or socket; limits on time, heap, recursion
  and printed text. Behind that interpreter's own soundness its worker processes are locked in: namespaces with its
  binary and libraries for files, no capabilities, an allow-list of system calls, rlimits. Where the kernel gives no
  namespaces, list and rlimits remain, and a hole in the interpreter could read files.
- `full`: CPython in a process of its own per run: user, pid, mount, network, ipc and uts namespaces, a root that holds
  the standard library read-only and nothing else, no /proc, an allow-list of system calls, rlimits, no capabilities,
  nobody's uid, killed with everything it has at its deadline. It rests on the kernel: a hole in a system call on the
  list is a hole here. Not hidden: paths of the standard library and of this package, kernel version, clocks, load,
  total memory (`sysinfo`), number of cores. Not covered: timing channels between guests, CPU caches, starving the
  machine within the limits (guests at once x memory limit). Guests of one zygote share address layout and hash seed.
- `wasm`: CPython on WebAssembly in a worker process, used only where `full` cannot be had. It rests on wasmtime being
  sound; no threads, no processes, no network, no files. Assert-style tests (`check`) are `unsupported` there.

Where none isolates, nothing runs: `SandboxUnavailable`. `SKILLRM_SANDBOX=full|wasm|none` forces a level.

Code under test and what judges it never share a guest: `call` and `evaluate` return values that the caller compares,
`check` runs the tests in a second guest. A guest can forge its own `run` or `call` result (it computes it), never
more. Who hands a `run` result on as evidence must treat it as what the code said. Deadlines are wall time: on a starved
machine honest code can miss them.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import JsonValue

from skillrm.sandbox.contract import (
    Level,
    LevelUsed,
    Outcome,
    Sandbox,
    SandboxLimits,
    SandboxReport,
    SandboxResult,
)
from skillrm.sandbox.prelude import FAST_LACKS, PRELUDE_HELP

__all__ = [
    "FAST_LACKS",
    "PRELUDE_HELP",
    "Level",
    "LevelUsed",
    "Outcome",
    "Sandbox",
    "SandboxLimits",
    "SandboxReport",
    "SandboxResult",
    "get_sandbox",
    "probe",
    "trusted_call",
]


async def get_sandbox() -> Sandbox:
    """The sandbox of the running event loop, shared and started on first use.

    Raises `SandboxUnavailable` where nothing isolates.
    """
    from skillrm.sandbox import opening

    return await opening.shared()


def probe() -> SandboxReport:
    """What this machine gives: which levels, which mechanisms, and why not. Cached; a fraction of a second once."""
    from skillrm.sandbox import probing

    return probing.probe()


async def trusted_call(target: str, args: Sequence[JsonValue], *, seconds: float) -> JsonValue:
    """Call `"module:function"` of our own library code in a warm worker process that is killed at the deadline.

    Not isolation: a hard deadline. Raises `DeadlineExceeded`; what the function raises comes back as `SandboxError`.
    """
    from skillrm.sandbox import trusted

    return await trusted.pool().call(target, args, seconds=seconds)
