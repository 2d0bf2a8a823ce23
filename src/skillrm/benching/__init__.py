"""Running benchmarks: rows of a benchmark through the engine, a resumable run, and the record of what came out.

The benchmarks themselves (loaders, metrics, statistics) are `skillrm.benchmarks`; here they meet a judge.
"""

from __future__ import annotations

from skillrm.benching.bank import Ablation
from skillrm.benching.judging import Answers, answers
from skillrm.benching.record import Record, read_record, read_results, record, write
from skillrm.benching.survey import Survey, Task

__all__ = [
    "Ablation",
    "Answers",
    "Record",
    "Survey",
    "Task",
    "answers",
    "read_record",
    "read_results",
    "record",
    "write",
]
