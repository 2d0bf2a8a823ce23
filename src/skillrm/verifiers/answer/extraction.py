"""The final answer that a solution commits to. Only the end of a long text is read, so that it stays linear."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

READ = 20_000
"""Characters from the end in which the answer must stand."""
LONGEST = 2_000
"""Characters of an answer; a longer one is none."""
How = Literal["boxed", "hashes", "stated", "line", "whole", "number"]

_BOX = re.compile(r"\\(?:boxed|fbox)[ \t]{0,4}(?:\{|([^\s{}$\\.,;]{1,50}))")
_HASHES = re.compile(r"^[ \t]{0,8}#{4}(?!#)[ \t]*([^\n]+)", re.MULTILINE)
_STATED = re.compile(
    r"\banswer(?:[ \t]+(?:to|for)[ \t](?:the|this|your|that)[ \t](?:question|problem))?"
    r"[ \t]*[*_]{0,3}(?:(?:[ \t]+(?:is|was|would[ \t]be|should[ \t]be|must[ \t]be|equals)\b|[ \t]*[:=\uff1a])[ \t]*:?)"
    r"[*_]{0,3}[ \t]*(?:\n\s{0,20})?([^\n]+)",
    re.IGNORECASE,
)
_LINE = re.compile(r"[ \t]*[*_]{0,3}A:[*_]{0,3}[ \t]*(\S[^\n]*)\Z")
_NUMBER = re.compile(r"(?<![\w.])[-+\u2212]?[$\u20ac\u00a3]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:/\d+)?%?(?![\w])")
_ITEM = re.compile(r"^[ \t]*(?:\(?\d{1,3}[.)]|step[ \t]+\d{1,3}\b)", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[^\s.])[.;](?=\s|\Z)|(?<=\w),?[ \t](?:because|since|which|so|as)[ \t]")
_MATH = re.compile(r"\A(?:\$\$?([^$]{1,500})\$\$?|\\\((.{1,500}?)\\\)|\\\[(.{1,500}?)\\\])")


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer as written, freed of its frame, and by which sign it was found."""

    text: str
    how: How


def final_answer(text: str) -> Answer | None:
    """The last boxed answer; else after the last `####`; else the last one stated (`the answer is`, `Answer:`); else
    a last line `A: ...`; else a text that is nothing but a short answer; else the last number of the last lines.
    """
    tail = text[-READ:].rstrip()
    if not tail:
        return None
    for how, found in (("boxed", boxed(tail)), ("hashes", _last(_HASHES, tail)), ("stated", _stated(tail))):
        if found and len(found) <= LONGEST:
            return Answer(found, how)  # type: ignore[arg-type]
    last = tail.rsplit("\n", 1)[-1]
    line = _LINE.match(last)
    if line is not None and len(last) <= LONGEST:
        return Answer(bare(line[1]), "line")
    if len(tail) == len(text.rstrip()) and len(tail.strip()) <= 120 and "\n" not in tail.strip() and _is_short(tail):
        return Answer(bare(tail), "whole")
    number = _last_number(tail)
    return Answer(number, "number") if number else None


def boxed(text: str) -> str | None:
    r"""What the last closed `\boxed{...}` holds, braces inside matched; `\boxed 5` too."""
    for found in reversed(list(_BOX.finditer(text))[-20:]):
        if found[1]:
            return found[1]
        depth = 1
        for place in re.finditer(r"\\.|[{}]", text[found.end() : found.end() + LONGEST], re.DOTALL):
            depth += {"{": 1, "}": -1}.get(place[0], 0)
            if not depth:
                inside = text[found.end() : found.end() + place.start()].strip()
                if inside:
                    return inside
                break
    return None


def bare(text: str) -> str:
    """Without emphasis, math delimiters, quotes around all of it, and a final stop."""
    for _ in range(4):
        before = text
        text = text.strip().strip("*_`").strip()
        text = re.sub(r"(?<!\.)[.;,]\Z", "", text)
        inside = _MATH.match(text)
        if inside is not None and inside.end() == len(text):
            text = next(part for part in inside.groups() if part is not None)
        if len(text) > 1 and text[0] in "\"'\u201c" and text[-1] in "\"'\u201d":
            text = text[1:-1]
        if text == before:
            break
    return text


def _stated(tail: str) -> str | None:
    said = _last(_STATED, tail)
    if said is None:
        return None
    emphasised = re.match(r"\*\*([^*\n]{1,200})\*\*", said)
    if emphasised is not None:
        return bare(emphasised[1])
    inside = _MATH.match(said)
    if inside is not None:
        rest = said[inside.end() :].strip()
        if not rest or not rest[0].isalnum():
            return bare(next(part for part in inside.groups() if part is not None))
    end = _SENTENCE.search(said)
    return bare(said[: end.start()] if end is not None else said) or None


def _last(pattern: re.Pattern[str], text: str) -> str | None:
    found = None
    for found in pattern.finditer(text):  # noqa: B007  # the last one counts
        pass
    return bare(found[1]) or None if found is not None else None


def _is_short(text: str) -> bool:
    return len(text.split()) <= 6


def _last_number(tail: str) -> str | None:
    lines = [line for line in tail.split("\n") if line.strip() and not line.lstrip().startswith(("```", "|"))]
    for line in reversed(lines[-2:]):
        numbers = _NUMBER.findall(_ITEM.sub("", line[-LONGEST:]))
        if numbers:
            return str(numbers[-1])
    return None
