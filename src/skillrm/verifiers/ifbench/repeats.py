"""repeat: the request said again, changed or in part."""

from __future__ import annotations

from skillrm.verifiers.ifeval.instruction import Count, InstructionArgs, Phrase, instruction


class Request(InstructionArgs):
    prompt_to_repeat: Phrase


class Span(Request):
    n_start: Count
    n_end: Count


@instruction("repeat:repeat_change", args=Request, family="ifbench")
def repeat_change(answer: str, given: Request) -> tuple[bool, str]:
    """The request with its first word changed, and nothing else.

    >>> check("ifbench:repeat:repeat_change", "Sing a song.", prompt_to_repeat="Write a song.").satisfied
    True
    """
    if answer == given.prompt_to_repeat:
        return False, "the request is repeated unchanged"
    same = answer.split()[1:] == given.prompt_to_repeat.split()[1:]
    return (
        same,
        "all but the first word is the request" if same else "more than the first word differs from the request",
    )


@instruction("repeat:repeat_span", args=Span, family="ifbench")
def repeat_span(answer: str, given: Span) -> tuple[bool, str]:
    """The characters of the request from n_start to n_end, both included and counted from 0, and nothing else.

    >>> check("ifbench:repeat:repeat_span", "BC", prompt_to_repeat="abcd", n_start=1, n_end=2).satisfied
    True
    """
    wanted = given.prompt_to_repeat[given.n_start : given.n_end + 1].strip()
    same = answer.strip().lower() == wanted.lower()
    return same, f"the answer {'is' if same else 'is not'} the asked span {wanted[:100]!r}"
