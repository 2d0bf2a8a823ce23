"""tests/cases.jsonl: labelled cases of a skill. They are no part of it; their faults are told with the others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from skillrm.errors import Fault, InputError, SampleError
from skillrm.reading import read_values
from skillrm.types import Frozen, Goal, Sample, Status, Unit
from skillrm.validation import faults


class Expected(Frozen):
    """What must come out; what is not said is not asked."""

    status: Status = "ok"
    winner: str | None = None
    scores: dict[str, Unit] = Field(default_factory=dict)
    """By label, in [0, 1]."""


class Case(Frozen):
    """One line of the file."""

    note: str = ""
    """What the case guards."""
    sample: dict[str, Any]
    """In any row shape."""
    goal: Goal = "scores"
    judge: bool = False
    """Verifiers alone cannot decide it."""
    expect: Expected


def check_cases(skill: Path) -> list[Fault]:
    """Every fault of the skill's cases, with its line; none where it has no cases."""
    path = skill / "tests" / "cases.jsonl"
    if not path.is_file():
        return []
    name, found = str(path), list[Fault]()
    try:
        for value in read_values(path):
            wrong = value.faults or _faults(value.content)
            found += [replace(fault, file=name, line=value.line) for fault in wrong]
    except InputError as error:
        found += [replace(fault, file=name) for fault in error.faults]
    return found


def _faults(content: Any) -> tuple[Fault, ...]:
    try:
        case = Case.model_validate(content)
        labels = Sample.parse(case.sample).labels
    except ValidationError as error:
        return faults(error, Case)
    except SampleError as error:
        return tuple(
            replace(fault, field=f"sample.{fault.field}" if fault.field else "sample") for fault in error.faults
        )
    named = [*case.expect.scores, *([case.expect.winner] if case.expect.winner else [])]
    mend = f"there are {', '.join(labels)}"
    return tuple(Fault(f"no candidate {name!r}", field="expect", mend=mend) for name in named if name not in labels)
