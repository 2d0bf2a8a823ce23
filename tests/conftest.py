"""Fixtures that every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The real data beside the checkout; without it the test skips, and fails in CI."""
    if DATA.is_dir():
        return DATA
    message = "the real data folder ../shared/data is not beside this checkout"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)
