"""uvicorn around the application: one process, or several on one socket."""

from __future__ import annotations

import logging
import resource
import signal
import socket
from collections.abc import Callable
from dataclasses import replace

import uvicorn
from uvicorn.supervisors import Multiprocess

from skillrm.errors import ConfigError, Fault
from skillrm.service.app import Application
from skillrm.service.metrics import share_between_workers
from skillrm.service.protocol import Patient
from skillrm.service.settings import Build, Settings

_BACKLOG = 2048
_KEEP_ALIVE = 75
"""Seconds an idle connection is kept: longer than clients keep theirs, so that none writes into a closed one."""
_DESCRIPTORS = 1 << 16
_STARTING = 30
"""Seconds a worker may take until it first answers its parent; beyond, it is killed and begun anew."""


def serve(build: Build, settings: Settings, started: Callable[[str], None] = print) -> None:
    """Serve until SIGTERM or Ctrl-C, then answer what was accepted and return.

    `started` is told the address once the socket is bound. Raises `ConfigError` for an address that cannot be used.
    """
    listening = _bound(settings)
    host, port = listening.getsockname()[:2]
    config = configured(build, replace(settings, port=port))
    started(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)  # uvicorn raises the signal once more when it is done
    if settings.workers == 1:
        uvicorn.Server(config).run(sockets=[listening])
        return
    with share_between_workers():
        Multiprocess(config, sockets=[listening]).run()


def configured(build: Build, settings: Settings) -> uvicorn.Config:
    """uvicorn's configuration for one worker or several."""
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    return uvicorn.Config(
        Application(build, replace(settings, connections=min(settings.connections, _room()))),
        factory=True,
        http=Patient,
        ws="none",
        lifespan="on",
        workers=settings.workers,
        log_config=None,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_worker_healthcheck=_STARTING,
        backlog=_BACKLOG,
    )


def _room() -> int:
    """Connections that this process has descriptors for, a quarter left to judges, sandbox and files. As many are asked
    for as the system gives: trainers keep one open for each rollout that waits for its group.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _DESCRIPTORS if hard == resource.RLIM_INFINITY else min(_DESCRIPTORS, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return (wanted if soft == resource.RLIM_INFINITY else soft) * 3 // 4


def _bound(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # its protocol is named, as asyncio else leaves Nagle's algorithm on: 40 ms an answer
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((settings.host, settings.port))
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        where = f"{settings.host}:{settings.port}"
        raise ConfigError(Fault(f"cannot listen on {where}: {error.strerror or error}", field="--port")) from None
    listening.set_inheritable(True)
    return listening
