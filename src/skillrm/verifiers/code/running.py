"""Running a program on examples: what goes into the guest is input only; what comes out is compared here."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from skillrm.sandbox import Sandbox, SandboxLimits, SandboxResult
from skillrm.verifiers.code.examples import Example, Expression, NamedCall, Printed
from skillrm.verifiers.code.extraction import Program
from skillrm.verifiers.code.values import NOTHING, same, same_output, value_of

HEAD = """\
from typing import *
import bisect, collections, functools, heapq, itertools, math, operator, random, re, string, sys
from bisect import bisect_left, bisect_right, insort
from collections import Counter, OrderedDict, defaultdict, deque
from functools import cache, cmp_to_key, lru_cache, reduce
from heapq import heapify, heappop, heappush, heappushpop, heapreplace, nlargest, nsmallest
from itertools import accumulate, chain, combinations, permutations, product
from math import ceil, floor, gcd, inf, sqrt
"""
"""What judges of programming sites import for every answer; only where the answer names its function itself."""
_AS_PROGRAM = """\
import io, os, sys
def _begin(text):
    try:
        with open("/tmp/stdin", "w", encoding="utf-8") as file:
            file.write(text)
        fd = os.open("/tmp/stdin", os.O_RDONLY)
        os.dup2(fd, 0)
        os.close(fd)
        os.unlink("/tmp/stdin")
        sys.stdin = open(0, encoding="utf-8", closefd=False)
    except OSError:
        sys.stdin = io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8")
    sys.stderr = io.StringIO()
_begin(given)
exec(compile(source, "<code>", "exec"), {"__name__": "__main__", "__builtins__": __builtins__})
"""
_METHOD = re.compile(r"^([ \t]*)(?:async[ \t]+)?def[ \t]+([A-Za-z]\w*)[ \t]*\(([^)]{0,2000})\)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Ran:
    """One example: passed or not, and what was seen."""

    passed: bool
    said: str


async def run_examples(
    box: Sandbox, code: Program, examples: Sequence[Example], limits: SandboxLimits, *, any_order: bool = False
) -> list[Ran] | None:
    """One `Ran` per example; None where the program has no function for them."""
    first = examples[0]
    if isinstance(first, Printed):
        return [await _printed(box, code, one, limits) for one in examples if isinstance(one, Printed)]
    sources = expressions(code, examples)
    if sources is None:
        return None
    results = await box.evaluate(runnable(code, first), sources, limits=limits)
    return [_compared(one, result, any_order) for one, result in zip(examples, results, strict=True)]


def runnable(code: Program, example: Example) -> str:
    if not isinstance(example, NamedCall) or code.how == "completion" or "from __future__" in code.source:
        return code.source
    return HEAD + code.source


def expressions(code: Program, examples: Sequence[Example]) -> list[str] | None:
    """What to evaluate for each example; None where the program defines nothing that fits."""
    sources = []
    for one in examples:
        if isinstance(one, Expression):
            sources.append(one.source)
        elif isinstance(one, NamedCall):
            entry = entry_for(code, list(one.args))
            if entry is None:
                return None
            sources.append(f"{entry}({', '.join(map(repr, one.args.values()))})")
    return sources


def entry_for(code: Program, names: list[str]) -> str | None:
    """The function or the method of `Solution` whose parameters are these; else one that takes so many."""
    source = code.source
    inside = re.search(r"^class[ \t]+Solution\b[^\n]*\n(?:(?:[ \t]+[^\n]*)?\n?)*", source, re.MULTILINE)
    public = []
    for found in _METHOD.finditer(inside[0] if inside else source):
        params = [part.split(":")[0].split("=")[0].strip() for part in _split(found[3])]
        if found[1] and not inside:
            continue
        if inside:
            if params[:1] != ["self"]:
                continue
            params = params[1:]
        public.append((len(found[1]), found[2], [param for param in params if param]))
    outer = min((depth for depth, _, _ in public), default=0)
    mine = [(name, params) for depth, name, params in public if depth == outer]
    prefix = "Solution()." if inside else ""
    for fits in (
        [name for name, params in mine if params == names],
        [name for name, params in mine if name == code.entry],
        [name for name, params in mine if len(params) == len(names)][-1:],
    ):
        if fits:
            return prefix + fits[-1]
    return None


def _split(params: str) -> list[str]:
    """Parameters, commas inside brackets aside."""
    parts, depth = [""], 0
    for char in params:
        depth += (char in "[(") - (char in ")]")
        if char == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return parts


async def run_program(box: Sandbox, source: str, stdin: str, limits: SandboxLimits) -> SandboxResult:
    """The program as a script: `stdin` on descriptor 0, what it printed in `.stdout`."""
    inputs: dict[str, JsonValue] = {"source": source, "given": stdin}
    return await box.run(_AS_PROGRAM, inputs=inputs, level="full", limits=limits)


async def _printed(box: Sandbox, code: Program, one: Printed, limits: SandboxLimits) -> Ran:
    result = await run_program(box, code.source, one.stdin, limits)
    if not result.ok:
        return Ran(False, f"on {_cut(one.stdin)} it ends with {failure(result)}")
    if same_output(result.stdout, one.stdout):
        return Ran(True, f"on {_cut(one.stdin)} it prints {_cut(result.stdout)}")
    return Ran(False, f"on {_cut(one.stdin)} it prints {_cut(result.stdout)}; shown is {_cut(one.stdout)}")


def _compared(one: Example, result: SandboxResult, any_order: bool) -> Ran:
    assert not isinstance(one, Printed)
    asked = (
        _cut(one.source) if isinstance(one, Expression) else _cut(", ".join(f"{k}={v!r}" for k, v in one.args.items()))
    )
    if one.shown.startswith("Traceback"):
        kind = one.shown.rsplit("\n", 1)[-1].split(":")[0].strip()
        raised = result.kind == "exception" and kind in (result.error or "").rsplit("\n", 1)[-1]
        return Ran(raised, f"{asked} is to raise {kind}")
    if not result.ok or not isinstance(result.result, dict):
        return Ran(False, f"{asked} ends with {failure(result)}")
    shown = str(result.result.get("repr", ""))
    if fits(result, one, any_order):
        return Ran(True, f"{asked} gives {_cut(shown)}")
    return Ran(False, f"{asked} gives {_cut(shown)}; shown is {_cut(one.shown)}")


def fits(result: SandboxResult, one: Expression | NamedCall, any_order: bool = False) -> bool:
    """The value that came back is the one shown; printed text counts where no value came back."""
    told = result.result if isinstance(result.result, dict) else {}
    shown = str(told.get("repr", ""))
    if not shown:
        printed = result.stdout.strip()
        if printed:
            return same_output(printed, one.shown)
        return one.expected is None or (one.expected is NOTHING and not one.shown)
    if " ".join(shown.split()) == " ".join(one.shown.split()):
        return True
    if one.expected is NOTHING:
        return False
    got = value_of(shown)
    if got is NOTHING:
        got = told.get("json")
    if one.shown.startswith("(") and not isinstance(one.expected, tuple):
        return same(got, one.expected) or same(got, (one.expected,))  # `("x")` is how people write a tuple of one
    return same(got, one.expected, any_order=any_order)


def failure(result: SandboxResult) -> str:
    last = (result.error or "").strip().rsplit("\n", 1)[-1]
    return f"{result.kind}: {last}"[:300] if last else result.kind


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 100 else text[:97] + "..."
