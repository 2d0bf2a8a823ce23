"""The guest that holds the tests. It alone counts; the code under test runs elsewhere and answers calls."""

from __future__ import annotations

import ast
import io
import signal
import sys
import unittest
from functools import partial
from types import ModuleType
from typing import Any, NoReturn

from skillrm.sandbox.guest import frames, output, wire
from skillrm.sandbox.guest.peer import Gone
from skillrm.sandbox.guest.remote import Impassable, World, taken
from skillrm.sandbox.guest.tally import NAME, CountAsserts, Tally, free_names, report

TESTS = "<tests>"


class TooSlow(BaseException):
    """The wall time is over; what was counted so far still counts."""


def _ring(*_: object) -> NoReturn:
    raise TooSlow


def run_tests(source: str, entry: str | None, link: int, seconds: float) -> dict[str, Any]:
    """Counts, `first_failure`, and `timed_out`, `unsupported`, `syntax`, `broken_tests` where they apply."""
    tally = Tally(source)
    output.remember_source(TESTS, source)
    signal.signal(signal.SIGALRM, _ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    more: dict[str, Any] = {}
    try:
        try:
            tree = ast.parse(source, TESTS)
        except (SyntaxError, ValueError, RecursionError) as error:
            return report(tally, broken_tests=f"the tests do not parse: {error}")
        free = free_names(tree)
        tree = CountAsserts(tally).visit(tree)
        hello = frames.receive(link)
        if "names" not in hello:
            tally.abandon(f"the code does not load: {str(hello.get('failed'))[-800:]}")
            return report(tally, syntax=bool(hello.get("syntax")))
        _run(tree, tally, _bound(World(link), hello["names"], free, entry), entry)
    except TooSlow:
        tally.abandon("the time is over")
        more["timed_out"] = True
    except Impassable as error:
        more["unsupported"] = str(error)
    except (frames.Closed, ConnectionError, Gone, wire.Foreign, ValueError, AttributeError, TypeError) as error:
        tally.abandon(f"the code under test is gone: {error}")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return report(tally, **more)


def _bound(world: World, names: dict[str, Any], free: set[str], entry: str | None) -> dict[str, Any]:
    """What the tests read and do not define themselves: the code cannot slip its own `abs` under them."""
    bound: dict[str, Any] = {}
    for name in free:
        if name in names and not taken(name):
            bound[name] = world.bind(name, names[name])
    if entry is not None:
        first, *rest = entry.split(".")
        if first in names:
            function = bound[first] = world.bind(first, names[first])
            for name in rest:
                function = getattr(function(), name)  # `Solution.f`: a method of an instance made without arguments
            bound["candidate"] = function
    return bound


def _run(tree: ast.Module, tally: Tally, bound: dict[str, Any], entry: str | None) -> None:
    module = ModuleType("__main__")
    sys.modules["__main__"] = module
    names = module.__dict__
    names.update(bound)
    names[NAME] = tally
    called = {
        node.value.func.id
        for node in tree.body
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Name)
    }
    for node in tree.body:
        _unit(tally, node, partial(_define, node, names))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name not in called:
            if node.name == "check" and "candidate" in bound:
                _unit(tally, node, lambda: names["check"](bound["candidate"]), counts=True)
            elif node.name.startswith("test") and not node.args.args:
                _unit(tally, node, names[node.name], counts=True)
        elif isinstance(node, ast.ClassDef):
            found = names.get(node.name)
            if isinstance(found, type) and issubclass(found, unittest.TestCase):
                _unit_cases(tally, found)
    if not tally.passed + tally.failed:
        tally.fail("no assertion ran")


def _define(node: ast.stmt, names: dict[str, Any]) -> None:
    exec(compile(ast.Module([node], []), TESTS, "exec"), names)  # noqa: S102  # this is what a guest is for


def _unit(tally: Tally, node: ast.stmt, run: Any, *, counts: bool = False) -> None:
    """One statement or test function. With `counts` it is a test itself when it holds no assertion."""
    before = tally.passed + tally.failed
    try:
        run()
    except Exception as error:
        tally.abandon(error, node.lineno, node.end_lineno or node.lineno)
    except SystemExit as error:
        tally.abandon(f"SystemExit: {error}", node.lineno)
    else:
        if counts and tally.passed + tally.failed == before:
            tally.passed += 1


def _unit_cases(tally: Tally, cases: type[unittest.TestCase]) -> None:
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(cases)
    result = unittest.TextTestRunner(stream=io.StringIO(), verbosity=0).run(suite)
    bad = [*result.failures, *result.errors]
    tally.passed += result.testsRun - len(bad) - len(result.skipped)
    for case, text in bad:
        tally.fail(f"{case.id()}: {text.strip().splitlines()[-1]}")
