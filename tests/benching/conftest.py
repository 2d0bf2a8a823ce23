"""Tasks over the real data, and judges that need no model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from real_data import FOLDERS
from skillrm.benching import Task
from skillrm.benchmarks import find


@pytest.fixture
def task(data_dir: Path) -> Callable[..., Task]:
    """`task("judgebench", "pairs", limit=4)`: that benchmark over its real data."""

    def make(name: str, mode: str | None = None, **more: Any) -> Task:
        return Task(find(name, mode), data_dir / FOLDERS[name], **more)

    return make
