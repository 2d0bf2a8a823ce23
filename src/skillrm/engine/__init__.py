"""Many samples: judged side by side with bounded memory, each outcome as it comes, nothing lost and nothing twice."""

from __future__ import annotations

from skillrm.engine.local import FINAL, Engine, Judged
from skillrm.engine.source import Rows
from skillrm.engine.tally import Tally

__all__ = ["FINAL", "Engine", "Judged", "Rows", "Tally"]
