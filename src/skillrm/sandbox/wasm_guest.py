"""In a wasm worker process: one CPython on WebAssembly per run, without files, network or host functions."""

from __future__ import annotations

import json
import os
import resource
from typing import Any

# Runs inside WebAssembly. The code it runs may rewrite it, and then lies about its own result only.
_PROGRAM = """
import ast, asyncio, inspect, json, sys, traceback, types
_job = json.loads({job!r})
_module = types.ModuleType(_job["name"])
sys.modules[_job["name"]] = _module
_names = _module.__dict__
_names.update(_job["inputs"])

def _tail(error):
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith("<code")]
    shown = "".join(traceback.format_list(frames[-4:])) if frames else ""
    return (shown + "".join(traceback.format_exception_only(type(error), error))).rstrip()[-2000:]

def _evaluate(source):
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "<code expression>", "exec"), _names)
    if last is None:
        return {{"repr": "", "json": None}}
    value = _settled(eval(compile(ast.Expression(last.value), "<code expression>", "eval"), _names))
    try:
        plain = json.loads(json.dumps(value))
    except (TypeError, ValueError, RecursionError):
        plain = None
    return {{"repr": "" if value is None else repr(value), "json": plain}}

def _settled(value):
    return asyncio.run(value) if inspect.iscoroutine(value) else value

def _call(request):
    first, *rest = request["call"].split(".")
    found = _names[first]
    for name in rest:
        found = getattr(found() if isinstance(found, type) else found, name)
    return _settled(found(*request["args"], **request["kwargs"]))

def _main():
    kind, value, error = "ok", None, None
    defining = True
    try:
        exec(compile(_job["prelude"], "<prelude>", "exec"), _names)
        exec(compile(_job["code"], "<code>", "exec"), _names)
        defining = False
        for request in _job["requests"]:
            value = _call(request) if "call" in request else _evaluate(request["eval"])
        if not _job["requests"]:
            value = _names.get("result")
    except BaseException as caught:
        if not (isinstance(caught, SystemExit) and not caught.code and not _job["requests"]):
            kind, error = "exception", _tail(caught)
            if isinstance(caught, MemoryError):
                kind = "memory"
            elif defining and isinstance(caught, SyntaxError) and caught.filename == "<code>":
                kind = "syntax"
        value = _names.get("result") if kind == "ok" else None
    try:
        text = json.dumps(value)
    except (TypeError, ValueError, RecursionError) as caught:
        if _job["requests"]:
            kind, error, text = "unsupported", f"a {{type(value).__name__}} cannot come back as JSON", "null"
        else:
            text = json.dumps(repr(value)[:100000])
    return json.dumps({{"seq": 0, "kind": kind, "error": error}}) [:-1] + ', "result": ' + text + "}}"

result = _main()
"""


def execute(job: dict[str, Any], limits: dict[str, Any]) -> dict[str, Any]:
    """`{"body": reply as JSON text or null, "stdout", "fate": "" or timeout | memory | output | crash}`."""
    import eryx

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    kept = bytearray()
    most = limits["output_bytes"]

    def take(chunk: bytes) -> None:
        kept.extend(chunk[: most + 1 - len(kept)])
        if len(kept) > most:
            os._exit(OVERFLOW)  # what is printed piles up in this process: end it, the host starts another

    given = eryx.ResourceLimits(
        execution_timeout_ms=int(limits["seconds"] * 1000),
        max_memory_bytes=limits["memory_mb"] << 20,
        max_vfs_bytes=limits["file_bytes"],
        max_callback_invocations=0,
    )
    fate = ""
    body: Any = None
    try:
        sandbox = eryx.Sandbox(resource_limits=given, on_stdout=take, on_stderr=take)
        body = sandbox.execute(_PROGRAM.format(job=json.dumps(job))).result
    except eryx.TimeoutError:
        fate = "timeout"
    except eryx.ResourceLimitError:
        fate = "memory"
    except eryx.EryxError as error:
        fate = "memory" if "MemoryError" in str(error)[-200:] else "crash"
    return {"body": body if isinstance(body, str) else None, "stdout": kept.decode("utf-8", "replace"), "fate": fate}


OVERFLOW = 77
