"""detectable_content and punctuation: placeholders, postscripts, commas."""

from __future__ import annotations

import re

from skillrm.verifiers.counted import counted
from skillrm.verifiers.ifeval.instruction import Count, InstructionArgs, Phrase, instruction
from skillrm.verifiers.patterns import keyword

# The second way to end eats an unclosed bracket's line, so that a line of brackets is read once.
_PLACEHOLDER = re.compile(r"\[[^\]\n]*(\]|)")
_POSTSCRIPTS = {"P.S.": re.compile(r"p\.\s?s\."), "P.P.S": re.compile(r"p\.\s?p\.\s?s")}


class Placeholders(InstructionArgs):
    num_placeholders: Count


class Postscript(InstructionArgs):
    postscript_marker: Phrase


@instruction("detectable_content:number_placeholders", args=Placeholders)
def number_placeholders(answer: str, given: Placeholders) -> tuple[bool, str]:
    """At least so many placeholders in square brackets.

    >>> check("ifeval:detectable_content:number_placeholders", "Dear [name]", num_placeholders=1).satisfied
    True
    """
    count = sum(map(bool, _PLACEHOLDER.findall(answer)))
    return count >= given.num_placeholders, f"{counted(count, 'placeholder')}; at least {given.num_placeholders} asked"


@instruction("detectable_content:postscript", args=Postscript)
def postscript(answer: str, given: Postscript) -> tuple[bool, str]:
    r"""A postscript that begins with the marker, whatever its case.

    >>> check("ifeval:detectable_content:postscript", "Yes.\nP.S. No.", postscript_marker="P.S.").satisfied
    True
    """
    marker = given.postscript_marker.strip()
    known = _POSTSCRIPTS.get(marker)
    found = known.search(answer.lower()) is not None if known else keyword(marker.lower()).found(answer.lower())
    return found, f"{'found' if found else 'no'} postscript marked {marker[:80]!r}"


@instruction("punctuation:no_comma", args=InstructionArgs)
def no_comma(answer: str, given: InstructionArgs) -> tuple[bool, str]:
    """No comma anywhere.

    >>> check("ifeval:punctuation:no_comma", "Well, no.").observation
    'counted 1 comma; none allowed'
    """
    count = answer.count(",")
    return count == 0, f"{counted(count, 'comma')}; none allowed"
