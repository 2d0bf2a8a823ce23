"""consensus:code: how far programs agree with each other on inputs that need no expected output.

Grouping samples by what they do is after AlphaCode (arXiv 2203.07814) and CodeT (arXiv 2207.10397).
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from skillrm import sandbox
from skillrm.errors import SandboxError
from skillrm.sandbox import Sandbox, SandboxLimits, SandboxResult
from skillrm.types import Sample
from skillrm.verifiers.code.examples import Example, NamedCall, Printed, examples_of
from skillrm.verifiers.code.extraction import Program, asked_name, program
from skillrm.verifiers.code.running import entry_for, expressions, fits, run_program, runnable
from skillrm.verifiers.code.values import same_output
from skillrm.verifiers.consensus.inputs import shown_inputs, typed_inputs, varied
from skillrm.verifiers.registry import Args, Finding, broken, decided, unknown, verifier

_LONG = 2_000
_BATCH, _LATE = 6, 2
"""Inputs per guest, and timeouts after which a program is not tried further."""


class AgreementArgs(Args):
    inputs: Annotated[int, Field(ge=0, le=100)] = 20
    """How many inputs are made beside those that the prompt shows."""
    seconds: Annotated[float, Field(gt=0, le=10)] = 1.0
    """Per input."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A program after the shown examples: whether all hold, and what came out (None: it failed)."""

    code: Program
    right: bool
    outputs: tuple[str | None, ...]


@verifier("consensus:code", version="1", args=AgreementArgs, group=True, sample_safe=True, keeps=True)
async def consensus_code(sample: Sample, args: AgreementArgs) -> dict[str, Finding]:
    r"""Mean share of the other programs that give the same output, over the inputs shown and small changes of them.

    A program that fails a shown example scores 0 and has no vote, unless all fail. Unknown where the prompt gives no
    input, or no two programs can be compared.

    >>> check("consensus:code", "```python\ndef f(x):\n    return x\n```", prompt="Write f. f(1) == 1").observation
    'one program alone agrees with nobody'
    """
    prompt = sample.prompt_text
    name = asked_name(prompt)
    shown = examples_of(prompt, name)
    inputs = [] if shown and isinstance(shown[0], Printed) else shown_inputs(shown, name) or typed_inputs(prompt, name)
    if not inputs and not shown:
        return dict.fromkeys(sample.labels, unknown("the prompt gives no input to run"))
    inputs += varied(inputs, args.inputs, hashlib.sha256(prompt.encode()).hexdigest())
    limits = SandboxLimits(seconds=args.seconds)
    brief = SandboxLimits(seconds=min(args.seconds, max(0.25, 4 / max(1, len(shown)))))
    codes = {candidate.label: program(candidate.final, prompt) for candidate in sample.candidates}
    found = {label: code for label, code in codes.items() if code is not None}
    if len(found) < 2:
        return dict.fromkeys(codes, unknown("one program alone agrees with nobody"))
    try:
        box = await sandbox.get_sandbox()
        tried = await asyncio.gather(*(_try(box, code, shown, brief) for code in found.values()))
        trials = dict(zip(found, tried, strict=True))
        voters = [label for label, trial in trials.items() if trial.right] or list(trials)
        given = await asyncio.gather(*(_outputs(box, trials[label], shown, inputs, limits) for label in voters))
    except SandboxError as error:
        return dict.fromkeys(codes, broken(f"the sandbox did not run the code: {error}"[:500]))
    agreed = agreement(dict(zip(voters, given, strict=True)))
    return {label: agreed.get(label) or _without_vote(trials.get(label)) for label in codes}


def _without_vote(trial: Trial | None) -> Finding:
    return decided(0, "no code was found in the answer" if trial is None else "the program fails a shown example")


async def _try(box: Sandbox, code: Program, shown: Sequence[Example], limits: SandboxLimits) -> Trial:
    if shown and isinstance(shown[0], Printed):
        cases = [one for one in shown if isinstance(one, Printed)]
        runs = [await run_program(box, code.source, one.stdin, limits) for one in cases]
        right = all(run.ok and same_output(run.stdout, one.stdout) for run, one in zip(runs, cases, strict=True))
        return Trial(code, right, tuple(" ".join(run.stdout.split())[:_LONG] if run.ok else None for run in runs))
    if not shown:
        return Trial(code, True, ())
    sources = expressions(code, shown)
    if sources is None:
        return Trial(code, False, (None,) * len(shown))
    runs = await box.evaluate(runnable(code, shown[0]), sources, limits=limits)
    pairs = [(one, run) for one, run in zip(shown, runs, strict=True) if not isinstance(one, Printed)]
    return Trial(code, all(run.ok and fits(run, one) for one, run in pairs), tuple(map(_output, runs)))


async def _outputs(
    box: Sandbox,
    trial: Trial,
    shown: Sequence[Example],
    inputs: Sequence[tuple[Any, ...]],
    limits: SandboxLimits,
) -> tuple[str | None, ...]:
    """What the program gives for the shown inputs and for the others."""
    if not inputs:
        return trial.outputs
    code = trial.code
    names = (
        list(shown[0].args) if shown and isinstance(shown[0], NamedCall) else [str(at) for at in range(len(inputs[0]))]
    )
    entry = code.entry if code.entry not in (None, "Solution") else entry_for(code, names)
    if entry is None:
        return (*trial.outputs, *(None for _ in inputs))
    calls = [f"{entry}({', '.join(map(repr, args))})" for args in inputs]
    source = runnable(code, shown[0]) if shown else code.source
    said: list[str | None] = []
    late = 0
    while len(said) < len(calls) and late < _LATE:
        results = await box.evaluate(source, calls[len(said) : len(said) + _BATCH], limits=limits)
        late += sum(result.kind == "timeout" for result in results)
        said += map(_output, results)
    return (*trial.outputs, *said, *(None for _ in calls[len(said) :]))


def _output(result: SandboxResult) -> str | None:
    told = result.result if result.ok and isinstance(result.result, dict) else None
    return (str(told.get("repr")) + result.stdout)[:_LONG] if told is not None else None


def agreement(given: Mapping[str, tuple[str | None, ...]]) -> dict[str, Finding]:
    """One finding per voter: the mean over the inputs of the share of the others that say the same."""
    others = len(given) - 1
    if not others:
        return dict.fromkeys(given, decided(1, "no other program passes the shown examples"))
    counts = [Counter(said) for said in zip(*given.values(), strict=True)]
    # An input that most programs cannot take is none that the task allows.
    used = [at for at, count in enumerate(counts) if count[None] * 2 <= len(given)]
    if not used:
        return dict.fromkeys(given, unknown("most programs fail on every input"))
    found = {}
    for label, said in given.items():
        shares = [(counts[at][said[at]] - 1) / others if said[at] is not None else 0.0 for at in used]
        share = round(sum(shares) / len(used), 9)
        found[label] = decided(share, f"agrees with {share:.2f} of {others} programs on {len(used)} inputs")
    return found
