"""Where a judge model is served, and which of several servers takes the next call."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count

from yarl import URL

from skillrm.errors import ConfigError, Fault

_PATH = "chat/completions"


class Endpoint:
    """One server. `shown` is its address as it may stand in an error: no user, no password, no query."""

    __slots__ = ("outstanding", "served", "shown", "url", "user")

    def __init__(self, base_url: str) -> None:
        url = _parsed(base_url)
        self.user: tuple[str, str] | None = (url.user or "", url.password or "") if url.user or url.password else None
        self.url = url.with_user(None)
        self.shown = str(self.url.with_query(None))
        self.outstanding = 0
        self.served = 0
        """Rank of its latest call among all calls; the one that waited longest wins a tie."""


class Endpoints:
    """Gives each call the server with the fewest calls outstanding; ties go round."""

    __slots__ = ("_all", "_calls")

    def __init__(self, base_urls: Sequence[str]) -> None:
        if not base_urls:
            raise ConfigError(Fault("at least one is needed", field="base_urls", mend="http://localhost:8000/v1"))
        self._all = tuple(Endpoint(base_url) for base_url in dict.fromkeys(base_urls))
        self._calls = count(1)

    def __iter__(self) -> Iterator[Endpoint]:
        return iter(self._all)

    def take(self, avoid: Endpoint | None = None) -> Endpoint:
        """The server for one attempt; not `avoid`, which just failed, if there is another. `release` it after."""
        chosen = self._all[0]
        if len(self._all) > 1:
            chosen = min((e for e in self._all if e is not avoid), key=lambda e: (e.outstanding, e.served))
            chosen.served = next(self._calls)
        chosen.outstanding += 1
        return chosen

    def release(self, endpoint: Endpoint) -> None:
        """The attempt on `endpoint` has ended, however it ended."""
        endpoint.outstanding -= 1


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
