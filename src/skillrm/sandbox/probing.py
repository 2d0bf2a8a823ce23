"""What this machine gives, tried out rather than guessed."""

from __future__ import annotations

import asyncio
import ctypes
import os
import sys
import threading
from functools import cache
from pathlib import Path

from skillrm.errors import SkillRMError
from skillrm.sandbox.contract import LevelUsed, SandboxLimits, SandboxReport
from skillrm.sandbox.fast import FastSandbox
from skillrm.sandbox.full import FullSandbox
from skillrm.sandbox.guest import kernel
from skillrm.sandbox.opening import FORCE

_LIMITS = SandboxLimits(seconds=10)
_NAMESPACES = {
    "user namespace": kernel.NEWUSER,
    "pid namespace": kernel.NEWUSER | kernel.NEWPID,
    "network namespace": kernel.NEWUSER | kernel.NEWNET,
    "mount namespace": kernel.NEWUSER | kernel.NEWNS,
    "ipc namespace": kernel.NEWUSER | kernel.NEWIPC,
    "uts namespace": kernel.NEWUSER | kernel.NEWUTS,
}


@cache
def probe() -> SandboxReport:
    """Run one guest at every level, and try every mechanism by itself so that a refusal has a name."""
    box: list[SandboxReport] = []
    thread = threading.Thread(target=lambda: box.append(asyncio.run(_probe())))
    thread.start()  # the caller may be inside an event loop of its own
    thread.join()
    return box[0]


async def _probe() -> SandboxReport:
    fast, locked_in = await _fast()
    levels = {"fast": fast, "full": await _full(), "wasm": await _wasm()}
    forced = os.environ.get(FORCE, "")
    default: LevelUsed | None = None
    for level in (forced,) if forced else ("full", "wasm"):
        if default is None and levels.get(level) == "ok":
            default = "full" if level == "full" else "wasm"
    mechanisms = {name: _refused_by(flags) for name, flags in _NAMESPACES.items()}
    mechanisms["fast locked in"] = locked_in
    mechanisms["seccomp"] = "ok" if _has_seccomp() else "not in this kernel"
    mechanisms["rlimits"] = "ok" if sys.platform.startswith("linux") else "Linux only"
    mechanisms["cgroup"] = "not used: address space, processes and files are limited per guest by rlimits"
    if forced:
        mechanisms["forced"] = f"{FORCE}={forced}"
    return SandboxReport(default, levels, mechanisms)


async def _fast() -> tuple[str, str]:
    """How the level does, and what its workers are locked into."""
    sandbox = FastSandbox(1)
    try:
        result = await sandbox.run("result = 6 * 7", inputs={}, prelude="", limits=_LIMITS)
        state = "ok" if result is not None and result.result == 42 else f"gave {result}"
        return state, await sandbox.confinement()
    except (ImportError, OSError) as error:
        return f"pydantic-monty: {error}", "there is no worker"
    finally:
        await sandbox.aclose()


async def _full() -> str:
    sandbox = FullSandbox(1)
    try:
        result = await sandbox.run("result = 6 * 7", inputs={}, prelude="", limits=_LIMITS)
        return "ok" if result.result == 42 else f"gave {result}"
    except SkillRMError as error:
        return str(error)
    finally:
        await sandbox.aclose()


async def _wasm() -> str:
    from skillrm.sandbox.wasm import WasmSandbox

    sandbox = WasmSandbox(1)
    try:
        result = await sandbox.run("result = 6 * 7", inputs={}, prelude="", limits=_LIMITS)
        return "ok" if result.result == 42 else f"gave {result}"
    except SkillRMError as error:
        return str(error)
    finally:
        await sandbox.aclose()


def _has_seccomp() -> bool:
    status = Path("/proc/self/status")
    return status.is_file() and "Seccomp:" in status.read_text()


def _refused_by(flags: int) -> str:
    """Try in a forked child: leaving one's namespaces cannot be undone."""
    if not sys.platform.startswith("linux"):
        return "Linux only"
    libc = ctypes.CDLL(None, use_errno=True)
    pid = os.fork()
    if pid == 0:
        os._exit(0 if libc.unshare(flags) == 0 else min(ctypes.get_errno(), 255))
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return "ok" if code == 0 else os.strerror(code)
