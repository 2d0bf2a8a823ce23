"""script:python: a skill's own check, run in the sandbox."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, JsonValue

from skillrm import sandbox
from skillrm.errors import SandboxError
from skillrm.sandbox import SandboxLimits
from skillrm.types import Candidate, Sample
from skillrm.verifiers.registry import Args, Finding, broken, decided, unknown, verifier


class ScriptArgs(Args):
    source: Annotated[str, Field(min_length=1, max_length=200_000)]
    """Python. It reads `prompt`, `candidate`, `reference` (text or None) and `params`, and sets `result`."""
    entry: str = ""
    """A function of the script that gives the result instead: `entry(candidate=, prompt=, reference=, **params)`."""
    params: dict[str, JsonValue] = Field(default_factory=dict)
    """The skill's own settings."""
    seconds: Annotated[float, Field(gt=0, le=120)] = 5.0
    memory_mb: Annotated[int, Field(ge=64, le=8192)] = 512


@verifier("script:python", version="1", args=ScriptArgs, keeps=True)
async def python(sample: Sample, candidate: Candidate, args: ScriptArgs) -> Finding:
    """A script decides: `result` is true, false, a score in [0, 1], or `{"score": ..., "observation": ...}`.

    `{"score": None}` means unknown. A script that fails, or gives something else, is an error: the answer is not to
    blame for it.

    >>> check("script:python", "abc", source="result = len(candidate) == 3").satisfied
    True
    """
    reference = sample.resource("reference")
    given: dict[str, JsonValue] = {
        "prompt": sample.prompt_text,
        "candidate": candidate.final,
        "reference": reference.text if reference is not None else None,
    }
    limits = SandboxLimits(seconds=args.seconds, memory_mb=args.memory_mb)
    try:
        box = await sandbox.get_sandbox()
        if args.entry:
            done = await box.call(args.source, args.entry, (), {**given, **args.params}, limits=limits)
        else:
            inputs = {**given, "params": args.params}
            done = await box.run(args.source, inputs=inputs, level="full", limits=limits)
    except SandboxError as error:
        return broken(f"the script did not run: {error}"[:500])
    if not done.ok:
        return broken(f"the script ended with {done.kind}: {done.error or ''}"[:1000])
    return reading(done.result)


def reading(result: JsonValue) -> Finding:
    """What a script's result says; `error` where it is none."""
    score, observation = result, ""
    if isinstance(result, dict):
        if "score" not in result or not set(result) <= {"score", "observation"}:
            return broken(f"the script's result has the keys {sorted(result)[:5]}; score and observation are known")
        score = result["score"]
        said = result.get("observation", "")
        if not isinstance(said, str):
            return broken("the script's observation is no text")
        observation = said
        if score is None:
            return unknown(observation or "the script cannot tell")
    if not isinstance(score, (bool, int, float)) or not 0 <= score <= 1:
        return broken(f"the script's result is {score!r}"[:200] + "; true, false or a number from 0 to 1 is asked")
    return decided(score, observation or f"the script gives {score}")
