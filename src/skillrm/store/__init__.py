"""A run on disk: a folder that holds what was asked, every input row and every judgment, and outlives `kill -9`."""

from skillrm.store.manifest import differences, write_json
from skillrm.store.records import Counts, RunRow, State, key_of
from skillrm.store.run import Run

__all__ = ["Counts", "Run", "RunRow", "State", "differences", "key_of", "write_json"]
