"""Where the real data of each benchmark lies."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from real_data import FOLDERS
from skillrm.benchmarks import Benchmark, LabelledSample, find
from skillrm.types import Access


@pytest.fixture
def folder(data_dir: Path) -> Callable[[Benchmark], Path]:
    """Where a benchmark's real data lies."""
    return lambda benchmark: data_dir / FOLDERS[benchmark.name]


@pytest.fixture
def real(data_dir: Path) -> Callable[..., list[LabelledSample]]:
    """`real(benchmark)`: its labelled samples out of the real data."""

    def load(benchmark: Benchmark, access: Access = "open", seed: int = 0) -> list[LabelledSample]:
        return _loaded(data_dir, benchmark.name, benchmark.mode, access, seed)

    return load


@cache
def _loaded(data: Path, name: str, mode: str, access: Access, seed: int) -> list[LabelledSample]:
    return list(find(name, mode).load(data / FOLDERS[name], access, seed))
