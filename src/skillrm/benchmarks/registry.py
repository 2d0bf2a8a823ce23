"""Every benchmark by name; the first mode of a name is its default."""

from __future__ import annotations

from skillrm.benchmarks.benchmark import Benchmark
from skillrm.benchmarks.if_rewardbench_metrics import IF_REWARDBENCH, IF_REWARDBENCH_CONSTRAINT
from skillrm.benchmarks.ifbench_pairs import IFBENCH_PAIRS
from skillrm.benchmarks.instructions import IFBENCH, IFEVAL
from skillrm.benchmarks.jetts import JETTS, JETTS_KNOCKOUT, JETTS_POINTWISE, JETTS_ROUND_ROBIN
from skillrm.benchmarks.judgebench import JUDGEBENCH
from skillrm.benchmarks.llmbar import LLMBAR
from skillrm.benchmarks.rewardbench2 import REWARDBENCH2, REWARDBENCH2_RATE
from skillrm.benchmarks.rmbench import RMBENCH, RMBENCH_SCORES
from skillrm.errors import ConfigError, Fault

BENCHMARKS: tuple[Benchmark, ...] = (
    REWARDBENCH2,
    REWARDBENCH2_RATE,
    RMBENCH,
    RMBENCH_SCORES,
    JUDGEBENCH,
    IF_REWARDBENCH,
    IF_REWARDBENCH_CONSTRAINT,
    JETTS,
    JETTS_POINTWISE,
    JETTS_KNOCKOUT,
    JETTS_ROUND_ROBIN,
    LLMBAR,
    IFEVAL,
    IFBENCH,
    IFBENCH_PAIRS,
)


def names() -> dict[str, tuple[str, ...]]:
    """The modes of each benchmark, the default first."""
    found: dict[str, tuple[str, ...]] = {}
    for benchmark in BENCHMARKS:
        found[benchmark.name] = (*found.get(benchmark.name, ()), benchmark.mode)
    return found


def find(name: str, mode: str | None = None) -> Benchmark:
    """The benchmark of that name. Raises `ConfigError` that lists what there is."""
    modes = [benchmark for benchmark in BENCHMARKS if benchmark.name == name]
    if not modes:
        raise ConfigError(Fault(f"no benchmark {name!r}", mend=f"there are {', '.join(names())}"))
    found = next((benchmark for benchmark in modes if mode in (None, benchmark.mode)), None)
    if found is None:
        raise ConfigError(Fault(f"{name} has no mode {mode!r}", mend=f"there are {', '.join(names()[name])}"))
    return found
