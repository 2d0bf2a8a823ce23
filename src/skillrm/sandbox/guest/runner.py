"""The guest's own side: read a job, do it, reply.

Nothing here guards anything: the code it runs may rewrite all of it, and then lies about its own result only.
"""

from __future__ import annotations

import ast
import contextlib
import inspect
import json
import os
import sys
from types import ModuleType
from typing import Any, NoReturn

from skillrm.sandbox.guest import frames, output, serving, testing

CODE = "<code>"
DEPTH = 200


def _deep(value: Any) -> bool:
    """Nested deeper than the host takes."""
    level = [value]
    for _ in range(DEPTH):
        level = [
            item
            for held in level
            for item in (held.values() if isinstance(held, dict) else held)
            if isinstance(item, (dict, list, tuple))
        ]
        if not level:
            return False
    return True


def _shown(value: Any) -> str:
    try:
        return repr(value)
    except Exception:  # an integer past Python's own limit of digits, a class that lies
        return hex(value) if isinstance(value, int) else f"a {type(value).__name__} without a repr"


_WARM = """
import collections, json, re
class _A:
    def __init__(self, x): self.x = x
def _f(text, n=1):
    words = [word for word in text.split() if len(word) > n]
    return {word: re.sub("[^a-z]", "", word) for word in words}, sorted(words, key=lambda w: (-len(w), w)), _A(n).x
try:
    print(f"{len(_f('an ordinary check', 2)[1]):>3}", json.loads(json.dumps(_f("does this")[0])), sum(range(9)) / 2.0)
    raise ValueError("x")
except ValueError:
    result = collections.Counter("abc").most_common(1)
"""


def warm() -> None:
    """Import and touch what a run needs, once, before the first fork."""
    kept = sys.stdout, sys.stderr
    reply = Reply(-1, {"output_bytes": 1000, "result_bytes": 1000})
    names: dict[str, Any] = {}
    exec(compile(_WARM, CODE, "exec"), names)  # noqa: S102
    json.loads(json.dumps({"seq": 0, "result": names["result"], "stdout": reply.printed.kept.decode()}))
    try:
        raise ValueError
    except ValueError as error:
        output.tail_of(error)
    sys.stdout, sys.stderr = kept


