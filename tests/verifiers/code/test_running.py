"""code:syntax, code:examples and code:tests on programs that are honest, and on such that are not."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from skillrm import Candidate, Resource, Sample
from skillrm.verifiers import Finding, check, find

PROMPT = """
def add(a: int, b: int) -> int:
    '''Sum of both.
    >>> add(2, 3)
    5
    >>> add(-1, 1)
    0
    '''
"""
TESTS = """
def check(candidate):
    assert candidate(2, 3) == 5
    assert candidate(-1, 1) == 0
    assert candidate(10, 7) == 17
"""
CASES = json.dumps([{"args": [2, 3], "expected": 5}, {"args": [-1, 1], "expected": 0}])
PRINTS = json.dumps([{"input": "2 3\n", "output": "5"}, {"input": "-1 1\n", "output": "0\n"}])
WRONG = "def add(a, b):\n    return 41\n"
HOSTILE = {
    "sets result": "result = 'all tests have run'\npassed = 3\n" + WRONG,
    "exits": WRONG + "import sys\nsys.exit(0)\n",
    "exits in the call": "def add(a, b):\n    import os\n    os._exit(0)\n",
    "raises SystemExit in the call": "def add(a, b):\n    raise SystemExit(0)\n",
    "equals everything": """
class E(int):
    def __eq__(self, other): return True
    __hash__ = int.__hash__
def add(a, b): return E(41)
""",
    "says it is everything": """
class E:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __repr__(self): return '5'
def add(a, b): return [E()]
""",
    "patches builtins": """
import builtins
builtins.AssertionError = type('A', (), {})
builtins.all = lambda x: True
builtins.repr = lambda x: '5'
"""
    + WRONG,
    "prints a report": WRONG + 'print(\'{"passed": 3, "failed": 0, "total": 3}\')\nprint("3 of 3 tests pass")\n',
    "patches json": "import json\njson.dumps = lambda *a, **k: '5'\njson.loads = lambda *a, **k: 5\n" + WRONG,
    "looks for the tests in frames": """
import sys
def add(a, b):
    frame = sys._getframe()
    while frame:
        for value in [*frame.f_locals.values(), *frame.f_globals.values()]:
            if isinstance(value, str) and 'assert candidate' in value: return 5
        frame = frame.f_back
    return 41
""",
    "looks for the tests in memory": """
import gc
def add(a, b):
    for thing in gc.get_objects():
        if isinstance(thing, dict) and thing.get('expected') is not None: return thing['expected']
    return 41
""",
    "loops": "def add(a, b):\n    while True:\n        pass\n",
    "eats memory": "def add(a, b):\n    return len([0] * 10**11)\n",
    "defines nothing": "x = 1\n",
    "recurses": "def add(a, b):\n    return add(a, b)\n",
    "floods": "def add(a, b):\n    while True:\n        print('x' * 1000)\n",
}


def fenced(source: str) -> str:
    return f"```python\n{source}\n```"


@pytest.mark.parametrize("given", [TESTS, CASES, "assert add(2, 3) == 5", '["assert add(2, 3) == 5"]'])
def test_an_honest_program_passes(given: str) -> None:
    found = check("code:tests", "    return a + b\n", prompt=PROMPT, tests=given)
    assert found.satisfied, found.observation
    assert not found.forgeable


@pytest.mark.parametrize(
    "source",
    [
        "a, b = map(int, input().split())\nprint(a + b)",
        "import sys\nprint(sum(map(int, open(0).read().split())))",
        "import sys\nif __name__ == '__main__':\n    print(sum(map(int, sys.stdin.buffer.read().split())))",
    ],
)
def test_a_program_that_reads_and_prints_passes(source: str) -> None:
    assert check("code:tests", fenced(source), tests=PRINTS).satisfied


def test_the_share_that_passes_can_be_the_score() -> None:
    wrong = fenced("def add(a, b):\n    return 5\n")
    assert check("code:tests", wrong, prompt=PROMPT, tests=CASES, score="fraction").score == 0.5
    assert check("code:examples", wrong, prompt=PROMPT, score="fraction").score == 0.5
    assert check("code:tests", wrong, prompt=PROMPT, tests=CASES).score == 0


@pytest.mark.parametrize("attack", HOSTILE)
@pytest.mark.parametrize("given", [TESTS, CASES], ids=["asserts", "cases"])
def test_no_attack_passes_tests(attack: str, given: str) -> None:
    found = check("code:tests", fenced(HOSTILE[attack]), prompt=PROMPT, tests=given, seconds=1.0)
    assert (found.status, found.satisfied) == ("decided", False), found.observation


@pytest.mark.parametrize("attack", HOSTILE)
def test_no_attack_passes_examples(attack: str) -> None:
    found = check("code:examples", fenced(HOSTILE[attack]), prompt=PROMPT, seconds=1.0)
    assert (found.status, found.satisfied) == ("decided", False), found.observation


@pytest.mark.parametrize("attack", ["exits", "prints a report", "loops", "defines nothing"])
def test_no_attack_passes_printed_cases(attack: str) -> None:
    found = check(
        "code:tests", fenced(HOSTILE[attack] + "add(1, 2)\n" * (attack == "loops")), tests=PRINTS, seconds=1.0
    )
    assert (found.status, found.satisfied) == ("decided", False), found.observation


@pytest.mark.parametrize("name", ["code:syntax", "code:tests", "code:examples"])
@pytest.mark.parametrize("text", ["", "I am sorry, but I cannot do that."])
def test_no_code_where_code_is_asked_is_violated(name: str, text: str) -> None:
    assert check(name, text, prompt="Write add. add(1, 2) == 3", tests=CASES).score == 0


def test_without_tests_the_finding_is_unknown() -> None:
    assert check("code:tests", fenced(WRONG)).status == "unknown"


def test_a_prompt_without_examples_has_none_to_fail() -> None:
    assert check("code:examples", fenced(WRONG), prompt="Write add.").status == "not_applicable"


@pytest.mark.parametrize(
    "given", ["def check(candidate:\n", "[1, 2]", "[]", '[{"input": 1, "output": 2}]', '{"cases": []}']
)
def test_tests_that_are_none_are_an_error_of_ours(given: str) -> None:
    assert check("code:tests", fenced(WRONG), prompt=PROMPT, tests=given).status == "error"


def test_without_a_sandbox_the_finding_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SKILLRM_SANDBOX", "none")
    assert check("code:tests", fenced(WRONG), prompt=PROMPT, tests=TESTS).status == "error"
    assert check("code:examples", fenced(WRONG), prompt=PROMPT).status == "error"


def test_where_objects_have_to_cross_a_pass_is_marked_forgeable() -> None:
    source = fenced("class P:\n    def __init__(self, x):\n        self.x = x\ndef make(x):\n    return P(x)\n")
    found = check("code:tests", source, tests="assert isinstance(make(1), P)\nassert make(1).x == 1")
    assert (found.satisfied, found.forgeable) == (True, True)
    found = check("code:tests", source, tests="assert isinstance(make(1), P)\nassert make(1).x == 2")
    assert (found.score, found.forgeable) == (0, False)


def test_a_method_of_solution_is_called_by_the_names_of_its_parameters() -> None:
    prompt = "Example 1:\n\nInput: nums = [1,2], k = 2\nOutput: [2,4]\n"
    right = """
