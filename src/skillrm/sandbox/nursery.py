"""The host's side of the zygote: start it, ask it for guests, hear how they ended."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import socket
import struct
import subprocess
import sys
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from skillrm.errors import SandboxError, SandboxUnavailable

_BOOT = """
import sys, types
for name, path in (("skillrm", sys.argv[1]), ("skillrm.sandbox", sys.argv[1] + "/sandbox")):
    sys.modules[name] = module = types.ModuleType(name)
    module.__path__ = [path]
from skillrm.sandbox.guest import zygote
zygote.main(int(sys.argv[2]), sys.argv[3])
"""
_ENVIRONMENT = {"PYTHONHASHSEED": "0", "MALLOC_ARENA_MAX": "2", "LC_ALL": "C.UTF-8"}
START_SECONDS = 30.0
GRACE_SECONDS = 15.0
LINGER_SECONDS = 0.05


def strategies() -> tuple[str, ...]:
    """How a zygote may shut itself in, best first."""
    return ("root", "user") if os.geteuid() == 0 else ("user",)


def start(strategy: str) -> tuple[subprocess.Popen[bytes], socket.socket]:
    """A zygote and the control socket to it; it says `ready` or `failed` first. Raises `SandboxUnavailable`."""
    python = getattr(sys, "_base_executable", None) or sys.executable
    if not python or not hasattr(socket, "SOCK_SEQPACKET") or not sys.platform.startswith("linux"):
        raise SandboxUnavailable("needs Linux and a Python executable")
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    root = str(Path(__file__).resolve().parents[1])
    try:
        process = subprocess.Popen(
            [python, "-P", "-s", "-S", "-B", "-c", _BOOT, root, str(theirs.fileno()), strategy],
            pass_fds=[theirs.fileno()],
            env=_ENVIRONMENT,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        ours.close()
        raise SandboxUnavailable(f"cannot start Python: {error}") from None
    finally:
        theirs.close()
    ours.setblocking(False)
    return process, ours


def end(process: subprocess.Popen[bytes], control: socket.socket, owner: int) -> None:
    """Close the control socket, which ends the zygote and its guests; kill what does not end. Not in a fork of us."""
    if os.getpid() != owner:
        return
    control.close()
    try:
        process.wait(2)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@dataclass(frozen=True, slots=True)
class Ending:
    """How a guest ended, by the zygote's word."""

    code: int
    killed: str
    cpu: float
    broken: str = ""


class Guest:
    """One running guest: frames in and out, and its end. What comes out is hostile bytes."""

    def __init__(self, number: int, sock: socket.socket, nursery: Nursery, most: int) -> None:
        self.number = number
        self.ended: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        self._sock = sock
        self._nursery = nursery
        self._most = most
        self._buffer = bytearray()

    async def send(self, frame: Any) -> None:
        """Never raises when the guest is gone: reading says so."""
        body = json.dumps(frame).encode()
        with contextlib.suppress(OSError):
            await asyncio.get_running_loop().sock_sendall(self._sock, struct.pack(">I", len(body)) + body)

    async def receive(self) -> bytes | None:
        """The body of the next frame; None when the guest is gone or sends what is no frame (it is killed then)."""
        head = await self.exactly(4)
        if head is None:
            return None
        (size,) = struct.unpack(">I", head)
        if size > self._most:
            await self.kill()
            return None
        return await self.exactly(size)

    async def exactly(self, size: int) -> bytes | None:
        loop = asyncio.get_running_loop()
        while len(self._buffer) < size:
            try:
                chunk = await loop.sock_recv(self._sock, 1 << 18)
            except OSError:
                chunk = b""
            if not chunk:
                return None
            self._buffer += chunk
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data

    async def kill(self) -> None:
        await self._nursery.tell({"id": self.number, "kill": True})

    async def extend(self, seconds: float) -> None:
        """A new deadline, from now."""
        await self._nursery.tell({"id": self.number, "extend": seconds})

    async def ending(self) -> Ending:
        """Raises `SandboxError` when the zygote does not say in time."""
        try:
            return await asyncio.wait_for(asyncio.shield(self.ended), GRACE_SECONDS)
        except TimeoutError:
            self._nursery.stop()
            raise SandboxError("the zygote does not answer; it was killed") from None

    def close(self) -> None:
        self._sock.close()


