"""What all judgments of one run may spend together."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from skillrm.backends.chat import ChatUsage
from skillrm.errors import ConfigError, Fault


class Budget:
    """Bounds of a whole run, shared by all its judgments and threads; None leaves one open.

    Every reply of a model charges it (`OpenAIBackend(..., budget=budget)`); replies out of a cache cost nothing.
    Nothing is cut off: whoever runs many judgments asks `exhausted` before each new one and lets those that have begun
    end, so a run goes over by what was in flight. The seconds count from when the budget was made.

    >>> budget = Budget(max_tokens=1000)
    >>> budget.charge(ChatUsage(prompt_tokens=900, completion_tokens=100))
    >>> budget.exhausted
    'the budget of 1,000 tokens is spent'
    """

    def __init__(
        self,
        *,
        max_cost: float | None = None,
        max_tokens: int | None = None,
        max_seconds: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`max_cost` in US dollars, `max_tokens` prompt and completion together. Raises `ConfigError`."""
        for name, limit in (("max_cost", max_cost), ("max_tokens", max_tokens), ("max_seconds", max_seconds)):
            if limit is not None and not limit > 0:
                raise ConfigError(Fault(f"must be above 0, not {limit}", field=name, mend="leave it out for no bound"))
        self.max_cost, self.max_tokens, self.max_seconds = max_cost, max_tokens, max_seconds
        self.cost_usd, self.tokens = 0.0, 0
        self._clock, self._started, self._lock = clock, clock(), threading.Lock()

    def charge(self, usage: ChatUsage) -> None:
        """Count what one reply has used."""
        with self._lock:
            self.tokens += usage.prompt_tokens + usage.completion_tokens
            self.cost_usd += usage.cost_usd or 0.0

    @property
    def seconds(self) -> float:
        """Since the budget was made."""
        return self._clock() - self._started

    @property
    def exhausted(self) -> str | None:
        """In words which bound is reached; None while all hold."""
        if self.max_cost is not None and self.cost_usd >= self.max_cost:
            return f"the budget of ${self.max_cost:g} is spent"
        if self.max_tokens is not None and self.tokens >= self.max_tokens:
            return f"the budget of {self.max_tokens:,} tokens is spent"
        if self.max_seconds is not None and self.seconds >= self.max_seconds:
            return f"the budget of {self.max_seconds:g} s is over"
        return None

    def require_prices(self, prices: tuple[float, float] | None) -> None:
        """Raises `ConfigError` when dollars are bounded, but nothing says what a token costs."""
        if self.max_cost is not None and prices is None:
            mend = "give prices, in US dollars per million (prompt, completion) tokens, or bound tokens instead"
            raise ConfigError(Fault("what a call costs is not known without prices", field="max_cost", mend=mend))
