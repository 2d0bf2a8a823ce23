"""The end of a worker: nothing that was accepted is lost.

On SIGTERM `/readyz` fails and lines close after their answer, while new requests are still taken: balancers notice.
Then no new connection comes through, those in the kernel's queue are accepted and answered, and uvicorn ends. Ctrl-C
does without the balancers, and a second one without the answers.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import logging
import multiprocessing
import os
import signal
import socket
import struct
import threading
from collections.abc import Callable
from types import FrameType

from skillrm.service.guard import Guard

_log = logging.getLogger(__name__)
_SETTLE = 0.2
"""Seconds for what has come through to be accepted and read."""
_SO_ATTACH_FILTER = 26
_RETURN_NOTHING = struct.pack("HBBI", 0x06, 0, 0, 0)
"""A packet filter that lets nothing through."""


def drain_on_signals(guard: Guard, port: int, seconds: float, last_call: Callable[[], None]) -> None:
    """From the main thread of a worker, inside its loop: uvicorn's own handler of SIGTERM is put off by so long.
    `last_call`: called when nothing more is taken, or at once on Ctrl-C: what was taken need not wait for more.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    loop = asyncio.get_running_loop()
    before, interrupted = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)

    def end(number: int, frame: FrameType | None) -> None:
        if not callable(before) or guard.draining:
            return
        guard.draining = True
        loop.call_soon_threadsafe(loop.call_later, seconds, _shut_out, port)
        loop.call_soon_threadsafe(loop.call_later, seconds + _SETTLE, last_call)
        loop.call_soon_threadsafe(loop.call_later, seconds + _SETTLE, before, number, frame)

    def interrupt(number: int, frame: FrameType | None) -> None:
        if not guard.draining:
            guard.draining = True
            loop.call_soon_threadsafe(last_call)
            loop.call_soon_threadsafe(_tell, guard.accepted)
        if callable(interrupted):
            interrupted(number, frame)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, interrupt)
    parent = multiprocessing.parent_process()
    if parent is not None:  # a worker whose parent was killed would hold the port for ever
        loop.add_reader(parent.sentinel, _end_with_parent, loop, parent.sentinel)


def _tell(accepted: int) -> None:
    if accepted:
        _log.warning("interrupted: %d requests are answered first; Ctrl-C again ends at once", accepted)


def _end_with_parent(loop: asyncio.AbstractEventLoop, sentinel: int) -> None:
    loop.remove_reader(sentinel)
    os.kill(os.getpid(), signal.SIGTERM)


def _shut_out(port: int) -> None:
    """Let no further connection reach this port's queue. Closing the socket alone would reset those that are in it.

    Where the kernel has no such filter, those few are reset, and their clients try again.
    """
    instruction = ctypes.create_string_buffer(_RETURN_NOTHING)
    program = struct.pack("HL", 1, ctypes.addressof(instruction))
    for descriptor in _descriptors():
        with contextlib.suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as copy:
            listens = copy.family in (socket.AF_INET, socket.AF_INET6)
            if listens and copy.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) and copy.getsockname()[1] == port:
                copy.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)


def _descriptors() -> list[int]:
    try:
        return [int(name) for name in os.listdir("/proc/self/fd")]
    except OSError:
        return []
