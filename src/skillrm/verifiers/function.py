"""function:python: a function that a sample brings, called on the answer in the sandbox."""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import AsyncGenerator, Sequence
from typing import Annotated

from pydantic import Field, JsonValue

from skillrm import sandbox
from skillrm.errors import SandboxError
from skillrm.sandbox import SandboxLimits, SandboxResult
from skillrm.types import Candidate, Sample
from skillrm.verifiers.registry import Args, Finding, broken, decided, verifier
from skillrm.verifiers.source import keeps_nothing, runs_text

MAX_SOURCE = 100_000
"""Characters."""
_RETURNED = re.compile(r"True|False|None|[-+.\deinfa]{1,40}|a \w{1,40}")
_FIRST_LOOK = 0.25
"""Seconds of a call in a guest that others share; a slower one is begun anew in its own."""
_CALLING = """\
import ast, gc, sys, types

def called(source, entry, prompt, response):
    gc.collect()  # nothing else does here, and what an earlier answer took is its own
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


@verifier("function:python", version="3", args=FunctionArgs, many=True, sample_safe=True, keeps=True)
async def python(
    sample: Sample, candidates: Sequence[Candidate], args: FunctionArgs
) -> AsyncGenerator[tuple[str, Finding]]:
    """Satisfied where `entry(prompt, answer)` returns something true.

    A function that raises, ends the process, runs out of time or memory, or is not there, is an error: the answer is
    not to blame for it. Where the function may run the answer as code, what it says in favour counts as forgeable.
    Answers share a guest only where the function imports nothing that could keep something from one for the next.

    >>> check("function:python", "abc", source="def short(prompt, answer): return len(answer) < 9",
    ...       entry="short").satisfied
    True
    """
    forgeable = runs_text(args.source)
    alone = list(candidates)
    if len(candidates) > 1 and keeps_nothing(args.source):
        alone = []
        for one, done in zip(candidates, await _called(sample, candidates, args, _FIRST_LOOK), strict=True):
            if isinstance(done, SandboxResult) and done.kind in ("timeout", "memory", "crash"):
                alone.append(one)  # the others may be why
            else:
                yield one.label, _finding(done, args, forgeable)
    tasks = {asyncio.ensure_future(_called(sample, [one], args)): one.label for one in alone}
    left = set(tasks)
    try:
        while left:
            ended, left = await asyncio.wait(left, return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                yield tasks[task], _finding(task.result()[0], args, forgeable)
    finally:
        for task in left:
            task.cancel()


async def _called(
    sample: Sample, candidates: Sequence[Candidate], args: FunctionArgs, seconds: float = math.inf
) -> Sequence[SandboxResult | SandboxError]:
    """What became of each answer's call, all in one guest."""
    limits = SandboxLimits(seconds=min(args.seconds, seconds), memory_mb=args.memory_mb)
    calls: list[list[JsonValue]] = [[args.source, args.entry, sample.prompt_text, one.final] for one in candidates]
    try:
        box = await sandbox.get_sandbox()
        return await box.call_many(_CALLING, "called", calls, limits=limits)
    except SandboxError as error:
        return [error] * len(candidates)


def _finding(done: SandboxResult | SandboxError, args: FunctionArgs, forgeable: bool) -> Finding:
    if isinstance(done, SandboxError):
        return broken(f"the function did not run: {done}"[:500])
    if not done.ok:
        last = (done.error or "").rstrip().rsplit("\n", 1)[-1]
        return broken(f"the function ended with {done.kind}: {last}"[:500])
    said = done.result
    if not isinstance(said, dict) or not isinstance(said.get("holds"), bool):
        return broken("the function ended the process before it returned")
    holds, told = bool(said["holds"]), said.get("returned")
    if not isinstance(told, str) or _RETURNED.fullmatch(told) is None:  # who forges it does not talk to the judge
        told = f"something {str(holds).lower()}"
    return decided(holds, f"{args.entry} returns {told}", forgeable=holds and forgeable)
