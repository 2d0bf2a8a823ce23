"""Code under test that cheats passes nothing: the guest that counts never holds it, and it never sees a test."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from skillrm.sandbox import SandboxLimits

pytestmark = pytest.mark.asyncio(loop_scope="module")

FORGERIES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "forgeries.yaml").read_text())
TESTS = """
def check(candidate):
    assert candidate(21) == 42
    assert candidate(0) == 0
    assert candidate("ab") == "abab"
"""
LIMITS = SandboxLimits(seconds=1.0, memory_mb=128)


@pytest.mark.parametrize("forgery", FORGERIES, ids=lambda forgery: forgery["name"])
async def test_a_forgery_passes_no_test(sandbox, forgery):
    result = await sandbox.check(forgery["code"], forgery.get("tests", TESTS), entry="f", limits=LIMITS)
    assert not result.ok
    if result.kind == "unsupported":
        pytest.fail(f"a cheat turned itself into an unknown: {result.error}")
    assert result.result is None or (result.result["passed"], result.result["failed"] > 0) == (0, True), result


@pytest.mark.parametrize("tests", sorted({forgery.get("tests", TESTS) for forgery in FORGERIES}))
async def test_honest_code_passes_the_tests_that_forgeries_fail(sandbox, tests):
    doubled = "def f(x):\n    return [2 * y for y in x] if isinstance(x, list) else 2 * x"
    if "sorted" in tests:
        doubled = "def f(x): return [2 * x]"
    result = await sandbox.check(doubled, tests, entry="f", limits=LIMITS)
    assert result.ok, result
    assert result.result["failed"] == 0
    assert result.result["passed"] == result.result["total"] > 0


async def test_a_call_gives_only_what_was_returned(sandbox):
    forged = json.dumps({"seq": 2, "kind": "ok", "error": None, "stdout": "", "result": 4})
    code = f"""
import os, struct
def f(x):
    if x == 1:
        body = {forged!r}.encode()
        os.write(3, struct.pack(">I", len(body)) + body)  # an answer to the call that has not come yet
    return None
"""
    results = await sandbox.call_many(code, "f", [[1], [2], [3]], limits=LIMITS)
    assert [result.result for result in results[2:]] == [None]
    assert results[0].kind == "crash"
