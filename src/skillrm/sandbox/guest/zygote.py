"""The process that guests are forked from: warm, confined, and ignorant.

It never sees foreign code or data: those go straight from the host to the guest through the job socket, whose other
end it passes on unread. What one guest was told can therefore not lie in the memory that the next one starts from.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import time
from typing import Any

from skillrm.sandbox.guest import kernel, runner
from skillrm.sandbox.guest.confine import Cell
from skillrm.sandbox.guest.unborn import Unborn, receive

# Each costs every fork: its pages and, where it is compiled, its mappings. asyncio alone would add a third: the guest
# that asks for it imports it. What needs a library of the system's must be here: a guest sees none to load.
# fmt: off
WARM = (
    "abc", "argparse", "array", "ast", "base64", "binascii", "bisect", "bz2", "calendar", "cmath",
    "collections.abc", "contextlib", "copy", "csv", "ctypes", "dataclasses", "datetime", "decimal", "difflib", "enum",
    "fractions", "functools", "gc", "hashlib", "heapq", "html.parser", "inspect", "io", "itertools", "json",
    "keyword", "lzma", "math", "numbers", "operator", "os.path", "pprint", "queue", "random", "re", "secrets",
    "shlex", "sqlite3", "ssl", "statistics", "string", "struct", "textwrap", "threading", "time", "timeit", "traceback",
    "types", "typing", "unicodedata", "unittest", "urllib.parse", "uuid", "weakref", "zlib",
    "zoneinfo",
)
# fmt: on


def main(control_fd: int, strategy: str) -> None:
    """Serve until the control socket closes. A failure to confine is told to the host, and nothing is ever forked."""
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    control = socket.socket(fileno=control_fd)
    null = os.open("/dev/null", os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    os.close(null)
    os.environ.clear()
    for name in WARM:
        with contextlib.suppress(ImportError):  # a build without it: the guest gets the same ImportError
            importlib.import_module(name)
    runner.warm()
    try:
        cell = Cell(strategy)
    except OSError as error:
        control.send(json.dumps({"failed": str(error)}).encode())
        return
    gc.collect()
    gc.freeze()
    gc.disable()
    control.send(b'{"ready": true}')
    Zygote(control, cell).serve()


class Zygote:
    """Forks a guest per request, kills it at its deadline, reports how it ended."""

    def __init__(self, control: socket.socket, cell: Cell) -> None:
        self.control = control
        self.cell = cell
        self.poll = select.poll()
        self.poll.register(control, select.POLLIN)
        self.spare: Unborn | None = None
        self.usual: list[int] | None = None
        """What the last guest might use: most likely what the next one may."""
        self.guests: dict[int, _Guest] = {}  # by pidfd

    def serve(self) -> None:
        """Until the host closes the control socket; then no guest is left."""
        while self._turn():
            pass
        for guest in self.guests.values():
            guest.kill("closed")
            os.wait4(guest.pid, 0)
        if self.spare is not None:
            self.spare.drop()

    def _turn(self) -> bool:
        nearest = min((guest.deadline for guest in self.guests.values() if not guest.killed), default=None)
        wait = None if nearest is None else max(0, int((nearest - time.monotonic()) * 1000) + 1)
        for fd, _ in self.poll.poll(wait):
            if fd == self.control.fileno():
                if not self._hear():
                    return False
            elif fd in self.guests:
                self._bury(fd)
        now = time.monotonic()
        for guest in self.guests.values():
            if guest.deadline <= now and not guest.killed:
                guest.kill("timeout")
        if self.spare is None and self.usual and not self.poll.poll(0):  # nothing is asked: make the next one ahead
            with contextlib.suppress(OSError):
                self.spare = Unborn(self.cell, self.control, self.usual)
        return True

    def _hear(self) -> bool:
        message, fds = receive(self.control)
        if not message:
            return False  # the host is gone: our death takes the guests along
        request = json.loads(message)
        mine = [guest for guest in self.guests.values() if guest.id == request["id"]]
        if "kill" in request:
            for guest in mine:
                guest.kill("killed")
        elif "extend" in request:
            for guest in mine:
                guest.deadline = time.monotonic() + request["extend"]
        else:
            self._start(request, fds)
        for fd in fds:
            os.close(fd)
        return True

    def _start(self, request: dict[str, Any], fds: list[int]) -> None:
        started = time.monotonic()
        grant = self.usual = request["grant"]
        spare, self.spare = self.spare, None
        try:
            if spare is not None and spare.grant != grant:
                spare.drop()
                spare = None
            unborn = spare or Unborn(self.cell, self.control, grant)
            unborn.bear(fds)
        except OSError as error:
            self._report(request["id"], {"broken": f"fork: {error}"})
            return
        pidfd = os.pidfd_open(unborn.pid)
        self.guests[pidfd] = _Guest(request["id"], unborn.pid, started, started + request["seconds"])
        self.poll.register(pidfd, select.POLLIN)

    def _bury(self, pidfd: int) -> None:
        guest = self.guests.pop(pidfd)
        self.poll.unregister(pidfd)
        os.close(pidfd)
        _, status, usage = os.wait4(guest.pid, 0)
        self._report(
            guest.id,
            {
                "code": os.waitstatus_to_exitcode(status),
                "killed": guest.killed,
                "cpu": usage.ru_utime + usage.ru_stime,
                "ms": (time.monotonic() - guest.started) * 1000,
            },
        )

    def _report(self, number: object, fields: dict[str, object]) -> None:
        try:
            self.control.send(json.dumps({"id": number, **fields}).encode())
        except OSError:
            sys.exit(0)


class _Guest:
    def __init__(self, number: object, pid: int, started: float, deadline: float) -> None:
        self.id, self.pid, self.started, self.deadline = number, pid, started, deadline
        self.killed = ""

    def kill(self, why: str) -> None:
        self.killed = self.killed or why
        os.kill(self.pid, signal.SIGKILL)  # not reaped yet, so the number is still its own; its namespace dies with it
