"""What stands in for a reward where there is no valid judgment: chosen by the user, counted, never silent.

`none` gives None, `raise` raises `NoReward`, `constant:x` gives x, `group_mean` the mean of the valid rewards of the
same group (zero advantage; None where the group has none). There is no default number: 0, 0.5 or -1 would be learnt.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from skillrm.errors import ConfigError, Fault, NoReward

Kind = Literal["none", "raise", "group_mean", "constant"]
_MEND = "one of none, raise, group_mean, constant:NUMBER"


@dataclass(frozen=True, slots=True)
class OnFailure:
    """One choice of what to do without a valid judgment."""

    kind: Kind = "none"
    value: float | None = None
    """Of `constant` only."""

    @classmethod
    def parse(cls, text: str) -> OnFailure:
        """From a word such as `none` or `constant:-0.2`. Raises `ConfigError`."""
        head, colon, tail = str(text).strip().partition(":")
        if not colon and head in ("none", "raise", "group_mean"):
            return cls(head)  # type: ignore[arg-type]
        if head == "constant":
            try:
                value = float(tail)
            except ValueError:
                value = math.nan
            if math.isfinite(value):
                return cls("constant", value)
        raise ConfigError(Fault(f"{text!r} is no failure choice", field="on_failure", mend=_MEND))

    def __str__(self) -> str:
        return self.kind if self.value is None else f"{self.kind}:{self.value:g}"

    def settle(self, rewards: Sequence[float | None]) -> list[float | None]:
        """The rewards of one group with the missing ones stood in for, where the choice is a number."""
        if self.kind in ("none", "raise") or None not in rewards:
            return list(rewards)
        valid = [reward for reward in rewards if reward is not None]
        stand_in = self.value if self.kind == "constant" else math.fsum(valid) / len(valid) if valid else None
        return [stand_in if reward is None else reward for reward in rewards]

    def demand(self, rewards: Sequence[float | None], why: str | None = None) -> None:
        """Raises `NoReward` under `raise` where one is missing."""
        missing = sum(reward is None for reward in rewards)
        if missing and self.kind == "raise":
            cause = f": {why[:300]}" if why else ""
            raise NoReward(f"no valid judgment for {missing} of {len(rewards)} answers{cause}")
