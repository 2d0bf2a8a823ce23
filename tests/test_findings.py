"""What costly verifiers found before is known, and only that."""

from __future__ import annotations

import pytest

from skillrm import RewardModel, Sample
from skillrm.cache import Cache
from skillrm.findings import KnownFindings
from skillrm.verifiers import Finding, find

TASK = {
    "prompt": "Write a function `add(a, b)`.",
    "responses": ["```python\ndef add(a, b):\n    return a + b\n```", "```python\ndef add(a, b):\n    return 41\n```"],
    "tests": "assert add(2, 3) == 5",
}


class Memory(dict):
    def put(self, key: bytes, value: bytes) -> None:
        self[key] = value


async def judged(cache, **changed):
    async with RewardModel("code-tests", cache=cache) as model:
        return await model.judge(Sample.parse(TASK | changed))


def ran(judgment) -> list[bool]:
    """Of each finding of the tests, whether it came out of the cache."""
    return [one.cached for one in judgment.trace.observations if one.resource == "test-run"]


async def test_tests_that_were_run_on_the_same_answers_are_not_run_again(tmp_path):
    await judged(None)  # the sandbox starts, which takes long
    cache = Cache(tmp_path)
    first, second = await judged(cache), await judged(cache)
    await cache.aclose()
    assert ran(first) == [False, False]
    assert ran(second) == [True, True]
    assert second.verdict == first.verdict
    assert second.evidence == first.evidence


@pytest.mark.parametrize(
    "changed",
    [
        {"tests": "assert add(2, 3) == 5\nassert add(0, 0) == 0"},
        {"responses": [TASK["responses"][0], TASK["responses"][1].replace("41", "42")]},
        {"prompt": "Write a function `add(a, b)` that adds."},
    ],
    ids=["tests", "answer", "prompt"],
)
async def test_whatever_changes_is_run_again(changed):
    cache = Memory()
    await judged(cache)
    assert True not in ran(await judged(cache, **changed))


def test_what_may_come_out_otherwise_is_not_kept():
    cache = Memory()
    known = KnownFindings(cache)
    known.put(b"broken", {"A": Finding("error", None, "no sandbox")}, 1.0)
    known.put(b"unsure", {"A": Finding("decided", 1.0, "x"), "B": Finding("unknown", None, "y")}, 1.0)
    known.put(b"slow", {"A": Finding("decided", 0.0, "timed out")}, 1100.0)
    assert not cache
    known.put(b"sure", {"A": Finding("decided", 1.0, "x", forgeable=True)}, 1.0)
    assert known.get(b"sure") == {"A": Finding("decided", 1.0, "x", forgeable=True)}


def test_torn_values_are_unknown():
    known = KnownFindings(Memory({b"k": b"\xc1 no findings"}))
    assert known.get(b"k") is None
    assert known.get(b"another") is None


async def test_cheap_verifiers_are_not_looked_up():
    sample = Sample.parse({"prompt": "p", "response": "r"})
    (resource,) = Sample.parse(
        {
            "prompt": "p",
            "response": "r",
            "resources": [{"id": "v", "kind": "verifier", "verifier": "ifeval:punctuation:no_comma"}],
        }
    ).resources
    assert KnownFindings(Memory()).key(resource, find("ifeval:punctuation:no_comma"), sample, ("A",)) is None
