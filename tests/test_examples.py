"""Every example runs as it stands, and says what it should."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"
SAYS = {
    "compare_two.py": "winner: A",
    "best_of_n.py": "status: ok best: A, C, E",
    "reward_function.py": "[1.0, 0.0, 0.0]",
    "own_verifier.py": "palindrome second violated",
    "reread.py": "with commas a gate:  0.0",
}


def run(name: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, EXAMPLES / name],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(("name", "words"), SAYS.items())
def test_an_example_says_what_it_should(name, words):
    done = run(name)
    assert done.returncode == 0, done.stderr
    assert words in done.stdout


def test_every_example_is_tried_and_short():
    programs = {path.name for path in EXAMPLES.glob("*.py")}
    assert programs == {*SAYS, "demo.py"}
    assert all(path.read_text().count("\n") < 60 for path in EXAMPLES.rglob("*.py"))


def test_the_demo_judges_forty_samples_and_says_what_needs_a_model():
    done = run("demo.py")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "40 rows: " in done.stdout
    assert "0 failed, 0 unreadable" in done.stdout
    assert "cells need a judge model" in done.stdout


def test_the_demo_names_a_server_that_is_not_there():
    done = run("demo.py", OPENAI_BASE_URL="http://127.0.0.1:9/v1", SKILLRM_MODEL="")
    assert done.returncode == 1
    assert "error: http://127.0.0.1:9/v1: cannot be reached" in done.stderr
    assert "Traceback" not in done.stderr
