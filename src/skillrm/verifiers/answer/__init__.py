"""Final answers: what a solution commits to, compared with the reference that the sample brings.

The reference is the text of the sample's resource `reference`; a JSON array of strings means that any of them will do.
Without one the finding is unknown. An answer in which no final answer can be found is wrong: hiding must not pay.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated

from pydantic import Field

from skillrm.types import Candidate, Sample
from skillrm.verifiers.answer.equality import same_mathematics
from skillrm.verifiers.answer.extraction import final_answer
from skillrm.verifiers.answer.normal import normal_text
from skillrm.verifiers.answer.options import chosen, letter_in, options_of
from skillrm.verifiers.answer.quantity import quantity
from skillrm.verifiers.reference import references_of
from skillrm.verifiers.registry import Args, Finding, NoArgs, decided, unknown, verifier

__all__ = ["final_answer"]

_NO_REFERENCE = "the sample brings no reference"
_NO_ANSWER = "no final answer was found"
_UNMARKED = "no answer is marked, and the last line holds several numbers, the reference among them"


class MathArgs(Args):
    seconds: Annotated[float, Field(gt=0, le=60)] = 5.0
    """Time for one comparison; an answer that takes longer is wrong."""


class NumericArgs(Args):
    relative: Annotated[float, Field(ge=0, le=1)] = 1e-6
    """Allowed difference as a share of the reference."""
    absolute: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    """Allowed difference; the larger of both counts."""


@verifier("answer:math", version="1", args=MathArgs, sample_safe=True)
async def math(sample: Sample, candidate: Candidate, args: MathArgs) -> Finding:
    r"""The final answer is mathematically the reference: exact numbers first, symbolic equivalence otherwise.

    >>> check("answer:math", r"So it is \boxed{\frac{1}{2}}.", reference="0.5").satisfied
    True
    >>> check("answer:math", r"Hence $\boxed{x^2+2x+1}$.", reference="(x+1)^2").satisfied
    True
    """
    references = tuple(map(_final, references_of(sample)))
    if not references:
        return unknown(_NO_REFERENCE)
    answer = final_answer(candidate.final)
    if answer is None:
        return decided(False, _NO_ANSWER)
    found = await same_mathematics(answer.text, references, args.seconds)
    if found.score == 0 and answer.others and await _any_is(answer.others, references, args.seconds):
        return unknown(f"{_UNMARKED}: {answer.text} or {', '.join(answer.others)[:80]}")
    return found


@verifier("answer:numeric", version="1", args=NumericArgs, sample_safe=True)
def numeric(sample: Sample, candidate: Candidate, args: NumericArgs) -> Finding:
    """The final answer is a number within a tolerance of the reference.

    >>> check("answer:numeric", "The answer is 3.14.", reference="3.14159", absolute=0.01).satisfied
    True
    """
    wanted = [number for text in references_of(sample) if (number := quantity(_final(text))) is not None]
    if not wanted:
        return unknown("the sample brings no reference that is a number")
    answer = final_answer(candidate.final)
    if answer is None:
        return decided(False, _NO_ANSWER)
    number = quantity(answer.text)
    if number is None:
        return decided(False, f"the answer {answer.text[:80]!r} is no number")
    shown = " or ".join(_short(one.value) for one in wanted[:3])
    hit = any(number.within(one, args.relative, args.absolute) for one in wanted)
    if not hit:
        others = [value for text in answer.others if (value := quantity(text)) is not None]
        if any(other.within(one, args.relative, args.absolute) for one in wanted for other in others):
            return unknown(f"{_UNMARKED}: {answer.text} or {', '.join(answer.others)[:80]}")
    return decided(hit, f"the answer {_short(number.value)} is {'' if hit else 'not '}within the tolerance of {shown}")


@verifier("answer:choice", version="1", args=NoArgs, sample_safe=True)
def choice(sample: Sample, candidate: Candidate, args: NoArgs) -> Finding:
    r"""The option that the answer commits to is the reference's: by letter, or by the full text of a listed option.

    >>> check("answer:choice", "The answer is (B).", reference="B").satisfied
    True
    >>> check("answer:choice", "Answer: Rome", prompt="Capital of Italy?\nA. Paris\nB. Rome", reference="B").satisfied
    True
    """
    references = references_of(sample)
    if not references:
        return unknown(_NO_REFERENCE)
    options = options_of(sample.prompt_text)
    wanted = {letter for text in references if (letter := letter_in(_final(text), options)) is not None}
    if not wanted:
        return unknown(f"the reference {references[0][:60]!r} names no option")
    letter = chosen(candidate.final, options)
    if letter is None:
        return decided(False, "the answer commits to no option")
    return decided(letter in wanted, f"the answer is {letter}; the reference is {' or '.join(sorted(wanted))}")


@verifier("answer:text", version="1", args=NoArgs, sample_safe=True)
def text(sample: Sample, candidate: Candidate, args: NoArgs) -> Finding:
    """The final answer is the reference, without regard to case, blanks, emphasis and a final stop.

    >>> check("answer:text", "I looked it up. The answer is **Marie Curie**.", reference="marie curie").satisfied
    True
    """
    references = references_of(sample)
    if not references:
        return unknown(_NO_REFERENCE)
    answer = final_answer(candidate.final)
    said = normal_text(answer.text if answer is not None and answer.how != "number" else candidate.final)
    if not said:
        return decided(False, _NO_ANSWER)
    hit = any(said == normal_text(reference) for reference in references)
    return decided(hit, f"the answer {said[:80]!r} is {'' if hit else 'not '}the reference {references[0][:80]!r}")


async def _any_is(numbers: tuple[str, ...], references: tuple[str, ...], seconds: float) -> bool:
    return any([(await same_mathematics(one, references, seconds)).satisfied for one in numbers[:20]])


def _final(reference: str) -> str:
    """A reference may be a whole solution: `#### 18`, a box, or the bare answer."""
    found = final_answer(reference)
    marked = found is not None and found.how in ("boxed", "hashes", "line")
    return found.text if found is not None and marked else reference.strip()


def _short(value: Fraction) -> str:
    return (
        str(value)
        if value.denominator == 1 and abs(value) < 10**15
        else f"{float(value):.9g}"
        if abs(value) < 10**300
        else "a huge number"
    )
