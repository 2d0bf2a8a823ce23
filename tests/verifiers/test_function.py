"""function:python."""

from __future__ import annotations

from typing import Any

import pytest

from skillrm.types import Sample
from skillrm.verifiers import check, find
from skillrm.verifiers.registry import Finding

_HELPERS = """
import re

def count(text):
    return len(re.findall(r"\\w+", text))

def halves(text, depth):
    return depth if len(text) < 2 else halves(text[: len(text) // 2], depth + 1)

def check_following(instruction, response):
    def long_enough(n):
        return count(response) >= n and halves(response, 0) > 1
    return long_enough(2)
"""


def tried(text: str, **args: Any) -> Finding:
    return check("function:python", text, **{"entry": "check_following", **args})


@pytest.mark.parametrize(
    ("body", "score"),
    [
        ("return True", 1),
        ("return False", 0),
        ("return None", 0),
        ("pass", 0),
        ("return 3", 1),
        ("return []", 0),
        ("return (False, 'too short')", 1),
        ("return '很好' in response", 0),
        ("import re; return re.search('a.c', response)", 1),
        ("return instruction == 'Say it.'", 1),
    ],
)
def test_the_truth_of_what_is_returned_decides(body: str, score: float) -> None:
    source = f"def check_following(instruction, response): {body}"
    found = tried("abc", prompt="Say it.", source=source)
    assert (found.status, found.score) == ("decided", score), found.observation


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def check_following(instruction, response): return response[9]", "IndexError"),
        ("def check_following(response): return True", "TypeError"),
        ("def check(instruction, response): return True", "defines no function check_following"),
        ("check_following = True", "defines no function check_following"),
        ("def check_following(instruction, response) return True", "SyntaxError"),
        ("def check_following(instruction, response): yield True", "generator"),
        ("def check_following(instruction, response):\n    while True: pass", "timeout"),
        ("while True: pass", "timeout"),
        ("def check_following(instruction, response): return bool('a' * (4 << 30))", "memory"),
        ("def check_following(instruction, response): raise SystemExit", "SystemExit"),
        ("import sys\nsys.exit(0)", "SystemExit"),
        ("def check_following(instruction, response):\n    import os\n    os._exit(0)", "crash"),
        ("def check_following(instruction, response): return open('/etc/passwd').read()", "No such file"),
        ("from llm_call import llm_judge\ndef check_following(instruction, response): return True", "ModuleNotFound"),
        ("import sys\nsys.exit = print\nresult = {'holds': True}\nraise SystemExit", "SystemExit"),
    ],
)
def test_a_function_that_breaks_decides_nothing(source: str, said: str) -> None:
    found = tried("abc", source=source, seconds=1.0)
    assert found.status == "error"
    assert said in found.observation


def test_helpers_call_each_other_and_themselves() -> None:
    assert tried("four words are here", source=_HELPERS).satisfied
    assert tried("one", source=_HELPERS).score == 0


@pytest.mark.parametrize(
    "source",
    [
        "words = response.split()\ndef check_following(instruction, response): return words == ['a', 'b']",
        "def check_following(instruction, response):\n"
        "    def first():\n        import re\n        return re.findall('a', response)\n"
        "    return first() and re.findall('b', response)",
        "from __future__ import annotations\n"
        "from dataclasses import dataclass\n"
        "@dataclass\nclass Count:\n    n: int\n"
        "def check_following(instruction, response): return Count(len(response)).n == 3",
        "try:\n    import jieba\nexcept ImportError:\n    jieba = None\n"
        "def check_following(instruction, response): return jieba is None",
        "async def check_following(instruction, response): return response == 'a b'",
        "def check_following(instruction, response): return __name__ != '__main__'",
        "import sys; sys.path.append('/data/verl')\ndef check_following(instruction, response): return True",
        "def check_following(instruction, response): return True\nresponse = 'an example of its own'",
    ],
)
def test_what_such_functions_are_written_with_works(source: str) -> None:
    found = tried("a b", source=source)
    assert found.satisfied, found.observation


def test_a_coroutine_is_awaited_before_it_is_asked_for_its_truth() -> None:
    source = "async def check_following(instruction, response): return False"
    assert tried("a", source=source).score == 0


def test_a_function_that_may_run_the_answer_can_be_forged_by_it() -> None:
    source = "def check_following(instruction, response):\n    exec(response, globals())\n    return passed(response)"
    found = tried("def passed(text): return True", source=source)
    assert found.satisfied
    assert found.forgeable
    assert not tried("abc", source=_HELPERS).forgeable


def test_reasoning_is_not_shown_to_the_function() -> None:
    source = "def check_following(instruction, response): return response == 'Yes.'"
    assert tried("<think>No.</think>Yes.", source=source).satisfied


def test_a_sample_may_bring_functions_of_bounded_size_time_and_memory() -> None:
    found = find("function:python")
    assert found.sample_safe
    for wrong in ({"seconds": 31}, {"memory_mb": 2048}, {"source": "#" * 100_001}, {"entry": "a.b"}, {"source": ""}):
        with pytest.raises(Exception, match=next(iter(wrong))):
            found.parse({"source": "pass", "entry": "f", **wrong})


def test_without_a_sandbox_the_finding_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SKILLRM_SANDBOX", "none")
    source = "def check_following(instruction, response): return True"
    assert tried("x", source=source).status == "error"


async def found_of(source: str, *answers: str, **args: Any) -> list[Finding]:
    verifier = find("function:python")
    sample = Sample.parse({"prompt": "Say it.", "responses": list(answers)})
    given = verifier.parse({"source": source, "entry": "check_following", **args})
    return list((await verifier.run(sample, sample.labels, given)).values())


async def test_an_answer_that_breaks_the_function_leaves_the_others_judged() -> None:
    source = """
import os
def check_following(instruction, response):
    if response == "crash":
        os._exit(3)
    while response == "loop":
        pass
    if response == "raise":
        raise ValueError(response)
    return response == "good"
"""
    found = await found_of(source, "good", "crash", "bad", "loop", "raise", "good", seconds=1.0)
    assert [one.score for one in found] == [1, None, 0, None, None, 1]
    assert [one.status for one in found].count("error") == 3


async def test_what_a_function_keeps_from_one_answer_does_not_reach_the_next() -> None:
    source = """
seen = []
def check_following(instruction, response):
    seen.append(response)
    return len(seen) == 1
"""
    assert [one.score for one in await found_of(source, "a", "b", "c")] == [1, 1, 1]


async def test_answers_that_a_function_may_run_cannot_reach_each_other() -> None:
    source = (
        "import os\ndef check_following(instruction, response):\n    exec(response)\n    return hasattr(os, 'forged')"
    )
    found = await found_of(source, "os.forged = True", "pass")
    assert [one.score for one in found] == [1, 0]
    assert found[0].forgeable
