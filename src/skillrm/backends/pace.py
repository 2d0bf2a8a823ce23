"""How many calls one endpoint may have now: a limit that adapts, pauses it asks for, and a breaker for when it is gone.

No clock and no loop in here: every method is told the time, in `time.monotonic()` seconds.

- *Limit*. There is none until the first sign of trouble: a healthy server takes a thousand calls at once, and one that
  cannot says so. Each refused call (429, 503, 529, no reply in time) takes one place away, so a round of calls is cut
  by the share that was refused: down to what the server took. Halving at every refusal, as TCP does, would turn 1 % of
  stray 429s into a dozen calls in flight. Rounds without a refusal add places, slowly at first, then faster.
- *Latency* cuts only where replies are on their way to time out and a shorter queue shortens them: servers that batch
  answer later the more they are given, and are the faster for it.
- *Pause*. `Retry-After` holds for the endpoint, not for the one call that was told; for that call alone while the
  endpoint takes nearly all others, for then it is not the endpoint that is full.
- *Breaker*. After three failures in a row (no connection, reset, 5xx, no reply in time) nothing is sent but one probe,
  a real call, after 0.5 s and then ever less often, at least every 10 s. Any answer closes it.
"""

from __future__ import annotations

import logging
import math
import random
from typing import Final

from skillrm.backends.endpoints import Endpoint
from skillrm.backends.failures import LONGEST_ASKED, Failure

_log = logging.getLogger(__name__)
_FIRST_LIMIT: Final = 8
"""The first refusal cuts no deeper: it says little about a server that had few calls."""
_CALM_ROUNDS: Final = 4
"""Rounds without a refusal until growth speeds up, doubling each round from there."""
_STEP: Final = 1 / 16
"""Places added in a round, as a share of the limit; at least one. So 5 % of stray refusals do not sink it."""
_ROUND: Final = 8
"""Replies whose mean latency is compared, at least; else as many as are in flight."""
_RISE: Final = 4.0
_CROWDED: Final = 0.25
"""Mean latency is too high above 4 times the least mean seen and above this share of an attempt's timeout."""
_CUT: Final = 0.8
_STRAY, _MEMORY = 0.1, 32
"""Refusals up to this share of the last calls, of about so many, say nothing about the next call."""
_OPENS_AFTER: Final = 3
_FIRST_PROBE, _LAST_PROBE = 0.5, 10.0
_TOLD_AFTER: Final = 5.0
"""Seconds without an answer until the log says why everything stands still; shorter outages are nobody's concern."""


