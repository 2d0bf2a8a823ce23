"""What the interpreter of the fast level is locked into before it runs: it needs nothing but its two streams.

Its own limits and its memory safety come first. This is for the day when they fail: then there is no file, no network,
no other process and no capability to be had. Where the kernel gives no namespaces, the filter and the limits remain.
"""

from __future__ import annotations

import contextlib
import os
import re
import resource
import signal
import subprocess
from typing import NoReturn

from skillrm.sandbox.guest import kernel, rootfs, syscalls

_ROOM = 1 << 30
"""Address space beside the heap: its code, its stacks, what its regular expressions take."""


def main(binary: str, memory_mb: int) -> NoReturn:
    """Become that interpreter."""
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    binary = os.path.realpath(binary)
    needed = libraries(binary)
    filtered = kernel.Filter(syscalls.allow_list(extra=("execve", "arch_prctl"), without=("kill", "tgkill")))
    with contextlib.suppress(OSError):
        _depart([binary, *needed])
    for kind, value in (
        (resource.RLIMIT_AS, (memory_mb << 20) + _ROOM),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 16),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
    ):
        resource.setrlimit(kind, (value, value))
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)  # changing the uid took it away
    filtered.install()
    os.execve(binary, ["monty", "subprocess"], {})


def libraries(binary: str) -> list[str]:
    """What the dynamic loader would open for it; nothing for a static one."""
    shown = subprocess.run([binary], env={"LD_TRACE_LOADED_OBJECTS": "1"}, capture_output=True, text=True, timeout=20)
    return list(dict.fromkeys(re.findall(r"(/\S+) \(0x", shown.stdout)))


def _depart(files: list[str]) -> None:
    """Into namespaces with these files and nothing else, as nobody without capabilities. Raises `OSError`."""
    apart = kernel.NEWNS | kernel.NEWNET | kernel.NEWIPC | kernel.NEWUTS
    proc = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    uid, gid = os.getuid(), os.getgid()
    if uid == 0:
        kernel.unshare(apart)
        rootfs.build(files)
        os.setgroups([])
        os.setresgid(kernel.NOBODY, kernel.NOBODY, kernel.NOBODY)
        os.setresuid(kernel.NOBODY, kernel.NOBODY, kernel.NOBODY)
        kernel.prctl(kernel.PR_SET_DUMPABLE, 1)
        kernel.unshare(kernel.NEWUSER)
        kernel.map_nobody(proc, kernel.NOBODY, kernel.NOBODY)
    else:
        kernel.unshare(kernel.NEWUSER | apart)
        kernel.map_nobody(proc, uid, gid)
        rootfs.build(files)
    os.close(proc)
    kernel.drop_capabilities()
