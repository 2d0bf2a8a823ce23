"""How the service is run: where it listens, whom it lets in, how much it takes at once."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from skillrm.errors import ConfigError, Fault
from skillrm.rewards.failing import OnFailure
from skillrm.rewards.forms import Form
from skillrm.validation import among

if TYPE_CHECKING:
    from skillrm.reward_model import RewardModel

Build = Callable[[], Awaitable["RewardModel"]]
"""Makes the reward model of one worker, inside its event loop; picklable for more than one worker."""
TOKEN = "SKILLRM_TOKEN"


@dataclass(frozen=True, slots=True)
class Settings:
    """Raises `ConfigError` for an address that others reach without a token, unless `open_to_all` says so."""

    host: str = "127.0.0.1"
    port: int = 8080
    """0: one that is free."""
    workers: int = 1
    tokens: tuple[str, ...] = field(default=(), repr=False)
    open_to_all: bool = False
    concurrency: int = 64
    """Judgments at once, per worker."""
    queue: int = 256
    """Requests that may wait beyond them, per worker; the next one is answered 429."""
    connections: int = 1 << 16
    """Clients that may be connected, per worker; fewer where the process has no descriptors for them."""
    max_body: int = 32 << 20
    """Bytes of one request."""
    timeout: float = 300.0
    """Seconds a request may wait for its turn; a judgment has its own limit."""
    patience: float = 10.0
    """Seconds for a request's head, and for its body beside a slow line's rate."""
    drain: float = 0.5
    """Seconds in which new requests are still taken after SIGTERM, so that balancers see `/readyz` fail first."""
    on_failure: OnFailure = field(default_factory=OnFailure)
    form: Form = "scores"
    group_size: int | None = None
    """Rollouts of a prompt that wait for one another where a trainer calls per sample; None: each is judged alone."""
    group_wait: float = 30.0
    """Seconds they wait at most, after the first."""
    log: bool = True

    def __post_init__(self) -> None:
        among(self.form, Form, "form")
        if self.group_size == 1 and self.form != "scores":
            raise ConfigError(Fault(f"{self.form} need a group of two or more", field="group_size"))
        if self.group_size and self.workers > 1:
            mend = "serve them with --workers 1"
            raise ConfigError(Fault("the rollouts of a group must meet in one process", field="group_size", mend=mend))
        if self.tokens or self.open_to_all or is_loopback(self.host):
            return
        mend = f"give --token-file or set {TOKEN}; --no-token if really everybody may use it"
        raise ConfigError(Fault(f"{self.host} is reached by others, and no token is set", field="host", mend=mend))


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def tokens_of(file: Path | None, environ: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """The tokens that let a client in: the lines of the file, else the environment's. Raises `ConfigError`."""
    if file is None:
        given = environ.get(TOKEN, "").split()
        return tuple(given)
    try:
        lines = [line.strip() for line in file.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError) as error:
        raise ConfigError(Fault(f"cannot be read: {error}", file=str(file), field="--token-file")) from None
    tokens = tuple(line for line in lines if line and not line.startswith("#"))
    if not tokens:
        raise ConfigError(Fault("holds no token", file=str(file), mend="one token a line"))
    return tokens
