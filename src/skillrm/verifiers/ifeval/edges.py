"""startend: how the answer ends, and quotation marks around it."""

from __future__ import annotations

from skillrm.verifiers.ifeval.instruction import InstructionArgs, Phrase, instruction


class End(InstructionArgs):
    end_phrase: Phrase


@instruction("startend:end_checker", args=End)
def end_checker(answer: str, given: End) -> tuple[bool, str]:
    """The answer ends with the phrase, whatever its case.

    >>> check("ifeval:startend:end_checker", "Bye. The end.", end_phrase="the end.").satisfied
    True
    """
    phrase = given.end_phrase.strip().lower()
    text = answer.strip().strip('"').lower()
    return text.endswith(phrase), f"the answer ends with {text[-len(phrase) :][-80:]!r}; {phrase[-80:]!r} asked"


@instruction("startend:quotation", args=InstructionArgs)
def quotation(answer: str, given: InstructionArgs) -> tuple[bool, str]:
    """The whole answer stands in straight double quotation marks.

    >>> check("ifeval:startend:quotation", '"Hi."').satisfied
    True
    """
    text = answer.strip()
    wrapped = len(text) > 1 and text[0] == text[-1] == '"'
    return wrapped, f"begins with {text[:1]!r} and ends with {text[-1:]!r}; double quotation marks asked"
