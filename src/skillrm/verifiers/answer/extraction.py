"""The final answer that a solution commits to. Only the end of a long text is read, so that it stays linear."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from typing import Literal

READ = 20_000
"""Characters from the end in which the answer must stand."""
LONGEST = 2_000
"""Characters of an answer; a longer one is none."""
How = Literal["boxed", "hashes", "tagged", "stated", "line", "whole", "number"]

_BOX = re.compile(r"\\(?:boxed|fbox)[ \t]{0,4}(?:\{|([^\s{}$\\.,;]{1,50}))")
_BETWEEN = re.compile(r"[$\s]{0,8}(?:(?:[,;]|and|or|\\text\{\s*(?:and|or)\s*\}|\\quad|\\[,;])[$\s]{0,8}){0,4}\Z")
_TAGGED = re.compile(r"<answer>\s{0,20}((?:(?!</?answer>).){1,2000}?)\s{0,20}</answer>", re.DOTALL | re.IGNORECASE)
_HASHES = re.compile(r"^[ \t]{0,8}#{4}(?!#)[ \t]*([^\n]+)", re.MULTILINE)
_STATED = re.compile(
    r"\banswer(?:[ \t]+(?:to|for)[ \t](?:the|this|your|that)[ \t](?:question|problem))?"
    r"[ \t]*[*_]{0,3}(?:(?:[ \t]+(?:is|was|would[ \t]be|should[ \t]be|must[ \t]be|equals)\b|[ \t]*[:=\uff1a])[ \t]*:?)"
    r"[*_]{0,3}[ \t]*(?:\n\s{0,20})?(?=[^\n])",
    re.IGNORECASE,
)
_LINE = re.compile(r"[ \t]*[*_]{0,3}A:[*_]{0,3}[ \t]*(\S[^\n]*)\Z")
_NUMBER = re.compile(r"(?<![\w.])[-+\u2212]?[$\u20ac\u00a3]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:/\d+)?%?(?![\w])")
_ITEM = re.compile(r"^[ \t]*(?:\(?\d{1,3}[.)]|step[ \t]+\d{1,3}\b)", re.IGNORECASE)
_SENTENCE = re.compile(
    r"(?<=[^\s.])(?<!\.[A-Za-z])[.;](?=\s|\Z)|,[ \t]not[ \t]|"
    r"(?<=[\w)\]}$%*]),?[ \t](?:because|since|which|so|as|where)[ \t]"
)
_MATH = re.compile(r"(?:\$\$?([^$]{1,500})\$\$?|\\\((.{1,500}?)\\\)|\\\[(.{1,500}?)\\\])", re.DOTALL)
_DENIED = re.compile(r"(?:not|n't|neither|none of)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer as written, freed of its frame, and by which sign it was found."""

    text: str
    how: How
    others: tuple[str, ...] = ()
    """For `number`: what else could be meant, the other numbers of that line."""


def final_answer(text: str) -> Answer | None:
    """The last boxed answer; else after the last `####`; else in the last `<answer>`; else the last one stated (`the
    answer is`, `Answer:`); else a last line `A: ...`; else a text that is nothing but a short answer; else the last
    number of the last lines. A box that never closes is no answer, nor is anything around it.
    """
    tail = text[-READ:].rstrip()
    if not tail:
        return None
    signs: tuple[tuple[How, str | None], ...] = (
        ("boxed", boxed(tail)),
        ("hashes", _last(_HASHES, tail)),
        ("tagged", _last(_TAGGED, tail)),
        ("stated", _stated(tail)),
    )
    for how, found in signs:
        if found and len(found) <= LONGEST:
            return Answer(found, how)
    if _BOX.search(tail):
        return None
    last = tail.rsplit("\n", 1)[-1]
    line = _LINE.match(last)
    if line is not None and len(last) <= LONGEST:
        return Answer(bare(line[1]), "line")
    if len(tail) == len(text.rstrip()) and "\n" not in tail.strip() and _is_short(tail.strip()):
        said = bare(tail)
        return Answer(said, "whole") if said else None
    return _last_number(tail)


def boxed(text: str) -> str | None:
    r"""What the last closed `\boxed{...}` holds, braces inside matched; `\boxed 5` too.

    Boxes joined by nothing but a comma, `and`, `or` or blanks are one answer (`1, 2`), as math-verify reads them: no
    choice is left to the reader. Of boxes further apart the last one counts.
    """
    found: list[str] = []
    end = 0
    for opening in reversed(list(_BOX.finditer(text))[-20:]):
        inside, after = (opening[1], opening.end()) if opening[1] else _inside(text, opening.end())
        if not inside:
            continue
        if found and after > end:  # around the one already found
            end = opening.start()
            continue
        if found and not _BETWEEN.match(text[after:end]):
            break
        if inside not in found:
            found.insert(0, inside)
        end = opening.start()
    return ", ".join(found) or None


def _inside(text: str, start: int) -> tuple[str, int]:
    """What stands from `start` to the brace that closes, and where it ends; empty where none closes."""
    depth = 1
    for place in re.finditer(r"\\.|[{}]", text[start : start + LONGEST], re.DOTALL):
        depth += {"{": 1, "}": -1}.get(place[0], 0)
        if not depth:
            return text[start : start + place.start()].strip(), start + place.end()
    return "", start


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
    """The last statement that says what the answer is, not what it is not; `Answer: the answer is 5` is 5."""
    for found in reversed(deque(_STATED.finditer(tail), maxlen=20)):
        ahead = tail[found.end() : found.end() + LONGEST]
        said = ahead.split("\n", 1)[0]
        answer = _said(said, ahead) if not _DENIED.match(said.lstrip("*_ ")) else None
        if answer:
            return answer
    return None


def _said(said: str, ahead: str) -> str | None:
    emphasised = re.match(r"\*\*([^*\n]{1,200})\*\*", said)
    if emphasised is not None:
        return bare(emphasised[1])
    inside = _MATH.match(ahead)
    if inside is not None:
        rest = ahead[inside.end() :].split("\n", 1)[0].strip()
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
    """Nothing but an answer: a few words, or a value with its unit; a sentence around a number is none."""
    if len(text) > 120 or len(text.split()) > 6:
        return False
    words = re.findall(r"[^\W\d_]{2,}", text)
    if not words or not re.search(r"\d", text):
        return True
    return len(words) <= 2 and "=" not in text and re.match(r"\W{0,3}\d|\\", text) is not None


def _last_number(tail: str) -> Answer | None:
    lines = [line for line in tail.split("\n") if line.strip() and not line.lstrip().startswith(("```", "|"))]
    for line in reversed(lines[-2:]):
        numbers = _NUMBER.findall(_ITEM.sub("", line[-LONGEST:]))
        if numbers:
            return Answer(numbers[-1], "number", tuple(dict.fromkeys(numbers[:-1])))
    return None
