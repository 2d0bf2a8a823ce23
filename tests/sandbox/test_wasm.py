"""Level wasm: what full does, where the kernel gives no namespaces; without calls between two guests."""

from __future__ import annotations

import importlib.util

import pytest

from skillrm.sandbox import SandboxLimits
from skillrm.sandbox.wasm import WasmSandbox

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(importlib.util.find_spec("eryx") is None, reason="pyeryx is not installed"),
]
LIMITS = SandboxLimits(seconds=2, output_bytes=20_000, result_bytes=100_000)


@pytest.fixture(scope="module")
def wasm():
    sandbox = WasmSandbox(1)
    yield sandbox
    sandbox._pool.close()


async def run(wasm, code, **inputs):
    return await wasm.run(code, inputs=inputs, prelude="", limits=LIMITS)


async def test_python_runs_with_inputs_and_result(wasm):
    result = await run(wasm, "import statistics\nprint('hi')\nresult = statistics.mean(x)", x=[1, 3])
    assert (result.ok, result.result, result.stdout, result.level) == (True, 2, "hi\n", "wasm")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("while True: pass", "timeout"),
        ("x = []\nwhile True: x.append('x' * 10 ** 6)", "memory"),
        ("while True: print('x' * 1000)", "output"),
        ("result = 'x' * 10 ** 6", "output"),
        ("import os\nos._exit(0)", "crash"),
        ("1 / 0", "exception"),
        ("raise SystemExit(3)", "exception"),
        ("def f(:", "syntax"),
        ("open('/etc/passwd').read()", "exception"),
        ("import socket\nsocket.create_connection(('127.0.0.1', 80), 1)", "exception"),
        ("import subprocess\nsubprocess.run(['ls'])", "exception"),
        ("import os\nos.fork()", "exception"),
    ],
)
async def test_what_goes_wrong_stays_inside(wasm, code, kind):
    assert (await run(wasm, code)).kind == kind
    assert (await run(wasm, "result = 1")).result == 1


async def test_the_hosts_environment_is_not_there(wasm, monkeypatch):
    monkeypatch.setenv("SKILLRM_CANARY", "CANARY")
    assert "CANARY" not in str((await run(wasm, "import os\nresult = dict(os.environ)")).result)


async def test_calls_and_expressions(wasm):
    calls = [{"call": "f", "args": [n], "kwargs": {}} for n in (1, "a", None)]
    results = await wasm.session("def f(x): return x * 2", calls, limits=LIMITS)
    assert [result.result for result in results] == [2, "aa", None]
    assert [result.kind for result in results] == ["ok", "ok", "exception"]
    found = await wasm.session("def f(x): return x * 2", [{"eval": "y = f(2)"}, {"eval": "{y}"}], limits=LIMITS)
    assert [result.result for result in found] == [{"repr": "", "json": None}, {"repr": "{4}", "json": None}]


async def test_assert_style_tests_are_honestly_unsupported(wasm):
    assert (await wasm.check("def f(): pass", "assert f() is None", entry="f", limits=LIMITS)).kind == "unsupported"
