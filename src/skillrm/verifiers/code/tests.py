"""code:tests: the tests that come with the task, run against the program in the answer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from skillrm import sandbox
from skillrm.errors import DeadlineExceeded, SandboxError
from skillrm.sandbox import Sandbox, SandboxLimits, SandboxResult
from skillrm.types import Candidate, Sample
from skillrm.verifiers.code.examples import NamedCall
from skillrm.verifiers.code.extraction import Program, asked_name, program
from skillrm.verifiers.code.running import Ran, entry_for, failure, run_program, runnable
from skillrm.verifiers.code.shown import RunArgs, scored
from skillrm.verifiers.code.syntax import NO_CODE, fault_of
from skillrm.verifiers.code.values import same, same_output
from skillrm.verifiers.registry import Finding, broken, decided, unknown, verifier

_PARSER = f"{fault_of.__module__}:{fault_of.__name__}"
_MOST_CASES = 1000
_BATCH, _LATE = 16, 2
"""Most calls per guest, and timeouts after which the rest is not tried: a loop must not use up everybody's time."""


@dataclass(frozen=True, slots=True)
class Cases:
    """Tests as data: programs that read and print, or calls with what they are to return."""

    printed: tuple[tuple[str, str], ...] = ()
    calls: tuple[tuple[list[Any], dict[str, Any], Any], ...] = field(default=(), hash=False)
    entry: str | None = None


@verifier("code:tests", version="1", args=RunArgs, sample_safe=True, keeps=True)
async def tests(sample: Sample, candidate: Candidate, args: RunArgs) -> Finding:
    r"""The program passes the tests in the sample's resource `tests`.

    They are Python (`def check(candidate)`, plain asserts, test functions, unittest), a JSON list of such asserts, or
    JSON cases: `{"input", "output"}` for programs that read and print, `{"args", "expected"}` for calls. Cases are
    compared outside the guest; Python tests run in a guest of their own that calls the program in another. Where that
    cannot be, they share one and the finding is marked forgeable.

    >>> check("code:tests", "```python\ndef add(a, b):\n    return a + b\n```", tests="assert add(1, 2) == 3").satisfied
    True
    """
    resource = sample.resource("tests")
    text = resource.text if resource is not None else None
    if text is None or not text.strip():
        return unknown("the sample brings no tests")
    try:
        cases = cases_of(text)
    except ValueError as error:
        return broken(f"the tests cannot be used: {error}")
    entry = args.entry or (cases.entry if isinstance(cases, Cases) else None)
    code = program(candidate.final, sample.prompt_text, entry)
    if code is None:
        return decided(False, NO_CODE)
    try:
        box = await sandbox.get_sandbox()
        if isinstance(cases, str):
            name = entry or asked_name(sample.prompt_text)
            return await _asserted(box, code, cases, name if name != "Solution" else None, args)
        return await _cases(box, code, cases, args)
    except (SandboxError, DeadlineExceeded) as error:
        return broken(f"the sandbox did not run the tests: {error}"[:500])


def cases_of(text: str) -> Cases | str:
    """Tests as data, or as Python source. Raises `ValueError` for JSON of no known shape."""
    if text.lstrip()[:1] not in "[{":
        return text
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        return text
    entry = None
    if isinstance(given, dict):
        entry = given.get("entry") or given.get("fn_name") or given.get("entry_point")
        if "inputs" in given and "outputs" in given:
            key = "args" if entry else "input"
            made = {"args": "expected", "input": "output"}[key]
            pairs = zip(given["inputs"], given["outputs"], strict=True)
            given = {"cases": [{key: before, made: after} for before, after in pairs]}
        given = given.get("cases", given.get("tests"))
    if not isinstance(given, list) or not given or len(given) > _MOST_CASES:
        raise ValueError(f"a list of 1 to {_MOST_CASES} cases is asked")
    if entry is not None and not isinstance(entry, str):
        raise ValueError("the entry is no name")
    if all(isinstance(case, str) for case in given):
        return "\n".join(given)
    if not all(isinstance(case, dict) for case in given):
        raise ValueError("a case is an object with input and output, or args and expected")
    if all("input" in case and "output" in case for case in given):
        return Cases(printed=tuple((_lines(case["input"]), _lines(case["output"])) for case in given), entry=entry)
    if all("expected" in case and ("args" in case or "kwargs" in case) for case in given):
        return Cases(calls=tuple(map(_call, given)), entry=entry or given[0].get("entry"))
    raise ValueError("a case is an object with input and output, or args and expected")


def _lines(value: Any) -> str:
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        return "\n".join(value)
    if not isinstance(value, str):
        raise ValueError("input and output are text")
    return value


def _call(case: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any], Any]:
    args, kwargs = case.get("args", []), case.get("kwargs", {})
    if not isinstance(args, list) or not isinstance(kwargs, dict):
        raise ValueError("args is a list, kwargs an object")
    return args, kwargs, case["expected"]


