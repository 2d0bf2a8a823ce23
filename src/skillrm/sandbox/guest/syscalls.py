"""The system calls a guest may make: an allow-list in classic BPF. Everything else fails with EPERM.

A call that is not named here does not exist for the guest; new kernel features are closed until someone opens them.
"""

from __future__ import annotations

import os
import struct

_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_ALLOW, _KILL, _EPERM, _ENOSYS = 0x7FFF0000, 0x80000000, 0x00050001, 0x00050026
_LOAD, _JEQ, _JGE, _AND, _RETURN = 0x20, 0x15, 0x35, 0x54, 0x06

# x86_64 and aarch64 numbers; None where the architecture has no such call.
_FREE: dict[str, tuple[int | None, int | None]] = {
    "read": (0, 63), "write": (1, 64), "open": (2, None), "close": (3, 57), "stat": (4, None), "fstat": (5, 80),
    "lstat": (6, None), "poll": (7, None), "lseek": (8, 62), "mmap": (9, 222), "mprotect": (10, 226),
    "munmap": (11, 215), "brk": (12, 214), "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139), "pread64": (17, 67), "pwrite64": (18, 68), "readv": (19, 65), "writev": (20, 66),
    "access": (21, None), "pipe": (22, None), "select": (23, None), "sched_yield": (24, 124), "mremap": (25, 216),
    "madvise": (28, 233), "dup": (32, 23), "dup2": (33, None), "pause": (34, None), "nanosleep": (35, 101),
    "getitimer": (36, 102), "alarm": (37, None), "setitimer": (38, 103), "getpid": (39, 172), "recvfrom": (45, 207),
    "shutdown": (48, 210), "exit": (60, 93), "wait4": (61, 260), "kill": (62, 129), "uname": (63, 160),
    "fsync": (74, 82), "fdatasync": (75, 83), "truncate": (76, 45), "ftruncate": (77, 46), "getcwd": (79, 17),
    "chdir": (80, 49), "fchdir": (81, 50), "rename": (82, None), "mkdir": (83, None), "rmdir": (84, None),
    "creat": (85, None), "link": (86, None), "unlink": (87, None), "symlink": (88, None), "readlink": (89, None),
    "chmod": (90, None), "fchmod": (91, 52), "umask": (95, 166), "gettimeofday": (96, 169), "getrlimit": (97, 163),
    "getrusage": (98, 165), "sysinfo": (99, 179), "times": (100, 153), "getuid": (102, 174), "getgid": (104, 176),
    "geteuid": (107, 175), "getegid": (108, 177), "getppid": (110, 173), "getgroups": (115, 158),
    "rt_sigpending": (127, 136), "rt_sigtimedwait": (128, 137), "rt_sigsuspend": (130, 133),
    "sigaltstack": (131, 132), "statfs": (137, 43), "fstatfs": (138, 44), "gettid": (186, 178), "futex": (202, 98),
    "sched_getaffinity": (204, 123), "getdents64": (217, 61), "set_tid_address": (218, 96), "fadvise64": (221, 223),
    "clock_gettime": (228, 113), "clock_getres": (229, 114), "clock_nanosleep": (230, 115), "exit_group": (231, 94),
    "epoll_wait": (232, None), "epoll_ctl": (233, 21), "tgkill": (234, 131), "openat": (257, 56),
    "mkdirat": (258, 34), "newfstatat": (262, 79), "unlinkat": (263, 35), "renameat": (264, 38), "linkat": (265, 37),
    "symlinkat": (266, 36), "readlinkat": (267, 78), "fchmodat": (268, 53), "faccessat": (269, 48),
    "pselect6": (270, 72), "ppoll": (271, 73), "set_robust_list": (273, 99), "utimensat": (280, 88),
    "epoll_pwait": (281, 22), "eventfd2": (290, 19), "epoll_create1": (291, 20), "dup3": (292, 24),
    "pipe2": (293, 59), "renameat2": (316, 276), "getrandom": (318, 278), "membarrier": (324, 283),
    "copy_file_range": (326, 285), "statx": (332, 291), "rseq": (334, 293), "close_range": (436, 436),
    "faccessat2": (439, 439),
}  # fmt: skip

