"""What became of rewards: counted, and told in the log where a valid judgment is missing. Never a text of a sample."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Iterable, Sequence

from skillrm.rewards.failing import OnFailure
from skillrm.rewards.reward import Reward

_log = logging.getLogger("skillrm.rewards")
_EVERY = 5.0
"""Seconds between two lines, at least: a broken judge must not fill the disk."""


class Report:
    """The counts and the log of one reward model."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._untold = 0
        self._told_at = -_EVERY

    def settled(
        self, chosen: OnFailure, values: Sequence[float | None], row: str, error: str | None
    ) -> list[float | None]:
        """The values of one group under the policy; what is missing is told."""
        missing = sum(value is None for value in values)
        if missing:
            self._untold += missing
            now = time.monotonic()
            if now - self._told_at >= _EVERY:
                where = f" of row {row[:100]}" if row else ""
                why = f" ({error[:300]})" if error else ""
                _log.warning(
                    "no valid judgment for %d of %d answers%s%s; on_failure=%s; %d missing since the last line",
                    *(missing, len(values), where, why, chosen, self._untold),
                )
                self._untold, self._told_at = 0, now
        return chosen.settle(values)

    def count(self, rewards: Iterable[Reward]) -> None:
        for reward in rewards:
            self.counts["ok" if reward.valid else reward.status] += 1
            if not reward.valid and reward.value is not None:
                self.counts["stood_in"] += 1
