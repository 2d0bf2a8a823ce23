# ruff: noqa: E501  # snippets
"""`run`: what a model writes just runs, and what it may use is limited."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import yaml

from skillrm.sandbox import SandboxLimits

pytestmark = pytest.mark.asyncio(loop_scope="module")

ORDINARY = {
    "named import": "from collections import Counter\nresult = Counter('aab')['a']",
    "class": "class A:\n    def __init__(self, x):\n        self.x = x\n    def f(self):\n        return self.x\nresult = A(2).f()",
    "inheritance": "class A:\n    x = 2\nclass B(A):\n    pass\nresult = B().x",
    "named exception": "try:\n    int('x')\nexcept ValueError as error:\n    result = 2",
    "own exception": "class E(Exception):\n    pass\ntry:\n    raise E('x')\nexcept E:\n    result = 2",
    "ord and iter": "result = ord('c') - ord('a') if next(iter([1])) else 0",
    "type": "result = 2 if type(1) is int else 0",
    "datetime": "import datetime\nresult = (datetime.date(2024, 3, 2) - datetime.date(2024, 2, 29)).days",
    "lru_cache": "from functools import lru_cache\n@lru_cache(maxsize=None)\ndef fib(n):\n    return n if n < 2 else fib(n - 1) + fib(n - 2)\nresult = fib(3)",
    "annotations": "from typing import Optional\ndef f(x: Optional[int]) -> int:\n    y: int = x or 0\n    return y\nresult = f(2)",
    "string with a dunder": "result = 2 if '__init__' in 'x.__init__' else 0",
    "generator": "def g():\n    yield 1\n    yield 1\nresult = sum(g())",
    "comprehensions": "result = len({x: y for x, y in zip('ab', [1, 2])} | {})",
    "del": "x = [1, 2, 3]\ndel x[0]\nresult = len(x)",
    "dataclass": "from dataclasses import dataclass, field\n@dataclass\nclass P:\n    x: int = 2\n    y: list = field(default_factory=list)\nresult = P().x",
    "enum": "from enum import IntEnum\nclass C(IntEnum):\n    B = 2\nresult = int(C.B)",
    "regex": "import re\nresult = len(re.findall(r'(?<=a)b(?=c)', 'abc abc'))",
    "json": "import json\nresult = json.loads(json.dumps({'a': [1, 2]}))['a'][1]",
    "statistics": "import statistics\nresult = statistics.median([1, 2, 3])",
    "fractions": "from fractions import Fraction\nresult = int(Fraction(1, 2) * 4)",
    "decimal": "from decimal import Decimal\nresult = int(Decimal('0.2') * 10)",
    "string module": "import string\nresult = string.ascii_lowercase.index('c')",
    "textwrap": "import textwrap\nresult = len(textwrap.wrap('aaa bbb', 3))",
    "f-string": "x = 2\nresult = int(f'{x:>3}'.strip())",
    "match": "match [1, 2]:\n    case [_, x]:\n        result = x",
    "walrus": "result = y if (y := 2) else 0",
    "with": "import contextlib, io\nwith contextlib.redirect_stdout(io.StringIO()) as out:\n    print('ab', end='')\nresult = len(out.getvalue())",
    "async": "import asyncio\nasync def f():\n    await asyncio.sleep(0)\n    return 2\nresult = asyncio.run(f())",
    "threads": "import threading\nx = []\nts = [threading.Thread(target=x.append, args=(i,)) for i in range(2)]\n[t.start() for t in ts]\n[t.join() for t in ts]\nresult = len(x)",
    "thread pool": "from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(4) as p:\n    result = len(list(p.map(str, range(2))))",
    "own files": "with open('x.txt', 'w') as f:\n    f.write('ab')\nresult = len(open('x.txt').read())",
    "temporary file": "import tempfile\nwith tempfile.TemporaryDirectory() as d:\n    result = 2",
    "csv": "import csv, io\nresult = len(next(csv.reader(io.StringIO('a,b'))))",
    "hashlib": "import hashlib\nresult = len(hashlib.sha256(b'x').hexdigest()) // 32",
    "sqlite": "import sqlite3\nresult = sqlite3.connect(':memory:').execute('select 1 + 1').fetchone()[0]",
    "time zone": "import zoneinfo, datetime\nresult = int(datetime.datetime(2024, 7, 1, tzinfo=zoneinfo.ZoneInfo('Europe/Paris')).utcoffset().seconds / 3600)",
    "pickle": "import pickle\nclass A:\n    x = 2\nresult = pickle.loads(pickle.dumps(A())).x",
    "main guard": "def main():\n    global result\n    result = 2\nif __name__ == '__main__':\n    main()",
    "exit at the end": "import sys\nresult = 2\nsys.exit(0)",
    "random": "import random\nrandom.seed(1)\nresult = len({random.random() for _ in range(2)})",
    "unusual module": "import graphlib\nresult = len(list(graphlib.TopologicalSorter({1: [2]}).static_order()))",
    "eval": "result = eval('1 + 1')",
    "global names": "x = 2\nresult = globals()['x']",
    "dev null": "open('/dev/null', 'w').write('x')\nresult = 2",
}  # fmt: skip


@pytest.mark.parametrize("level", ["fast", "full"])
@pytest.mark.parametrize("name", ORDINARY)
async def test_ordinary_python_just_runs(sandbox, name, level):
    result = await sandbox.run(ORDINARY[name], level=level)
    assert (result.ok, result.result, result.kind) == (True, 2, "ok"), result


@pytest.mark.parametrize("level", ["fast", "full"])
async def test_inputs_are_bound_and_printed_text_and_result_come_back(sandbox, level):
    given = {"text": "grün \U0001f600", "data": {"a": [1, None, True, 1.5]}}
    result = await sandbox.run("print(text)\nresult = [text, data]", inputs=given, level=level)
    assert result.ok
    assert result.stdout == "grün \U0001f600\n"
    assert result.result == [given["text"], given["data"]]
    assert result.level == level
    assert result.error is None


@pytest.mark.parametrize("level", ["fast", "full"])
async def test_without_a_result_there_is_none(sandbox, level):
    result = await sandbox.run("x = 1", level=level)
    assert (result.ok, result.result) == (True, None)


@pytest.mark.parametrize("level", ["fast", "full"])
async def test_an_error_says_which_line_and_why(sandbox, level):
    result = await sandbox.run("x = {}\nprint('before')\nx['missing']", level=level)
    assert (result.ok, result.kind, result.stdout) == (False, "exception", "before\n")
    assert "line 3" in result.error
    assert "KeyError: 'missing'" in result.error


async def test_code_that_does_not_parse_is_syntax(sandbox):
    result = await sandbox.run("def f(:\n    pass")
    assert (result.ok, result.kind) == (False, "syntax")
    assert "SyntaxError" in result.error


async def test_code_beyond_the_subset_falls_back_to_full(sandbox):
    assert (await sandbox.run("result = 1")).level == "fast"
    assert (await sandbox.run("import string\nresult = string.digits")).level == "full"


async def test_an_error_of_the_fast_level_is_checked_by_full_python(sandbox):
    result = await sandbox.run("result = 1\nassert result == 2, 'no'")
    assert (result.kind, result.level) == ("exception", "full")
    assert "AssertionError: no" in result.error


async def test_what_json_cannot_hold_comes_back_as_its_repr(sandbox):
    assert (await sandbox.run("result = {3, 1, 2}")).result == "{1, 2, 3}"
    assert (await sandbox.run("result = 1 + 2j", level="full")).result == "(1+2j)"
    assert (await sandbox.run("result = 10 ** 5000", level="full")).result.startswith("0x")


@pytest.mark.parametrize("level", ["fast", "full"])
async def test_a_loop_ends_at_the_limit(sandbox, level):
    result = await sandbox.run("while True:\n    pass", level=level, limits=SandboxLimits(seconds=0.3))
    assert (result.ok, result.kind) == (False, "timeout")
    assert "0.3 s" in result.error


async def test_cpu_time_is_limited_by_itself(sandbox):
    limits = SandboxLimits(seconds=30, cpu_seconds=1)
    result = await sandbox.run("while True:\n    pass", level="full", limits=limits)
    assert (result.kind, "CPU" in result.error) == ("timeout", True)


async def test_queueing_is_not_the_guests_time(sandbox):
    limits = SandboxLimits(seconds=0.9)
    code = "import time\ntime.sleep(0.4)\nresult = 1"
    results = await asyncio.gather(*(sandbox.run(code, level="full", limits=limits) for _ in range(16)))
    assert [result.kind for result in results] == ["ok"] * 16


async def test_memory_is_limited(sandbox):
    small = SandboxLimits(memory_mb=64)
    code = "x = bytearray(100_000_000)\nresult = len(x)"
    assert (await sandbox.run(code, level="full", limits=small)).kind == "memory"
    assert (await sandbox.run(code, level="full")).result == 100_000_000


async def test_printed_text_is_limited_and_what_there_was_is_kept(sandbox):
    result = await sandbox.run("while True:\n    print('ab')", level="full", limits=SandboxLimits(output_bytes=3000))
    assert (result.kind, len(result.stdout)) == ("output", 3000)


async def test_standard_error_is_shown_too(sandbox):
    result = await sandbox.run("import sys\nprint('a', file=sys.stderr)\nprint('b')", level="full")
    assert result.stdout == "a\nb\n"


async def test_runs_at_once_do_not_mix(sandbox):
    results = await asyncio.gather(
        *(
            sandbox.run(f"import time\ntime.sleep(0.01)\nprint({n})\nresult = {n}", level=("fast", "full")[n % 2])
            for n in range(60)
        )
    )
    assert [result.result for result in results] == list(range(60))
    assert [result.stdout for result in results] == [f"{n}\n" for n in range(60)]


async def test_a_cancelled_run_gives_its_place_back(sandbox):
    for level in ("fast", "full"):
        for _ in range(20):
            task = asyncio.create_task(sandbox.run("while True:\n    pass", level=level))
            await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert (await sandbox.run("result = 1", level=level)).result == 1


async def test_hash_order_is_the_same_in_every_run(sandbox):
    code = "result = list({'a', 'b', 'c', 'd', 'e'})"
    assert len({str((await sandbox.run(code, level="full")).result) for _ in range(3)}) == 1


async def test_random_numbers_are_not_the_same_in_every_run(sandbox):
    code = "import random\nresult = random.random()"
    assert len({(await sandbox.run(code, level="full")).result for _ in range(3)}) == 3


WRITTEN: list[dict[str, str]] = yaml.safe_load((Path(__file__).parent / "ordinary.yaml").read_text())
CANDIDATES = {
    "A": 'Here is the data:\n```json\n{"name": "Bob", "age": 5, "tags": ["x", "y"]}\n```\nDone. 17 * 23 = 391. It was 2024-02-29.',
    "B": '{"name": "Al"}\nRoses are red,\nViolets are blue,\nSugar is sweet,\nAnd so are you.',
}


@pytest.mark.parametrize("written", WRITTEN, ids=lambda written: written["name"])
async def test_what_a_judge_writes_runs_and_means_the_same_at_both_levels(sandbox, written):
    fast = await sandbox.run(written["code"], inputs={"candidates": CANDIDATES})
    full = await sandbox.run(written["code"], inputs={"candidates": CANDIDATES}, level="full")
    assert full.ok, full.error
    assert (fast.ok, fast.result, fast.stdout) == (True, full.result, full.stdout)