async def _cases(box: Sandbox, code: Program, cases: Cases, args: RunArgs) -> Finding:
    if cases.printed:
        return scored(await _all_printed(box, code, cases.printed, args), args.score, "tests")
    named = {str(number): value for number, value in enumerate(cases.calls[0][0])} | cases.calls[0][1]
    entry = entry_for(Program(code.source, code.how, cases.entry or code.entry), list(named))
    if entry is None:
        return decided(False, "the code defines no function that takes the arguments of the tests")
    sample_call = NamedCall(named, None, "")
    source, entry = runnable(code, sample_call), entry.replace("Solution().", "Solution.")
    results = await _called(box, source, entry, cases.calls, args.limits)
    ran = [
        _returned(number, result, case[2])
        for number, (result, case) in enumerate(zip(results, cases.calls, strict=True), 1)
    ]
    return scored(ran, args.score, "tests")


async def _called(
    box: Sandbox, source: str, entry: str, calls: Sequence[tuple[list[Any], dict[str, Any], Any]], limits: SandboxLimits
) -> list[SandboxResult]:
    """In batches of 2, 4, 8, ...: once some calls have run out of time, the rest count as the last of them."""
    results: list[SandboxResult] = []
    while len(results) < len(calls):
        batch = calls[len(results) : len(results) + min(_BATCH, 2 + len(results))]
        if any(kwargs for _, kwargs, _ in batch):
            results += [await box.call(source, entry, one, two, limits=limits) for one, two, _ in batch]
        else:
            results += await box.call_many(source, entry, [positional for positional, _, _ in batch], limits=limits)
        late = [result for result in results if result.kind == "timeout"]
        if len(late) >= _LATE:
            results += late[-1:] * (len(calls) - len(results))
    return results


async def _all_printed(box: Sandbox, code: Program, cases: Sequence[tuple[str, str]], args: RunArgs) -> list[Ran]:
    """One after the other, to the first failure where all have to pass; after some timeouts the rest have failed."""
    ran: list[Ran] = []
    late = 0
    for stdin, stdout in cases:
        ran.append(await _printed(box, code, stdin, stdout, args.limits))
        late += "ends with timeout" in ran[-1].said
        if late >= _LATE or (args.score == "all" and not ran[-1].passed):
            break
    return ran + [Ran(False, "not run after the failures before it")] * (len(cases) - len(ran))


async def _printed(box: Sandbox, code: Program, stdin: str, stdout: str, limits: SandboxLimits) -> Ran:
    result = await run_program(box, code.source, stdin, limits)
    if not result.ok:
        return Ran(False, f"on {stdin[:80]!r} it ends with {failure(result)}")
    right = same_output(result.stdout, stdout)
    return Ran(right, f"on {stdin[:80]!r} it prints {result.stdout[:80]!r}; {stdout[:80]!r} is right")


def _returned(number: int, result: SandboxResult, expected: Any) -> Ran:
    if not result.ok:
        return Ran(False, f"test {number} ends with {failure(result)}")
    shown = json.dumps(result.result)
    return Ran(same(result.result, expected), f"test {number} gives {shown[:80]}; {json.dumps(expected)[:80]} is right")


async def _asserted(box: Sandbox, code: Program, source: str, entry: str | None, args: RunArgs) -> Finding:
    result = await box.check(code.source, source, entry=entry, limits=args.limits)
    if result.kind == "unsupported":
        fault = await sandbox.trusted_call(_PARSER, [source], seconds=10)
        if fault is not None:
            return broken(f"the tests do not parse: {fault}")
        return await _together(box, code, source, entry, args)
    told = result.result if isinstance(result.result, dict) else {}
    passed, failed = (found if isinstance(found := told.get(key), int) else 0 for key in ("passed", "failed"))
    if result.ok and not failed and passed:
        return decided(True, f"all {passed} tests pass")
    first = str(told.get("first_failure") or "") or failure(result)
    total = max(passed + failed, int(told.get("total") or 0), 1)  # type: ignore[arg-type]
    if result.kind == "timeout" or passed == total:
        total = max(total, passed + 1)
    said = f"{passed} of {total} tests pass; {result.kind}: {first}"[:600]
    return decided(passed / total if args.score == "fraction" else False, said)


async def _together(box: Sandbox, code: Program, source: str, entry: str | None, args: RunArgs) -> Finding:
    """More than plain data has to cross: code and tests share a guest, and code could forge the outcome."""
    ending = f"\ncandidate = {entry}" if entry else ""
    called = f"\nif 'check' in globals(): check({entry})" if entry and "def check(" in source else ""
    joined = f"{code.source}\n{ending}\n{source}\n{called}\nresult = 'all tests have run'"
    result = await box.run(joined, level="full", limits=args.limits)
    if result.ok and result.result == "all tests have run":
        return decided(True, "the tests pass, in one process with the code", forgeable=True)
    return decided(False, f"the tests fail, in one process with the code: {failure(result)}")  # nobody forges that