class Pace:
    """One endpoint as one event loop sees it."""

    __slots__ = (
        "_calm", "_count", "_crowded", "_ended", "_failures", "_least", "_probe_after", "_refusals",
        "_round", "_sum", "_timeout", "_told", "answered",
        "endpoint", "error", "limit", "open_since", "outstanding", "ready_at", "served",
    )  # fmt: skip

    def __init__(self, endpoint: Endpoint, timeout: float) -> None:
        """`timeout`: seconds of one attempt."""
        self.endpoint, self._timeout = endpoint, timeout
        self.outstanding = self.served = 0
        """`served`: rank of its latest call among all calls; the one that waited longest wins a tie."""
        self.limit = math.inf
        self.ready_at = -math.inf
        """No call before: the end of a pause, or the next probe."""
        self.open_since: float | None = None
        """When it was found to be gone; None while it answers."""
        self.answered = self._told = False
        self.error: Exception | None = None
        """How the latest failed attempt ended."""
        self._failures, self._probe_after, self._calm = 0, _FIRST_PROBE, 0.0
        self._round, self._sum, self._count = -math.inf, 0.0, 0
        self._least, self._crowded = math.inf, math.inf
        self._refusals, self._ended = 0.0, 0

    def has_room(self, now: float) -> bool:
        return now >= self.ready_at and (self.outstanding < self.limit or self.open_since is not None)

    def begin(self, now: float) -> bool:
        """A call goes out; whether it is a probe."""
        self.outstanding += 1
        if self.open_since is None:
            return False
        self.ready_at = now + self._probe_after
        return True

    def leave(self) -> None:
        """A call has ended without a word about the endpoint: it was cancelled, or ran out of its own time."""
        self.outstanding -= 1

    def answer(self, began: float, now: float) -> None:
        """A call has ended with a reply."""
        self._alive()
        self._count_refusal(False)
        if self.limit < math.inf and 2 * self.outstanding >= self.limit:
            step = max(1.0, self.limit * _STEP) * 2.0 ** max(0.0, self._calm - _CALM_ROUNDS)
            self._calm += 1 / self.limit
            self.limit += min(1.0, step / self.limit)
        self.outstanding -= 1
        if began >= self._round:
            self._sum, self._count = self._sum + now - began, self._count + 1
            if self._count >= max(_ROUND, self.outstanding):
                self._end_round(self._sum / self._count, now)

    def fail(self, failure: Failure, now: float, *, crowd: int = 0, probe: bool = False) -> None:
        """A call has ended with `failure`. `crowd`: how many were out once it had begun; `probe`: what `begin` said."""
        if failure.overload:
            self._refused(max(crowd, self.outstanding))
        self.outstanding -= 1
        if not failure.down:
            self._alive()
        self._count_refusal(failure.overload)
        if failure.after is not None and self._refusals > _STRAY:
            asked = min(failure.after, LONGEST_ASKED)
            self.ready_at = max(self.ready_at, now + asked * random.uniform(1.0, 1.05))
        if failure.down:
            self._gone(failure, now, probe)

    def _count_refusal(self, refused: bool) -> None:
        self._ended = min(self._ended + 1, _MEMORY)
        self._refusals += (refused - self._refusals) / self._ended

    def _gone(self, failure: Failure, now: float, probe: bool) -> None:
        self.error = failure.error
        self._failures += 1
        if self.open_since is not None:
            if not probe:  # it was on its way when the endpoint went
                return
            self._probe_after = min(2 * self._probe_after, _LAST_PROBE)
            self.ready_at = max(self.ready_at, now + self._probe_after * random.uniform(0.8, 1.0))
            if self.answered and not self._told and now - self.open_since >= _TOLD_AFTER:
                self._told = True
                away, why = now - self.open_since, str(failure.error)[:300]
                _log.warning("a judge's server is away for %.0f s; calls wait for it (%s)", away, why)
        elif self._failures >= _OPENS_AFTER:
            self.open_since, self._probe_after = now, _FIRST_PROBE
            self.ready_at = max(self.ready_at, now + _FIRST_PROBE * random.uniform(0.8, 1.0))

    def _alive(self) -> None:
        self.answered = True
        self._failures = 0
        if self._told:
            self._told = False
            _log.warning("%s answers again", self.endpoint.shown)
        if self.open_since is not None:
            self.open_since, self.ready_at = None, -math.inf

    def _refused(self, crowd: int) -> None:
        self._calm = 0.0
        if self.limit == math.inf:
            self.limit = max(crowd - 1, _FIRST_LIMIT)
        elif 2 * crowd >= self.limit:
            self.limit = max(1.0, self.limit - 1)
        else:  # refused far below the limit: then the limit is old
            self.limit = max(1.0, 0.9 * self.limit)

    def _end_round(self, mean: float, now: float) -> None:
        self._round, self._sum, self._count = now, 0.0, 0
        self._least = min(self._least, mean)
        if mean <= max(_RISE * self._least, _CROWDED * self._timeout):
            self._crowded = math.inf
        elif mean > 0.9 * self._crowded:  # the cut before has shortened nothing: this is how long replies take
            self._least, self._crowded, self.limit = mean, math.inf, self.limit / _CUT
        else:
            self._crowded = mean
            self.limit = max(1.0, _CUT * min(self.limit, self.outstanding + 1))
