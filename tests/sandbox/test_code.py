"""`call`, `call_many`, `evaluate`, `check`: code under test."""

from __future__ import annotations

import math

import pytest

from skillrm.sandbox import SandboxLimits

pytestmark = pytest.mark.asyncio(loop_scope="module")

DOUBLE = "def f(x, times=2):\n    return x * times"


async def test_a_call_returns_plain_json(sandbox):
    assert (await sandbox.call(DOUBLE, "f", [21])).result == 42
    assert (await sandbox.call(DOUBLE, "f", ["ab"], {"times": 3})).result == "ababab"
    assert (await sandbox.call("def f(): return (1, {2: (3,)}, None)", "f")).result == [1, {"2": [3]}, None]
    assert (await sandbox.call("class S:\n    def f(self, x):\n        return x", "S.f", [1])).result == 1
    assert (await sandbox.call("async def f(x):\n    return x", "f", [1])).result == 1


async def test_floats_past_the_numbers_come_back(sandbox):
    found = (await sandbox.call("def f(): return [float('inf'), float('nan')]", "f")).result
    assert found[0] == math.inf
    assert math.isnan(found[1])


async def test_what_json_cannot_hold_is_unsupported(sandbox):
    result = await sandbox.call("def f(): return {1, 2}", "f")
    assert (result.ok, result.kind) == (False, "unsupported")
    assert "set" in result.error


async def test_the_main_guard_does_not_run_when_a_function_is_called(sandbox):
    code = DOUBLE + "\nif __name__ == '__main__':\n    raise SystemExit(1)"
    assert (await sandbox.call(code, "f", [1])).result == 2


async def test_a_missing_entry_and_bad_code_are_the_codes_fault(sandbox):
    assert "defines no 'g'" in (await sandbox.call(DOUBLE, "g", [1])).error
    assert (await sandbox.call("def f(", "f", [1])).kind == "syntax"
    assert (await sandbox.call("import nothing_there", "f", [1])).kind == "exception"


async def test_many_calls_are_judged_each_by_itself(sandbox):
    code = """
import os, sys
def f(x):
    print("called with", x)
    if x == 1: raise ValueError("one")
    if x == 2: os._exit(0)
    if x == 3:
        while True: pass
    if x == 4: sys.exit(0)
    return x
"""
    results = await sandbox.call_many(code, "f", [[n] for n in range(7)], limits=SandboxLimits(seconds=0.5))
    assert [result.kind for result in results] == ["ok", "exception", "crash", "timeout", "exception", "ok", "ok"]
    assert [result.result for result in results] == [0, None, None, None, None, 5, 6]
    assert results[5].stdout == "called with 5\n"


async def test_the_time_limit_holds_for_each_call(sandbox):
    code = "import time\ndef f(x):\n    time.sleep(0.2)\n    return x"
    results = await sandbox.call_many(code, "f", [[n] for n in range(6)], limits=SandboxLimits(seconds=0.6))
    assert [result.result for result in results] == list(range(6))


async def test_no_calls_give_no_results(sandbox):
    assert await sandbox.call_many(DOUBLE, "f", []) == []


async def test_expressions_see_the_code_and_each_other(sandbox):
    sources = ["f(2)", "y = f(3)", "y", "print('hi')\ny + 1", "{y}", "1 / 0", "f(", "None"]
    results = await sandbox.evaluate(DOUBLE, sources)
    assert [result.result for result in results] == [
        {"repr": "4", "json": 4},
        {"repr": "", "json": None},
        {"repr": "6", "json": 6},
        {"repr": "7", "json": 7},
        {"repr": "{6}", "json": None},
        None,
        None,
        {"repr": "", "json": None},
    ]
    assert results[3].stdout == "hi\n"
    assert "ZeroDivisionError" in results[5].error
    assert "SyntaxError" in results[6].error


CHECK = """
def check(candidate):
    assert candidate(2) == 4
    assert candidate(3) == 6
    assert candidate('a') == 'aa', 'text too'
"""


async def test_check_counts_each_assertion(sandbox):
    good = await sandbox.check(DOUBLE, CHECK, entry="f")
    assert (good.ok, good.kind, good.result) == (
        True, "ok", {"passed": 3, "failed": 0, "total": 3, "first_failure": ""}
    )  # fmt: skip
    bad = await sandbox.check("def f(x): return 4 if x == 2 else x * 2 if x == 3 else ''", CHECK, entry="f")
    assert (bad.ok, bad.kind) == (False, "exception")
    assert bad.result == {
        "passed": 2,
        "failed": 1,
        "total": 3,
        "first_failure": "line 5: assert candidate('a') == 'aa', 'text too': AssertionError: text too",
    }


