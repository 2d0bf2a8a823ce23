"""Where a judge model is served."""

from __future__ import annotations

from collections.abc import Sequence

from yarl import URL

from skillrm.errors import ConfigError, Fault

_PATH = "chat/completions"


class Endpoint:
    """One server. `shown` is its address as it may stand in an error: no user, no password, no query."""

    __slots__ = ("shown", "url", "user")

    def __init__(self, base_url: str) -> None:
        url = _parsed(base_url)
        self.user: tuple[str, str] | None = (url.user or "", url.password or "") if url.user or url.password else None
        self.url = url.with_user(None)
        self.shown = str(self.url.with_query(None))


def endpoints(base_urls: str | Sequence[str]) -> tuple[Endpoint, ...]:
    """One endpoint for each different base URL. Raises `ConfigError`."""
    listed = (base_urls,) if isinstance(base_urls, str) else base_urls
    if not listed:
        raise ConfigError(Fault("at least one is needed", field="base_urls", mend="http://localhost:8000/v1"))
    return tuple(Endpoint(base_url) for base_url in dict.fromkeys(listed))


def _parsed(base_url: str) -> URL:
    """The URL of chat completions below `base_url`, which may end in `/v1`, in a slash, or already be the whole."""
    mend = "for example http://localhost:8000/v1"
    try:
        url = URL(base_url)
    except (ValueError, TypeError):
        url = URL()
    if url.scheme not in ("http", "https") or not url.host:
        raise ConfigError(Fault("a base URL is http(s)://host[:port][/path]", field="base_url", mend=mend))
    path = url.path.rstrip("/")
    if path.endswith("/" + _PATH):
        return url.with_path(path, keep_query=True)
    return url.with_path(f"{path or '/v1'}/{_PATH}", keep_query=True)
