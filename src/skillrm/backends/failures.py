"""What went wrong in one attempt: which error it is, whether trying again can help, and how long to wait."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from skillrm.backends.decode import Body, Hide, excerpt, one_line, read_body
from skillrm.errors import (
    BackendAuthError,
    BackendError,
    BackendRateLimited,
    BackendReplyError,
    BackendRequestError,
    BackendTransportError,
    ContextOverflow,
)

NEVER = 0
FIRST_WAIT, LONGEST_WAIT = 0.5, 20.0
"""Seconds: the back-off doubles from the first to the longest, and each wait is drawn from 0 up to it."""
LONGEST_ASKED = 300.0
"""Seconds a server's Retry-After is obeyed at most."""
_RETRIED = frozenset({408, 409, 425, 429})
_GATEWAY = frozenset({502, 503, 504})
_OVERLOADED = frozenset({429, 503, 529})
_PATIENCE = 4
"""A 429 has as many times the retries of other failures: the server is well and says later."""
_OVERFLOW_CODES = frozenset({"context_length_exceeded", "exceed_context_size_error", "context_too_large"})
_UNSUPPORTED = ("unsupported_parameter", "unsupported_value")
_OVERFLOW = re.compile(
    r"context (?:length|size|window)[^.]{0,80}exceed|exceed[^.]{0,80}context (?:length|size|window)"
    r"|maximum context length|longer than the (?:maximum model length|model's context length)"
    r"|exceeds the maximum (?:number of tokens|(?:allowed )?input length)|(?:prompt|input) is too long"
    r"|reduce the length of the (?:messages|input|prompt)|max_new_tokens` must be <=",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed attempt."""

    error: BackendError
    retries: int | None = None
    """How often such a failure is worth another attempt; None: as often as the backend retries at all."""
    after: float | None = None
    """Seconds that the server asked to wait."""
    param: str | None = None
    """The body field that this model does not support, where the server names one."""
    overload: bool = False
    """The endpoint has more calls than it can take."""
    down: bool = False
    """Perhaps the endpoint is gone."""
    away: bool = False
    """Nobody was there: no connection, a reset, a gateway that says so; nothing in the request can be the cause."""

    @property
    def kind(self) -> object:
        """Failures of one kind share their retries."""
        return type(self.error), self.retries

    def allowed(self, retries: int) -> int:
        """Retries of this kind, where `retries` is how often the backend retries at all."""
        allowed = retries if self.retries is None else min(self.retries, retries)
        return allowed * _PATIENCE if isinstance(self.error, BackendRateLimited) else allowed

    def wait(self, done: int) -> float:
        """Seconds until the next attempt at the same endpoint: full jitter, never before the server's own wish."""
        drawn = random.uniform(0.0, min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(done, 16)))
        return drawn if self.after is None else min(self.after, LONGEST_ASKED) + 0.1 * drawn


def refused(status: int, headers: Mapping[str, str], content: bytes, where: str, hide: Hide = str) -> Failure:
    """The failure behind an HTTP status other than 2xx."""
    try:
        body = read_body(content)
    except BackendReplyError:
        body = Body()
    return _classified(status, _said(body, hide), retry_after(headers), excerpt(content, hide), where)


def broken_reply(body: Body, error: BackendReplyError, where: str, hide: Hide = str) -> Failure:
    """The failure behind a 200 without a message: the error it carries, else a reply worth two more attempts."""
    said = _said(body, hide)
    if body.error is not None and said.status is not None:  # some gateways answer 200 whatever happened
        return _classified(said.status, said, None, "", where)
    detail = f": {said.message}" if said.message else ""
    return Failure(BackendReplyError(f"{where}: {error}{detail}"), retries=2)


def retry_after(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """Seconds the server asks to wait: `retry-after-ms`, or `retry-after` in seconds or as a date; never negative."""
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        given = headers.get(name)
        if given is None:
            continue
        try:
            seconds = float(given) * scale
        except ValueError:
            try:
                seconds = parsedate_to_datetime(given).timestamp() - (time.time() if now is None else now)
            except (ValueError, TypeError, OverflowError):
                continue
        if seconds == seconds:  # NaN is no wish
            return max(0.0, seconds)
    return None


@dataclass(frozen=True, slots=True)
class _Said:
    """What a server's error object says; servers differ in where they put it."""

    message: str = ""
    code: str = ""
    kind: str = ""
    param: str | None = None
    status: int | None = None


def _said(body: Body, hide: Hide) -> _Said:
    error: Any = body.error if body.error is not None else body.message if body.message is not None else body.detail
    if not isinstance(error, dict):
        return _Said(_line(error, hide))
    code, kind = error.get("code"), error.get("type")
    return _Said(
        message=_line(error.get("message"), hide),
        code=code[:100] if isinstance(code, str) else "",
        kind=kind[:100] if isinstance(kind, str) else "",
        param=error["param"] if code in _UNSUPPORTED and isinstance(error.get("param"), str) else None,
        status=code if type(code) is int and 400 <= code < 600 else None,
    )


def _line(value: Any, hide: Hide) -> str:
    if value is None:
        return ""
    return one_line(value if isinstance(value, str) else f"a {type(value).__name__}", hide, 400)


def _classified(status: int, said: _Said, after: float | None, head: str, where: str) -> Failure:
    message = f"{where}: HTTP {status}: {said.message or head}"
    if status in (401, 403):
        return Failure(BackendAuthError(message), NEVER)
    if status == 429:
        spent = said.code == "insufficient_quota" or said.kind == "insufficient_quota"
        return Failure(BackendRateLimited(message), NEVER if spent else None, after, overload=not spent)
    if said.code in _OVERFLOW_CODES or said.kind in _OVERFLOW_CODES or _OVERFLOW.search(said.message):
        return Failure(ContextOverflow(message), NEVER)
    if status == 413:
        return Failure(ContextOverflow(message), NEVER)
    if status in _RETRIED or status >= 500:
        return Failure(
            BackendTransportError(message),
            None,
            after,
            overload=status in _OVERLOADED,
            down=status >= 500 and after is None,
            away=status in _GATEWAY and after is None,
        )
    if 300 <= status < 400:
        return Failure(BackendRequestError(f"{message}: redirects are not followed; give the final URL"), NEVER)
    hint = "; is the base URL right, and does the server have this model?" if status == 404 else ""
    return Failure(BackendRequestError(message + hint), NEVER, param=said.param)