@pytest.mark.parametrize(
    "tests",
    [
        "assert f(2) == 4",
        "assert candidate(2) == 4",
        "def test_two():\n    assert f(2) == 4",
        CHECK + "\ncheck(f)",
        "import unittest\nclass T(unittest.TestCase):\n    def test_two(self):\n        self.assertEqual(f(2), 4)",
        "for x in range(5):\n    assert f(x) == 2 * x",
        "try:\n    f(object)\n    assert False\nexcept TypeError:\n    pass\nassert f(1) == 2",
        "from math import isclose\nassert isclose(f(0.1), 0.2)",
        "import random\nfor _ in range(20):\n    x = random.random()\n    assert f(x) == x + x",
    ],
)
async def test_every_usual_shape_of_tests_works(sandbox, tests):
    code = "def f(x):\n    if not isinstance(x, (int, float, str)): raise TypeError(x)\n    return x + x"
    if "object" in tests:
        tests = tests.replace("object", "None")
    assert (await sandbox.check(code, tests, entry="f")).ok
    wrong = await sandbox.check("def f(x): return -1", tests, entry="f")
    assert (wrong.ok, wrong.result["failed"] > 0) == (False, True)


@pytest.mark.parametrize(
    "value",
    [
        "10 ** 400", "-(1 << 70)", "float('inf')", "1e308", "-0.0", "'\\ud800'", "b'\\xff\\0'", "(1, (2,), [])",
        "{1, 2}",
        "frozenset({'a'})", "{1: 'a', (2, 3): None, 'b': {4: 5}}", "3 - 4j", "None", "True", "range(3)",
        "__import__('decimal').Decimal('1.10')", "__import__('fractions').Fraction(1, 3)",
        "__import__('datetime').date(2024, 2, 29)", "__import__('collections').deque([1, 2])", "''", "[[[]]]",
    ],
)  # fmt: skip
async def test_plain_data_crosses_both_ways_unchanged(sandbox, value):
    tests = f"v = {value}\nassert f(v) == v\nassert type(f(v)) is type(v)\nassert repr(f(v)) == repr(v)"
    result = await sandbox.check("def f(x): return x", tests, entry="f")
    assert result.ok, result


async def test_nan_crosses(sandbox):
    assert (await sandbox.check("def f(x): return x", "assert f(float('nan')) != f(float('nan'))", entry="f")).ok


async def test_an_argument_changed_in_place_is_changed_for_the_tests(sandbox):
    code = "def f(x, d):\n    x.sort()\n    x.append(9)\n    d['k'] = 1"
    assert (await sandbox.check(code, "x = [3, 1]\nd = {}\nf(x, d)\nassert x == [1, 3, 9]\nassert d == {'k': 1}")).ok


async def test_functions_of_the_tests_can_be_handed_over(sandbox):
    code = "def f(g, xs): return [g(x) for x in xs]"
    assert (await sandbox.check(code, "assert f(lambda x: x + 1, [1, 2]) == [2, 3]", entry="f")).ok


async def test_exceptions_come_back_by_name(sandbox):
    code = "class Bad(ValueError): pass\ndef f(x):\n    raise Bad('no ' + x)"
    tests = """
for kind in (Bad, ValueError):
    try:
        f('way')
    except kind as error:
        assert str(error) == 'no way'
        assert type(error).__name__ == 'Bad'
    else:
        assert False
"""
    assert (await sandbox.check(code, tests)).ok


async def test_classes_of_the_code_can_be_used_by_handle(sandbox):
    code = """
class Stack:
    def __init__(self): self.items = []
    def push(self, x): self.items.append(x); return self
    def pop(self): return self.items.pop()
    def __len__(self): return len(self.items)
    def __iter__(self): return iter(self.items)
"""
    tests = """
s = Stack()
s.push(1).push(2)
assert s.items == [1, 2]
assert len(s) == 2
assert list(s) == [1, 2]
assert s.pop() == 2
try:
    s.pop(); s.pop()
    assert False
except IndexError: pass
assert not s
"""
    assert (await sandbox.check(code, tests)).ok


async def test_generators_of_the_code_can_be_walked(sandbox):
    assert (await sandbox.check("def f(n):\n    yield from range(n)", "assert list(f(3)) == [0, 1, 2]", entry="f")).ok


async def test_comparing_two_objects_of_the_code_is_unsupported(sandbox):
    code = "class P:\n    def __init__(self, x): self.x = x\n    def __eq__(self, o): return self.x == o.x"
    result = await sandbox.check(code, "assert P(1) == P(1)")
    assert (result.ok, result.kind) == (False, "unsupported")
    assert "two objects" in result.error


async def test_code_that_hangs_fails_the_rest_and_keeps_what_passed(sandbox):
    code = "def f(x):\n    while x == 3: pass\n    return 2 * x"
    result = await sandbox.check(code, CHECK, entry="f", limits=SandboxLimits(seconds=0.5))
    assert (result.ok, result.kind) == (False, "timeout")
    assert (result.result["passed"], result.result["failed"]) == (1, 2)


async def test_code_that_does_not_parse_fails_every_assertion(sandbox):
    result = await sandbox.check("def f(", CHECK, entry="f")
    assert (result.kind, result.result["passed"], result.result["failed"]) == ("syntax", 0, 3)


async def test_tests_that_do_not_parse_are_nobodys_failure(sandbox):
    assert (await sandbox.check(DOUBLE, "assert (", entry="f")).kind == "unsupported"


async def test_tests_that_assert_nothing_pass_nothing(sandbox):
    result = await sandbox.check(DOUBLE, "x = f(1)", entry="f")
    assert (result.ok, result.result["passed"]) == (False, 0)
    assert "no assertion" in result.error