class Reply:
    """One numbered reply at a time, with what was printed since the last."""

    def __init__(self, fd: int, limits: dict[str, Any]) -> None:
        self.fd = fd
        self.seq = 0
        self.output_bytes: int = limits["output_bytes"]
        self.result_bytes: int = limits["result_bytes"]
        self.listen()

    def listen(self) -> None:
        self.printed = output.Printed(self.output_bytes, self._overflow)
        self.stream = output.text_stream(self.printed)
        sys.stdout = sys.stderr = self.stream

    def _overflow(self) -> NoReturn:
        self._send("output", None, f"printed more than {self.output_bytes} bytes", flush=False)
        os._exit(0)

    def _send(self, kind: str, result: str | None, error: str | None, *, flush: bool = True) -> None:
        if flush:
            with contextlib.suppress(ValueError):  # the guest closed it
                self.stream.flush()
        head = {"seq": self.seq, "kind": kind, "error": error, "stdout": self.printed.kept.decode("utf-8", "replace")}
        frames.send_bytes(self.fd, f'{json.dumps(head)[:-1]}, "result": {result or "null"}}}'.encode())

    def value(self, value: Any, *, else_repr: bool = False) -> None:
        """Reply with a plain value; what JSON cannot hold is `unsupported`, or its repr."""
        try:
            text = json.dumps(value)
            if text.count("[") + text.count("{") > DEPTH and _deep(value):
                raise ValueError("nested too deeply")
        except Exception as error:
            if not else_repr:
                self._send("unsupported", None, f"a {type(value).__name__} cannot come back as JSON: {error}"[:500])
                return
            text = json.dumps(_shown(value)[: self.result_bytes // 8])
        if len(text) > self.result_bytes:
            self._send("output", None, f"the result is larger than {self.result_bytes} bytes")
        else:
            self._send("ok", text, None)

    def failure(self, error: BaseException, *, defining: bool = False) -> None:
        kind = "memory" if isinstance(error, MemoryError) else "exception"
        if defining and isinstance(error, SyntaxError) and error.filename == CODE:
            kind = "syntax"
        text = output.tail_of(error)
        self._send(kind, None, text)


def serve(fd: int, link: int | None) -> NoReturn:
    """Read the job from `fd` and do it. Never returns."""
    job = frames.receive(fd)
    reply = Reply(fd, job["limits"])
    if job["mode"] == "tests":
        assert link is not None
        reply.value(testing.run_tests(job["tests"], job["entry"], link, job["limits"]["seconds"]))
        os._exit(0)
    module = ModuleType("__main__" if job["mode"] == "run" else "candidate")
    sys.modules[module.__name__] = module
    names = module.__dict__
    names.update(job.get("inputs", {}))
    try:
        if job.get("prelude"):
            exec(compile(job["prelude"], "<prelude>", "exec"), names)  # noqa: S102  # this is what a guest is for
        output.remember_source(CODE, job["code"])
        exec(compile(job["code"], CODE, "exec"), names)  # noqa: S102
        failed: BaseException | None = None
    except SystemExit as error:
        failed = None if job["mode"] == "run" and not error.code else error
    except BaseException as error:
        failed = error
    if job["mode"] == "run":
        if failed is None:
            reply.value(names.get("result"), else_repr=True)
        else:
            reply.failure(failed, defining=True)
    elif job["mode"] == "serve":
        assert link is not None
        syntax = isinstance(failed, SyntaxError) and failed.filename == CODE
        serving.serve_calls(link, names, None if failed is None else output.tail_of(failed), syntax)
    else:
        _answer(fd, reply, names, failed)
    os._exit(0)


def _answer(fd: int, reply: Reply, names: dict[str, Any], failed: BaseException | None) -> None:
    """Calls and expressions, one at a time, in one state."""
    while True:
        try:
            request = frames.receive(fd)
        except frames.Closed:
            return
        reply.seq = request["seq"]
        if failed is not None:
            reply.failure(failed, defining=True)
            continue
        try:
            if "call" in request:
                value = settled(find(names, request["call"])(*request["args"], **request["kwargs"]))
                reply.value(value)
            else:
                reply.value(_evaluate(request["eval"], names))
        except BaseException as error:
            reply.failure(error)
        reply.listen()


def find(names: dict[str, Any], entry: str) -> Any:
    """`f`, or `Solution.f`: a method is taken from an instance made without arguments."""
    first, *rest = entry.split(".")
    if first not in names:
        raise NameError(f"the code defines no {first!r}")
    found = names[first]
    for name in rest:
        found = getattr(found() if isinstance(found, type) else found, name)
    return found


def settled(value: Any) -> Any:
    """What a coroutine returns; every other value as it is."""
    if not inspect.iscoroutine(value):
        return value
    import asyncio  # too much to be in every guest

    return asyncio.run(value)


def _evaluate(source: str, names: dict[str, Any]) -> dict[str, Any]:
    output.remember_source("<expression>", source)
    tree = ast.parse(source, "<expression>")
    last = tree.body[-1] if tree.body else None
    if isinstance(last, ast.Expr):
        tree.body.pop()
    exec(compile(tree, "<expression>", "exec"), names)  # noqa: S102
    if not isinstance(last, ast.Expr):
        return {"repr": "", "json": None}
    value = settled(eval(compile(ast.Expression(last.value), "<expression>", "eval"), names))  # noqa: S307
    shown = "" if value is None else _shown(value)
    try:
        if json.dumps(value).count("[") > DEPTH and _deep(value):
            value = None
    except Exception:
        value = None
    return {"repr": shown, "json": value}
