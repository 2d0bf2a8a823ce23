"""Counting assertions: each `assert` is one test, and a failed one does not hide those after it."""

from __future__ import annotations

import ast
from typing import Any

NAME = "_tally_"
_SHOWN = 500


class Tally:
    """How many held, how many did not, and the first that did not."""

    def __init__(self, source: str) -> None:
        self.passed = 0
        self.failed = 0
        self.first = ""
        self.lines: dict[int, int] = {}
        self.reached: set[int] = set()
        self._source = source.split("\n")

    def hold(self, number: int) -> None:
        self.reached.add(number)
        self.passed += 1

    def break_(self, number: int, error: BaseException) -> None:
        self.reached.add(number)
        self.fail(error, self.lines[number])

    def fail(self, error: BaseException | str, line: int | None = None) -> None:
        self.failed += 1
        if not self.first:
            what = error if isinstance(error, str) else f"{type(error).__name__}: {error}".removesuffix(": ")
            quoted = f"line {line}: {self._source[line - 1].strip()[:_SHOWN]}: " if line else ""
            self.first = (quoted + what)[: 2 * _SHOWN]

    def abandon(self, error: BaseException | str, first: int = 1, last: int = 1 << 30) -> None:
        """A stretch of lines ended early: its assertions that were never reached have failed, at least one."""
        left = sum(1 for number, line in self.lines.items() if first <= line <= last and number not in self.reached)
        self.fail(error)
        self.failed += max(0, left - 1)


class CountAsserts(ast.NodeTransformer):
    """Wraps every `assert` that no handler of the tests themselves waits for."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        number = len(self._tally.lines)
        self._tally.lines[number] = node.lineno
        wrapped = ast.parse(
            f"try:\n pass\nexcept Exception as _e_:\n {NAME}.break_({number}, _e_)\nelse:\n {NAME}.hold({number})"
        ).body[0]
        assert isinstance(wrapped, ast.Try)
        for part in ast.walk(wrapped):
            if isinstance(part, (ast.stmt, ast.expr, ast.excepthandler)):
                ast.copy_location(part, node)
        wrapped.body = [node]
        return wrapped

    def visit_Try(self, node: ast.Try) -> ast.AST:
        if not node.handlers:
            return self.generic_visit(node)
        for handler in node.handlers:
            self.visit(handler)
        node.orelse = self._all(node.orelse)
        node.finalbody = self._all(node.finalbody)
        return node

    def _all(self, body: list[ast.stmt]) -> list[ast.stmt]:
        return [self.visit(item) for item in body]


def free_names(tree: ast.Module) -> set[str]:
    """Names that are read somewhere and bound nowhere."""
    read: set[str] = set()
    bound: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (read if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            bound.add(node.name)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.alias):
            bound.add((node.asname or node.name).split(".")[0])
    return read - bound


def report(tally: Tally, **more: Any) -> dict[str, Any]:
    return {
        "passed": tally.passed,
        "failed": tally.failed,
        "total": tally.passed + tally.failed,
        "first_failure": tally.first,
        **more,
    }
