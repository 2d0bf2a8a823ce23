"""detectable_format: lists, highlights, sections, titles, JSON, fixed answers."""

from __future__ import annotations

import json
import re

from skillrm.verifiers.counted import counted
from skillrm.verifiers.ifeval.instruction import Count, InstructionArgs, Phrase, instruction
from skillrm.verifiers.patterns import keyword

# Upstream's `^\s*` also spans blank lines; beginning at the bullet's own line finds the same bullets in linear time.
_STAR = re.compile(r"^[^\S\n]*\*[^*].*$", re.MULTILINE)
_DASH = re.compile(r"^[^\S\n]*-.*$", re.MULTILINE)
_HIGHLIGHT = re.compile(r"\*[^\n*]*\*")
_STRONG = re.compile(r"\*\*([^\n*]*)\*\*")
_OPTIONS = ("My answer is yes.", "My answer is no.", "My answer is maybe.")
_FENCES = ("```json", "```Json", "```JSON", "```")


class Bullets(InstructionArgs):
    num_bullets: Count


class Highlights(InstructionArgs):
    num_highlights: Count


class Sections(InstructionArgs):
    section_spliter: Phrase
    num_sections: Count


@instruction("detectable_format:number_bullet_lists", args=Bullets)
def number_bullet_lists(answer: str, given: Bullets) -> tuple[bool, str]:
    r"""Exactly so many bullet points, lines that begin with `*` or `-`.

    >>> check("ifeval:detectable_format:number_bullet_lists", "* one\n* two", num_bullets=2).satisfied
    True
    """
    count = len(_STAR.findall(answer)) + len(_DASH.findall(answer))
    return count == given.num_bullets, f"{counted(count, 'bullet point')}; exactly {given.num_bullets} asked"


@instruction("detectable_format:constrained_response", args=InstructionArgs)
def constrained_response(answer: str, given: InstructionArgs) -> tuple[bool, str]:
    """One of `My answer is yes.`, `My answer is no.`, `My answer is maybe.` occurs.

    >>> check("ifeval:detectable_format:constrained_response", "My answer is no.").satisfied
    True
    """
    found = next((option for option in _OPTIONS if option in answer), None)
    return found is not None, f"found {found!r}" if found else "none of the three allowed answers occurs"


@instruction("detectable_format:number_highlighted_sections", args=Highlights)
def number_highlighted_sections(answer: str, given: Highlights) -> tuple[bool, str]:
    """At least so many highlights `*like this*`; upstream counts `**strong**` once.

    >>> check("ifeval:detectable_format:number_highlighted_sections", "A *b* c", num_highlights=1).satisfied
    True
    """
    count = sum(bool(text.strip("*").strip()) for text in _HIGHLIGHT.findall(answer))
    count += sum(bool(text.strip()) for text in _STRONG.findall(answer))
    return count >= given.num_highlights, f"{counted(count, 'highlight')}; at least {given.num_highlights} asked"


@instruction("detectable_format:multiple_sections", args=Sections)
def multiple_sections(answer: str, given: Sections) -> tuple[bool, str]:
    """At least so many sections that begin with the word and a number.

    >>> check("ifeval:detectable_format:multiple_sections", "Part 1",
    ...       section_spliter="Part", num_sections=2).satisfied
    False
    """
    word = given.section_spliter.strip()
    count = keyword(word, after=r"\s?\d+", ignore_case=False).count(answer)
    return count >= given.num_sections, (
        f"counted {count} sections that begin with {word[:80]!r} and a number; at least {given.num_sections} asked"
    )


@instruction("detectable_format:json_format", args=InstructionArgs)
def json_format(answer: str, given: InstructionArgs) -> tuple[bool, str]:
    r"""The whole answer is JSON, if need be in one code fence.

    >>> check("ifeval:detectable_format:json_format", '```json\n{"a": 1}\n```').satisfied
    True
    """
    text = answer.strip()
    for fence in _FENCES:
        text = text.removeprefix(fence)
    try:
        json.loads(text.removesuffix("```").strip())
    except RecursionError:
        return False, "no JSON: nested too deeply"
    except ValueError as error:
        return False, f"no JSON: {str(error)[:200]}"
    return True, "the whole answer is JSON"


@instruction("detectable_format:title", args=InstructionArgs)
def title(answer: str, given: InstructionArgs) -> tuple[bool, str]:
    """A title in double angular brackets, `<<like this>>`.

    >>> check("ifeval:detectable_format:title", "<<A day at sea>>").observation
    "found the title 'A day at sea'"
    """
    for line in answer.split("\n"):
        start, end = line.find("<<"), line.rfind(">>")
        if 0 <= start < end - 2 and (inner := line[start:end].lstrip("<").rstrip(">").strip()):
            return True, f"found the title {inner[:80]!r}"
    return False, "no title in double angular brackets"
