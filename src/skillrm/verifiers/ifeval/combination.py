"""combination: two answers, or the request repeated first."""

from __future__ import annotations

from skillrm.verifiers.ifeval.instruction import InstructionArgs, Phrase, instruction


class Repeat(InstructionArgs):
    prompt_to_repeat: Phrase


@instruction("combination:two_responses", args=InstructionArgs)
def two_responses(answer: str, given: InstructionArgs) -> tuple[bool, str]:
    r"""Two different answers divided by six asterisks.

    >>> check("ifeval:combination:two_responses", "Yes.\n******\nNo.").satisfied
    True
    """
    parts = [part.strip() for part in answer.split("******")]
    if not all(parts[1:-1]):
        return False, "an empty part between two ****** dividers; two answers asked"
    filled = [part for part in parts if part]
    if len(filled) != 2:
        return False, f"counted {len(filled)} answers divided by ******; two asked"
    return filled[0] != filled[1], f"two answers, {'different' if filled[0] != filled[1] else 'but the same'}"


@instruction("combination:repeat_prompt", args=Repeat)
def repeat_prompt(answer: str, given: Repeat) -> tuple[bool, str]:
    """The answer begins with the request, word for word, whatever the case.

    >>> check("ifeval:combination:repeat_prompt", "Say hi. Hi!", prompt_to_repeat="Say hi.").satisfied
    True
    """
    asked = given.prompt_to_repeat.strip().lower()
    start = answer.strip().lower()[: len(asked)]
    if start == asked:
        return True, "the answer begins with the request"
    same = next((i for i, (a, b) in enumerate(zip(start, asked, strict=False)) if a != b), len(start))
    return False, f"the answer leaves the request after {same} of {len(asked)} characters"