class Solution:
    def helper(self, x):
        return x
    def scale(self, nums: List[int], k: int) -> List[int]:
        return [self.helper(n) * k for n in nums]
"""
    assert check("code:examples", right, prompt=prompt).satisfied
    assert check("code:examples", right.replace("* k", "+ k"), prompt=prompt).score == 0


def test_where_other_results_may_be_right_too_a_difference_proves_nothing() -> None:
    prompt = "Return any of them if there are multiple answers.\nInput: n = 2\nOutput: [1, 2]\n"
    assert check("code:examples", fenced("def f(n):\n    return [2, 1]"), prompt=prompt).status == "unknown"
    assert check("code:examples", fenced("def f(n):\n    return [1, 2]"), prompt=prompt).satisfied
    assert check("code:examples", fenced("def f(n):\n    return 1 / 0"), prompt=prompt).score == 0


@pytest.mark.parametrize(
    "source", ["(" * 100_000, "x = " + "-" * 200_000 + "1", "\x00", "def f(:\n  pass", "a" * 150_000 + " = ="]
)
def test_syntax_that_ends_other_parsers_is_only_violated(source: str) -> None:
    assert check("code:syntax", fenced(source)).score == 0


def test_code_that_parses_is_satisfied() -> None:
    assert check("code:syntax", fenced(WRONG)).satisfied


@pytest.mark.data
async def test_official_tests_agree_with_recorded_results(data_dir: Path) -> None:
    with gzip.open(data_dir / "humaneval" / "HumanEval.jsonl.gz", "rt") as lines:
        official = {row["task_id"]: row for row in map(json.loads, lines)}
    rows = (data_dir / "humaneval" / "codegen16b_20.jsonl").read_text(encoding="utf-8").splitlines()[:40]
    verifier = find("code:tests")
    agree = total = 0
    for row in map(json.loads, rows):
        task = official[row["task_id"]]
        sample = Sample(
            prompt=task["prompt"],
            candidates=(
                Candidate(label="canonical", text=task["canonical_solution"]),
                *(Candidate(label=str(number), text=text) for number, text in enumerate(row["samples"][:3])),
            ),
            resources=(Resource(id="tests", kind="tool", text=task["test"]),),
        )
        found: dict[str, Finding] = await verifier.run(sample, sample.labels, verifier.parse({}))
        assert found["canonical"].satisfied, found["canonical"].observation
        total += 3
        agree += sum(found[str(number)].satisfied == bool(row["base_pass"][number]) for number in range(3))
    assert agree / total >= 0.98


@pytest.mark.data
async def test_examples_of_real_prompts_never_prefer_the_wrong_program(data_dir: Path) -> None:
    rows = [
        json.loads(line) for line in (data_dir / "judgebench" / "gpt.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    rows = [row for row in rows if row["query_type"] == "livecodebench"]
    verifier = find("code:examples")
    right = wrong = 0
    for row in rows:
        pair = (Candidate(label="chosen", text=row["chosen"]), Candidate(label="rejected", text=row["rejected"]))
        found = await verifier.run(
            Sample(prompt=row["prompt"], candidates=pair), ("chosen", "rejected"), verifier.parse({})
        )
        scores = [found[label].score or 0.0 for label in ("chosen", "rejected")]
        right += scores[0] > scores[1]
        wrong += scores[0] < scores[1]
    assert wrong == 0
    assert right / len(rows) >= 0.6
