"""Reward benchmarks: loaders of upstream's layouts, metrics in two columns, statistics. Pure; nothing here judges.

`find("judgebench").load(path)` gives labelled samples; `asks(item)` says which judgments each wants; `Outcome.of`
reduces a judgment; `score(results)` gives `Metrics`.
"""

from __future__ import annotations

from skillrm.benchmarks.benchmark import Benchmark, Upstream
from skillrm.benchmarks.labelled import Label, LabelledSample
from skillrm.benchmarks.metrics import Line, Mark, Metrics
from skillrm.benchmarks.outcome import Ask, Outcome, Result
from skillrm.benchmarks.registry import find, names

__all__ = [
    "Ask",
    "Benchmark",
    "Label",
    "LabelledSample",
    "Line",
    "Mark",
    "Metrics",
    "Outcome",
    "Result",
    "Upstream",
    "find",
    "names",
]
