"""Where a server is, read off its URL once."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from skillrm.errors import ConfigError, Fault

CHAT: Final = "chat/completions"
_PORTS: Final = {"http": 80, "https": 443}
_NAME = re.compile(r"[a-z0-9._-]+")
_PATH_SAFE, _QUERY_SAFE = "%/:@!$&'()*+,;=~", "%/:@!$&'()*+,;=~?"


class Endpoint:
    """One address that is asked. `shown` is how it may stand in an error: no user, no password, no query."""

    __slots__ = ("host", "netloc", "port", "scheme", "shown", "target", "user")

    def __init__(self, url: str, below: str | None = None) -> None:
        """`below`: the path under a base URL, which may end in `/v1`, in a slash, or already be that of chat
        completions; None takes `url` as it is. Raises `ConfigError`.
        """
        try:
            parts = urlsplit(url)
            self.scheme = parts.scheme
            self.host = _host(parts.hostname or "")
            self.port = parts.port or _PORTS[self.scheme]
        except (ValueError, TypeError, KeyError, AttributeError):
            mend = "for example http://localhost:8000/v1"
            raise ConfigError(
                Fault("a base URL is http(s)://host[:port][/path]", field="base_url", mend=mend)
            ) from None
        path = parts.path if below is None else _below(parts.path.rstrip("/"), below)
        path = quote(path or "/", safe=_PATH_SAFE, errors="replace")
        named = f"[{self.host}]" if ":" in self.host else self.host
        self.netloc = named if self.port == _PORTS[self.scheme] else f"{named}:{self.port}"
        self.target = f"{path}?{quote(parts.query, safe=_QUERY_SAFE, errors='replace')}" if parts.query else path
        self.shown = f"{self.scheme}://{self.netloc}{path}"
        known = parts.username or parts.password
        self.user = (unquote(parts.username or ""), unquote(parts.password or "")) if known else None


def endpoints(base_urls: str | Sequence[str]) -> tuple[Endpoint, ...]:
    """One endpoint for the chat completions of each different base URL. Raises `ConfigError`."""
    listed = (base_urls,) if isinstance(base_urls, str) else base_urls
    if not listed:
        raise ConfigError(Fault("at least one is needed", field="base_urls", mend="http://localhost:8000/v1"))
    return tuple(Endpoint(base_url, CHAT) for base_url in dict.fromkeys(listed))


def _below(path: str, below: str) -> str:
    base = path.removesuffix("/" + CHAT) if path.endswith("/" + CHAT) else path or "/v1"
    return f"{base}/{below}"


def _host(name: str) -> str:
    """The host as it goes into a header. Raises `ValueError`."""
    if ":" in name:
        ipaddress.IPv6Address(name)
        return name
    name = name if name.isascii() else name.encode("idna").decode()
    if not _NAME.fullmatch(name):
        raise ValueError
    return name
