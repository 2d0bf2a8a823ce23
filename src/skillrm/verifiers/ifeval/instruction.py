"""What all instruction families share: arguments, strict and loose reading, and the rule for empty answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, model_validator

from skillrm.types import Candidate, Sample
from skillrm.verifiers.registry import Args, Finding, decided, verifier

Relation = Literal["at least", "less than"]
Count = Annotated[int, Field(ge=0, le=10_000_000)]
Phrase = Annotated[str, Field(min_length=1, max_length=100_000)]


class InstructionArgs(Args):
    """The official keyword arguments of one family and how forgiving to be."""

    mode: Literal["strict", "loose"] = "strict"
    """loose: satisfied if any of the official eight variants of the answer is."""

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, values: Any) -> Any:
        """The public data set writes every argument of every family into each row, null where it has no meaning."""
        return (
            {key: value for key, value in values.items() if value is not None} if isinstance(values, dict) else values
        )


A = TypeVar("A", bound=InstructionArgs)
Check = Callable[[str, A], tuple[bool, str]]


def instruction(identifier: str, *, args: type[A], family: str = "ifeval") -> Callable[[Check[A]], Check[A]]:
    """Register a check `(answer, args) -> (followed, what was seen)` as the verifier `<family>:<identifier>`.

    A blank answer follows nothing. In loose mode the check is asked about each variant until one follows.
    """

    def register(check: Check[A]) -> Check[A]:
        @wraps(check)
        def run(sample: Sample, candidate: Candidate, given: A) -> Finding:
            return judge(check, candidate.final, given)

        verifier(f"{family}:{identifier}", version="1", args=args, sample_safe=True)(run)
        return check

    return register


def judge(check: Check[A], answer: str, given: A) -> Finding:
    """The finding of one check on one answer."""
    if not answer.strip():
        return decided(False, "the answer is empty")
    followed, seen = check(answer, given)
    if followed or given.mode == "strict":
        return decided(followed, seen)
    for variant, what in variants(answer):
        if variant.strip():
            followed, seen_now = check(variant, given)
            if followed:
                return decided(True, f"{seen_now} ({what})")
    return decided(False, f"{seen} (nor does any loose variant follow)")


def variants(answer: str) -> Iterator[tuple[str, str]]:
    """The seven official variants besides the answer itself, each once, with what was changed."""
    lines = answer.split("\n")
    cuts = (
        (answer, ""),
        ("\n".join(lines[1:]).strip(), "without the first line"),
        ("\n".join(lines[:-1]).strip(), "without the last line"),
        ("\n".join(lines[1:-1]).strip(), "without the first and the last line"),
    )
    seen = {answer}
    for text, what in cuts:
        for variant, how in (
            (text, what),
            (text.replace("*", ""), f"{what} and asterisks" if what else "without asterisks"),
        ):
            if variant not in seen:
                seen.add(variant)
                yield variant, how


def compare(count: int, relation: Relation, asked: int) -> bool:
    """The two official relations; `less than` is strict."""
    return count >= asked if relation == "at least" else count < asked
