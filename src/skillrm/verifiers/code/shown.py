"""code:examples: the examples that the prompt shows, run."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field

from skillrm import sandbox
from skillrm.errors import SandboxError
from skillrm.sandbox import SandboxLimits
from skillrm.types import Candidate, Sample
from skillrm.verifiers.code.examples import NamedCall, Printed, examples_of
from skillrm.verifiers.code.extraction import asked_name, other_language, program
from skillrm.verifiers.code.running import Ran, run_examples
from skillrm.verifiers.code.syntax import NO_CODE
from skillrm.verifiers.registry import Args, Finding, broken, decided, not_applicable, unknown, verifier

_ANY_ORDER = re.compile(r"\bany order\b", re.IGNORECASE)
_SEVERAL = re.compile(
    r"\b(?:(?:return|print|output|find|give)[ \t]+any(?:[ \t]+(?:one|of|such|valid))\b|"
    r"(?:multiple|several|many|more than one)[ \t]+(?:\w+[ \t]+)?(?:answers?|solutions?)|any of them|any valid)",
    re.IGNORECASE,
)
_LINKED = re.compile(r"\b(?:ListNode|TreeNode|linked list|binary tree|head[ \t]*=|root[ \t]*=)", re.IGNORECASE)


class RunArgs(Args):
    score: Literal["all", "fraction"] = "all"
    """`all`: 1 if every one passes, else 0; `fraction`: the share that passes."""
    entry: str | None = None
    """The function under test; default: what the prompt asks for."""
    seconds: Annotated[float, Field(gt=0, le=60)] = 5.0
    """Per example or test; many examples share ten seconds."""
    memory_mb: Annotated[int, Field(ge=64, le=4096)] = 512

    @property
    def limits(self) -> SandboxLimits:
        return self.shared(1)

    def shared(self, count: int) -> SandboxLimits:
        """For `count` small examples that run one after the other: about ten seconds in all, a second at least."""
        seconds = min(self.seconds, max(1.0, 10.0 / count))
        return SandboxLimits(seconds=seconds, memory_mb=self.memory_mb)


@verifier("code:examples", version="2", args=RunArgs, sample_safe=True, keeps=True)
async def examples(sample: Sample, candidate: Candidate, args: RunArgs) -> Finding:
    r"""The program gives what the prompt's own examples show; not applicable where the prompt has none,
    or asks for another language.

    Doctests, `f(1) == 2`, `Input: n = 1` over `Output: 2`, and sample input and output of whole programs. What is shown
    is compared outside the guest in which the program runs.

    >>> check("code:examples", "```python\ndef f(x):\n    return x\n```", prompt="Write f. f(1) == 2").observation
    '0 of 1 shown examples pass; f(1) gives 1; shown is 2'
    """
    prompt = sample.prompt_text
    if (language := other_language(prompt)) is not None:
        return not_applicable(f"the prompt asks for {language}, and only Python is run")
    name = args.entry or asked_name(prompt)
    found = examples_of(prompt, name)
    if not found:
        return not_applicable("the prompt shows no example that can be run")
    if isinstance(found[0], NamedCall) and _LINKED.search(prompt):
        return not_applicable("the examples hold linked nodes, not plain values")
    code = program(candidate.final, prompt, args.entry)
    if code is None:
        return decided(False, NO_CODE)
    order = bool(_ANY_ORDER.search(prompt))
    try:
        box = await sandbox.get_sandbox()
        ran = await run_examples(box, code, found, args.shared(len(found)), any_order=order)
    except SandboxError as error:
        return broken(f"the sandbox did not run the code: {error}"[:500])
    if ran is None:
        return decided(False, "the code defines no function that takes the inputs of the examples")
    several = isinstance(found[0], (Printed, NamedCall)) and _SEVERAL.search(prompt)
    if several and not all(one.passed for one in ran) and not any("ends with" in one.said for one in ran):
        return unknown("other results than those shown may be right too")
    return scored(ran, args.score, "shown examples")


def scored(ran: list[Ran], score: Literal["all", "fraction"], what: str) -> Finding:
    """The share or all of them, with the first failure in words."""
    passed = sum(one.passed for one in ran)
    failed = next((f"; {one.said}" for one in ran if not one.passed), "")
    said = f"{passed} of {len(ran)} {what} pass{failed}"
    return decided(passed / len(ran) if score == "fraction" else passed == len(ran), said)
