"""A sandbox per test module, and a host world that no attack may touch."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio

from skillrm.sandbox import probe
from skillrm.sandbox.guest import syscalls
from skillrm.sandbox.opening import LevelledSandbox, shared

_COLUMN = ("x86_64", "aarch64").index(os.uname().machine) if os.uname().machine in ("x86_64", "aarch64") else 0
NAMED = sorted(
    number for call in (*syscalls._FREE.values(), *syscalls.CHECKED) if (number := call[_COLUMN]) is not None
)
REPO = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def full() -> None:
    """Skips where the kernel gives no namespaces; fails in CI."""
    state = probe().levels["full"]
    if state != "ok":
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"no full sandbox here: {state}")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox(full: None) -> AsyncIterator[LevelledSandbox]:
    opened = await shared()
    yield opened
    await opened.aclose()


@dataclass
class World:
    """What the host has to lose: a file with a secret, an environment variable, listening sockets."""

    folder: Path
    secret: str = field(default_factory=lambda: "CANARY" + secrets.token_hex(12))
    visitors: list[str] = field(default_factory=list)
    sockets: list[socket.socket] = field(default_factory=list)

    @property
    def canary(self) -> Path:
        return self.folder / "canary.py"

    def listen(self, family: int, address: object) -> socket.socket:
        server = socket.socket(family)
        server.bind(address)  # type: ignore[arg-type]
        server.listen()
        self.sockets.append(server)
        threading.Thread(target=self._greet, args=(server,), daemon=True).start()
        return server

    def _greet(self, server: socket.socket) -> None:
        while True:
            try:
                visitor, address = server.accept()
            except OSError:
                return
            self.visitors.append(str(address))
            visitor.close()

    def filled(self, code: str, zygote: int) -> str:
        """The attack's code with what it would need to know."""
        for name, value in {
            "CANARY": self.canary,
            "DIR": self.folder,
            "REPO": REPO,
            "PID": os.getpid(),
            "ZYGOTE": zygote,
            "PORT": self.sockets[0].getsockname()[1],
            "UNIX": self.folder / "unix",
            "ABSTRACT": self.folder.name,
            "NEXT": "POLLUTED",
            "HOSTNAME": socket.gethostname(),
            "NAMED": NAMED,
            "PARENS": "(" * 20000 + ")" * 20000,
        }.items():
            code = code.replace(f"@{name}@", str(value))
        return code

    def unharmed(self) -> None:
        """Nothing was read off, written, added or called."""
        assert self.canary.read_text() == f"# {self.secret}\n"
        assert sorted(path.name for path in self.folder.iterdir()) == ["canary.py", "unix"]
        assert self.visitors == []


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    yield from made()


@pytest.fixture
def lost_world() -> Iterator[World]:
    """One of its own, for what is meant to happen to it."""
    yield from made()


def made() -> Iterator[World]:
    # not below /tmp: a guest has a /tmp of its own, and would miss the canary for that reason alone
    here = World(Path(tempfile.mkdtemp(dir="/var/tmp")))
    here.canary.write_text(f"# {here.secret}\n")
    here.folder.chmod(0o777)  # so that only isolation stands between
    here.canary.chmod(0o666)
    here.listen(socket.AF_INET, ("127.0.0.1", 0))
    here.listen(socket.AF_UNIX, str(here.folder / "unix"))
    here.listen(socket.AF_UNIX, f"\0{here.folder.name}")
    os.environ["SKILLRM_CANARY"] = here.secret
    yield here
    del os.environ["SKILLRM_CANARY"]
    for server in here.sockets:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
    shutil.rmtree(here.folder)
