"""A guest before it has a job: forked, in namespaces of its own, limited, waiting. One is made ahead of need."""

from __future__ import annotations

import array
import gc
import os
import signal
import socket
from typing import NoReturn

from skillrm.sandbox.guest import kernel, runner, syscalls
from skillrm.sandbox.guest.confine import Cell, Grant

JOB, LINK = 3, 4


class Unborn:
    """In the zygote: the child, and the socket on which it waits for limits and descriptors."""

    def __init__(self, cell: Cell, control: socket.socket, grant: list[int]) -> None:
        """Raises `OSError` when the machine lets no child be made."""
        self.grant = grant
        self._sock, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            self.pid = cell.fork()
            if self.pid == 0:
                control.close()
                self._sock.close()  # so that it reads as closed once the zygote is gone
                _wait_and_serve(cell, theirs, Grant(*grant))
        finally:
            theirs.close()

    def bear(self, fds: list[int]) -> None:
        """Hand over what it waits for. Raises `OSError` when it has died meanwhile."""
        try:
            socket.send_fds(self._sock, [b"\1"], fds)
        except OSError:
            self.drop()
            raise
        self._sock.close()

    def drop(self) -> None:
        self._sock.close()
        os.kill(self.pid, signal.SIGKILL)
        os.wait4(self.pid, 0)


def _wait_and_serve(cell: Cell, sock: socket.socket, grant: Grant) -> NoReturn:
    failure: BaseException | None = None
    fds: list[int] = []
    waiting = sock
    try:
        try:
            kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
            cell.part()
            waiting = socket.socket(fileno=os.dup2(sock.detach(), syscalls.WAIT))
            cell.enclose(grant)
        except BaseException as error:
            failure = error
        message, fds = receive(waiting)
        if not message:
            os._exit(1)  # the zygote is gone
        if failure is not None:
            raise failure
        linked = len(fds) > 1
        _renumber(fds)
        fds = [JOB]
        waiting.detach()  # closed with all that is not standard, job or link
    except BaseException as error:  # told by name of step; nothing foreign has been read yet
        if fds:
            os.write(fds[0], b"\0" + str(error)[:200].encode())
        os._exit(1)
    try:
        os.write(JOB, b"\1")  # said before the first foreign byte is read, so nothing foreign can say it
        gc.enable()
        runner.serve(JOB, LINK if linked else None)
    finally:
        os._exit(1)


def _renumber(fds: list[int]) -> None:
    """The job socket becomes 3, the link 4, and nothing else stays open above the standard three."""
    wanted = (JOB, LINK)[: len(fds)]
    clear = max(*fds, *wanted) + 1
    for at, fd in enumerate(fds):
        os.dup2(fd, clear + at)
    for at, want in enumerate(wanted):
        os.dup2(clear + at, want)
    os.closerange(3 + len(fds), 4096)


def receive(control: socket.socket) -> tuple[bytes, list[int]]:
    """The next message with the descriptors that came along; an empty one when the other side is gone."""
    fds = array.array("i")
    message, ancillary, _, _ = control.recvmsg(65536, socket.CMSG_SPACE(2 * fds.itemsize))
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            fds.frombytes(data[: len(data) - len(data) % fds.itemsize])
    return message, fds.tolist()
