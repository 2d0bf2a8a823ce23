"""How the zygote locks itself away, and what each guest gives up before it reads its first byte of foreign code."""

from __future__ import annotations

import os
import resource
import socket
from dataclasses import dataclass

from skillrm.sandbox.guest import kernel, rootfs, syscalls

_APART = kernel.NEWNS | kernel.NEWNET | kernel.NEWIPC | kernel.NEWUTS


@dataclass(frozen=True)
class Grant:
    """What one guest may use; see `SandboxLimits`."""

    cpu_seconds: int
    address_space: int
    threads: int
    file_bytes: int


class Cell:
    """The zygote's own confinement, and the means to confine a child further."""

    def __init__(self, strategy: str) -> None:
        """`root` gives up real root for the real nobody; `user` starts from any uid. Raises `OSError` with the step."""
        self.proc = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        uid, gid = os.getuid(), os.getgid()
        if strategy == "root":
            kernel.unshare(_APART)
            socket.sethostname("guest")
            rootfs.build(rootfs.standard())
            os.setgroups([])
            os.setresgid(kernel.NOBODY, kernel.NOBODY, kernel.NOBODY)
            os.setresuid(kernel.NOBODY, kernel.NOBODY, kernel.NOBODY)
            kernel.prctl(kernel.PR_SET_DUMPABLE, 1)  # lost with the uid; needed to write the own uid map
            kernel.unshare(kernel.NEWUSER | kernel.NEWNS | kernel.NEWPID)
            kernel.map_nobody(self.proc, kernel.NOBODY, kernel.NOBODY)
        else:
            kernel.unshare(kernel.NEWUSER | kernel.NEWPID | _APART)
            kernel.map_nobody(self.proc, uid, gid)
            socket.sethostname("guest")
            rootfs.build(rootfs.standard())
        _become_first()
        self.pids = os.open("self/ns/pid", os.O_RDONLY | os.O_CLOEXEC, dir_fd=self.proc)
        self.filter = kernel.Filter(syscalls.allow_list())
        with open(os.open("self/statm", os.O_RDONLY, dir_fd=self.proc)) as file:
            self.bare = int(file.read().split()[0]) * resource.getpagesize()

    def fork(self) -> int:
        """`os.fork` whose child is the first process of a new pid namespace."""
        kernel.unshare(kernel.NEWPID)
        pid = -1
        try:
            pid = os.fork()
        finally:
            if pid:
                kernel.setns(self.pids, kernel.NEWPID)  # the next child needs a new one again
        return pid

    def part(self) -> None:
        """In the child: into namespaces of its own. What it may use is not known yet."""
        os.setsid()  # signals to the own process group must not reach the zygote
        oom = os.open("self/oom_score_adj", os.O_WRONLY, dir_fd=self.proc)
        os.write(oom, b"1000")
        os.close(oom)
        kernel.unshare(kernel.NEWUSER | _APART)
        kernel.map_nobody(self.proc, kernel.NOBODY, kernel.NOBODY)

    def enclose(self, grant: Grant) -> None:
        """In the child, last of all: after this it holds no right that `grant` does not name."""
        flags = kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC
        kernel.mount("tmpfs", "/tmp", "tmpfs", flags, f"size={grant.file_bytes},nr_inodes=1024,mode=1777")
        os.chdir("/tmp")
        for kind, value in (
            (resource.RLIMIT_AS, self.bare + grant.address_space),
            (resource.RLIMIT_CPU, grant.cpu_seconds),
            (resource.RLIMIT_FSIZE, grant.file_bytes),
            (resource.RLIMIT_NOFILE, 64),
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_MEMLOCK, 0),
            (resource.RLIMIT_NPROC, grant.threads + 1),
            (resource.RLIMIT_SIGPENDING, 64),
            (resource.RLIMIT_MSGQUEUE, 0),
        ):
            resource.setrlimit(kind, (value, value))
        kernel.drop_capabilities()
        kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
        kernel.prctl(kernel.PR_SET_PDEATHSIG, 9)
        self.filter.install()


def _become_first() -> None:
    """Go on as the first process of a pid namespace of our own: when it dies, so does everything in it.

    Only from inside such a one may a process ask for a new one for each child. The parent stays to be waited for.
    """
    pid = os.fork()
    if pid:
        kernel.prctl(kernel.PR_SET_PDEATHSIG, 9)  # changing the uid took it away
        os.closerange(0, 4096)
        os.waitpid(pid, 0)
        os._exit(0)
    kernel.prctl(kernel.PR_SET_PDEATHSIG, 9)
