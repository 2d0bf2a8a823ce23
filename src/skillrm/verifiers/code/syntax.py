"""code:syntax: does the code in the answer parse? Parsed in a worker process: deep nesting can end an interpreter."""

from __future__ import annotations

import ast
import warnings

from skillrm import sandbox
from skillrm.errors import DeadlineExceeded, SandboxError
from skillrm.types import Candidate, Sample
from skillrm.verifiers.code.extraction import other_language, program
from skillrm.verifiers.registry import Finding, NoArgs, broken, decided, not_applicable, verifier

NO_CODE = "no code was found in the answer"
_SECONDS = 10.0
_HERE = "skillrm.verifiers.code.syntax:fault_of"


@verifier("code:syntax", version="2", args=NoArgs, sample_safe=True)
async def syntax(sample: Sample, candidate: Candidate, args: NoArgs) -> Finding:
    r"""The answer holds Python code that parses.

    >>> check("code:syntax", "```python\ndef f(x):\n    return x +\n```").observation
    'the code does not parse: invalid syntax (line 2)'
    """
    if (language := other_language(sample.prompt_text)) is not None:
        return not_applicable(f"the prompt asks for {language}, and only Python is parsed")
    found = program(candidate.final, sample.prompt_text)
    if found is None:
        return decided(False, NO_CODE)
    try:
        fault = await sandbox.trusted_call(_HERE, [found.source], seconds=_SECONDS)
    except DeadlineExceeded:
        return decided(False, f"the code cannot be parsed within {_SECONDS:g} s")
    except SandboxError as error:
        return await _whose_fault(error)
    return decided(fault is None, f"the code does not parse: {fault}" if fault else "the code parses")


def fault_of(source: str) -> str | None:
    """What is wrong with the syntax; None if nothing. For a worker process."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(source)
    except SyntaxError as error:
        return f"{error.msg} (line {error.lineno})"
    except (ValueError, RecursionError, MemoryError) as error:
        return f"{type(error).__name__}: {error}"[:300]
    return None


async def _whose_fault(error: SandboxError) -> Finding:
    """A worker that still parses `x = 1` is sound: then the code ended it."""
    try:
        if await sandbox.trusted_call(_HERE, ["x = 1"], seconds=30.0) is None:
            return decided(False, f"the code ends the parser: {str(error)[:200]}")
    except (SandboxError, DeadlineExceeded) as again:
        return broken(f"the parser's worker broke: {again}"[:500])
    return broken(f"the parser's worker broke: {error}"[:500])