class Nursery:
    """One zygote of one event loop. Holds no reference to the loop."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._guests: dict[int, Guest] = {}
        self._control: socket.socket | None = None
        self._end: weakref.finalize[..., Any] | None = None
        self.process: subprocess.Popen[bytes] | None = None
        self.strategy = ""

    @property
    def running(self) -> bool:
        return self._control is not None

    async def start(self) -> None:
        """Raises `SandboxUnavailable` with the reason of every strategy."""
        reasons = []
        for strategy in strategies():
            process, control = start(strategy)
            finalize = weakref.finalize(self, end, process, control, os.getpid())
            loop = asyncio.get_running_loop()
            try:
                message = await asyncio.wait_for(loop.sock_recv(control, 4096), START_SECONDS)
                hello = json.loads(message or b'{"failed": "the zygote died at its start"}')
            except BaseException as error:
                finalize()
                if isinstance(error, (TimeoutError, OSError)):
                    raise SandboxError(f"the zygote did not start: {error!r}") from None
                raise
            if "ready" in hello:
                self.process, self._control, self._end, self.strategy = process, control, finalize, strategy
                loop.add_reader(control, _hear, weakref.ref(self))
                return
            finalize()
            reasons.append(f"{strategy}: {hello['failed']}")
        raise SandboxUnavailable("; ".join(reasons))

    async def guest(self, grant: list[int], seconds: float, most: int, link: socket.socket | None = None) -> Guest:
        """A confined guest that waits for its job. Raises `SandboxError` when it could not be confined."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        guest = Guest(next(self._numbers), ours, self, most)
        self._guests[guest.number] = guest
        try:
            fds = [theirs.fileno()] + ([link.fileno()] if link else [])
            await self.tell({"id": guest.number, "seconds": seconds, "grant": grant}, fds)
        except BaseException:
            guest.close()
            del self._guests[guest.number]
            raise
        finally:
            theirs.close()
        return guest

    async def tell(self, message: dict[str, Any], fds: list[int] | None = None) -> None:
        body = json.dumps(message).encode()
        while True:
            if self._control is None:
                raise SandboxError("the zygote has ended")
            try:
                socket.send_fds(self._control, [body], fds or [])
                return
            except BlockingIOError:
                await asyncio.sleep(0.002)
            except OSError as error:
                self.stop()
                raise SandboxError(f"the zygote has ended: {error}") from None

    def dismiss(self, guest: Guest) -> None:
        """It has replied and ends by itself; if it does not, it is killed."""
        asyncio.get_running_loop().call_later(LINGER_SECONDS, self._send_off, guest)

    def _send_off(self, guest: Guest) -> None:
        if self._control is not None and not guest.ended.done():
            try:
                self._control.send(json.dumps({"id": guest.number, "kill": True}).encode())
            except BlockingIOError:
                self.dismiss(guest)
            except OSError:
                self.stop()

    def hear(self) -> None:
        """Endings that have arrived."""
        while self._control is not None:
            try:
                message = self._control.recv(4096)
            except BlockingIOError:
                return
            except OSError:
                message = b""
            if not message:
                self.stop()
                return
            said = json.loads(message)
            guest = self._guests.pop(said["id"], None)
            if guest is not None and not guest.ended.done():
                guest.ended.set_result(
                    Ending(said.get("code", 1), said.get("killed", ""), said.get("cpu", 0.0), said.get("broken", ""))
                )

    def stop(self) -> None:
        """End the zygote and with it every guest."""
        if self._control is not None:
            with contextlib.suppress(RuntimeError):
                asyncio.get_running_loop().remove_reader(self._control)
        self._control = None
        for guest in self._guests.values():
            if not guest.ended.done():
                guest.ended.set_result(Ending(1, "stopped", 0.0, "the zygote has ended"))
        self._guests.clear()
        if self._end is not None:
            self._end()


def _hear(reference: weakref.ref[Nursery]) -> None:
    nursery = reference()
    if nursery is not None:
        nursery.hear()