_MORE: dict[str, tuple[int | None, int | None]] = {"execve": (59, 221), "arch_prctl": (158, None)}
_CLONE, _CLONE3, _SOCKETPAIR, _SENDTO = (56, 220), (435, 435), (53, 199), (44, 206)
_RECVMSG = (47, 212)
WAIT = 63
"""Where a guest waits for its descriptors; the only one that may bring any, and closed before its job is read."""
_IOCTL, _FCNTL, _PRCTL, _PRLIMIT = (16, 29), (72, 25), (157, 167), (302, 261)
CHECKED = (_CLONE, _CLONE3, _SOCKETPAIR, _SENDTO, _RECVMSG, _IOCTL, _FCNTL, _PRCTL, _PRLIMIT)
"""Calls that are allowed with some arguments only."""
_CLONE_THREAD_VM, _CLONE_NEW = 0x10100, 0x7E020080
_IOCTLS = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)  # TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX
_FCNTLS = (0, 1, 2, 3, 4, 5, 6, 7, 1030)  # DUPFD, GETFD, SETFD, GETFL, SETFL, the record locks, DUPFD_CLOEXEC
_PRCTLS = (15, 16)  # SET_NAME, GET_NAME


def _op(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("=HBBI", code, yes, no, value)


def _argument(index: int, high: bool = False) -> bytes:
    return _op(_LOAD, 16 + 8 * index + (4 if high else 0))


def _when(number: int, body: bytes) -> bytes:
    """`body`, which returns, for this call; else on to the next."""
    return _op(_JEQ, number, 0, len(body) // 8) + body


def _one_of(argument: int, values: tuple[int, ...]) -> bytes:
    tests = b"".join(_op(_JEQ, value, len(values) - at, 0) for at, value in enumerate(values))
    return _argument(argument) + tests + _op(_RETURN, _EPERM) + _op(_RETURN, _ALLOW)


def _null(*arguments: int) -> bytes:
    """Allowed when all these pointers (or whole words) are zero."""
    loads = [_argument(index, high) for index in arguments for high in (False, True)]
    left = 2 * len(loads)
    tests = b"".join(load + _op(_JEQ, 0, 0, left - 2 * at - 1) for at, load in enumerate(loads))
    return tests + _op(_RETURN, _ALLOW) + _op(_RETURN, _EPERM)


def allow_list(extra: tuple[str, ...] = (), without: tuple[str, ...] = ()) -> bytes:
    """The program for this machine's architecture, with calls of `_MORE` and without some of `_FREE`.

    Raises `OSError` for an architecture that is not known here.
    """
    machine = os.uname().machine
    if machine not in _ARCH:
        raise OSError(f"no system call table for {machine}")
    column = list(_ARCH).index(machine)
    program = _op(_LOAD, 4) + _op(_JEQ, _ARCH[machine], 1, 0) + _op(_RETURN, _KILL) + _op(_LOAD, 0)
    program += _op(_JGE, 0x40000000, 0, 1) + _op(_RETURN, _KILL)  # the x32 twins of every call
    allowed = {name: numbers for name, numbers in _FREE.items() if name not in without}
    allowed |= {name: _MORE[name] for name in extra}
    for numbers in allowed.values():
        number = numbers[column]
        if number is not None:
            program += _when(number, _op(_RETURN, _ALLOW))
    threads = (
        _argument(0)
        + _op(_AND, _CLONE_THREAD_VM | _CLONE_NEW)
        + _op(_JEQ, _CLONE_THREAD_VM, 0, 1)
        + _op(_RETURN, _ALLOW)
        + _op(_RETURN, _EPERM)
    )
    program += _when(_CLONE[column], threads)
    program += _when(_CLONE3[column], _op(_RETURN, _ENOSYS))  # its flags lie in memory: libc falls back to clone
    program += _when(_SOCKETPAIR[column], _one_of(0, (1,)))  # AF_UNIX, connected to nothing else
    program += _when(_SENDTO[column], _null(4))  # no address
    program += _when(_RECVMSG[column], _one_of(0, (WAIT,)))  # nobody may send any, so it receives none again
    program += _when(_IOCTL[column], _one_of(1, _IOCTLS))
    program += _when(_FCNTL[column], _one_of(1, _FCNTLS))
    program += _when(_PRCTL[column], _one_of(0, _PRCTLS))
    program += _when(_PRLIMIT[column], _null(0, 2))  # read one's own
    return program + _op(_RETURN, _EPERM)
