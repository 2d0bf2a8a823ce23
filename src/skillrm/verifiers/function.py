"""function:python: a function that a sample brings, called on the answer in the sandbox."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field, JsonValue

from skillrm import sandbox
from skillrm.errors import SandboxError
from skillrm.sandbox import SandboxLimits, SandboxResult
from skillrm.types import Candidate, Sample
from skillrm.verifiers.registry import Args, Finding, broken, decided, verifier

MAX_SOURCE = 100_000
"""Characters."""
_RUNS_TEXT = re.compile(r"\b(?:exec|eval|__import__|pickle|marshal|runpy|subprocess)\b")
"""Words of a function that may run the answer as code: who runs in the guest can forge what it says."""
_CALLING = """\
import ast, sys, types

def called(source, entry, prompt, response):
    module = sys.modules["function"] = types.ModuleType("function")
    module.response = response
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            try:
                exec(compile(ast.Module([node], []), "<function>", "exec"), module.__dict__)
            except ImportError:
                pass
    exec(compile(source, "<function>", "exec"), module.__dict__)
    function = getattr(module, entry, None)
    if not callable(function):
        raise NameError(f"the source defines no function {entry}")
    value = function(prompt, response)
    if isinstance(value, types.CoroutineType):
        import asyncio  # takes longer than most functions
        value = asyncio.run(value)
    if isinstance(value, types.GeneratorType):
        raise TypeError(f"{entry} is a generator, which would always be true")
    plain = value is None or isinstance(value, (bool, int, float))
    return {"holds": bool(value), "returned": str(value)[:40] if plain else f"a {type(value).__name__}"}
"""
"""Not as a script: no `__main__`. Imports made anywhere in the source are seen everywhere in it, and `response` is.
Every answer meets the source anew: what a function keeps from one answer must not reach the next.
"""


class FunctionArgs(Args):
    source: Annotated[str, Field(min_length=1, max_length=MAX_SOURCE)]
    """Python that defines the function; the standard library is at hand."""
    entry: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,99}$")]
    """Its name; it is called with the prompt and the answer."""
    seconds: Annotated[float, Field(gt=0, le=30)] = 5.0
    memory_mb: Annotated[int, Field(ge=64, le=1024)] = 512


@verifier("function:python", version="2", args=FunctionArgs, many=True, sample_safe=True, keeps=True)
async def python(sample: Sample, candidates: Sequence[Candidate], args: FunctionArgs) -> dict[str, Finding]:
    """Satisfied where `entry(prompt, answer)` returns something true.

    A function that raises, ends the process, runs out of time or memory, or is not there, is an error: the answer is
    not to blame for it. Where the function may run the answer as code, what it says in favour counts as forgeable, and
    each answer has a guest of its own.

    >>> check("function:python", "abc", source="def short(prompt, answer): return len(answer) < 9",
    ...       entry="short").satisfied
    True
    """
    forgeable = _RUNS_TEXT.search(args.source) is not None
    guests = [[one] for one in candidates] if forgeable else [list(candidates)]
    limits = SandboxLimits(seconds=args.seconds, memory_mb=args.memory_mb)
    found: dict[str, Finding] = {}
    for together in guests:
        calls: list[list[JsonValue]] = [[args.source, args.entry, sample.prompt_text, one.final] for one in together]
        try:
            box = await sandbox.get_sandbox()
            done = await box.call_many(_CALLING, "called", calls, limits=limits)
        except SandboxError as error:
            found |= {one.label: broken(f"the function did not run: {error}"[:500]) for one in together}
            continue
        found |= {one.label: _finding(each, args, forgeable) for one, each in zip(together, done, strict=True)}
    return found


def _finding(done: SandboxResult, args: FunctionArgs, forgeable: bool) -> Finding:
    if not done.ok:
        last = (done.error or "").rstrip().rsplit("\n", 1)[-1]
        return broken(f"the function ended with {done.kind}: {last}"[:500])
    said = done.result
    if not isinstance(said, dict) or not isinstance(said.get("holds"), bool):
        return broken("the function ended the process before it returned")
    holds = bool(said["holds"])
    words = f"{args.entry} returns {said.get('returned')}"[:200]
    return decided(holds, words, forgeable=holds and forgeable)
