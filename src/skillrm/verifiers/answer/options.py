"""Multiple choice: the options of a prompt, and the one that an answer commits to."""

from __future__ import annotations

import re

from skillrm.verifiers.answer.extraction import READ, boxed, final_answer
from skillrm.verifiers.answer.normal import normal_text

_OPTION = re.compile(r"^[ \t>*-]{0,8}[*_]{0,2}[(\[]?([A-Z])[)\].:][*_]{0,2}[ \t]+(\S[^\n]{0,2000})$", re.MULTILINE)
_REPEATED = re.compile(r"(?<![A-Za-z])([A-Z])\1{2,9}(?![A-Za-z])")
_LETTER = re.compile(
    r"[*_\s]{0,6}(?:option|choice)?[ \t]*[*_(\[\s\"'{]{0,6}([A-Z])(?=[)\].:,;*_\s\"'}]|\Z)[)\]*_]{0,4}"
)
_NAMED = re.compile(
    r"\b(?i:answer|option|choice)(?:[ \t]+(?:is|would be|should be|must be))?[ \t]*:?"
    r"(?:[ \t\n]*(?i:option|choice)\b)?[ \t\n*_$(\[\"'{]{0,12}(?:\\text\{\(?)?([A-Z])"
    r"(?=[)\].:,;*_\"'}$\n]|\Z|[ \t]+(?:because|since|as|and|for|with|\())",
)
_EMPHASISED = re.compile(r"\*\*[ \t]*[(\[]?([A-Z])[)\].:]?(?:[ \t]*\*\*|[.):][ \t]+[^*\n]{1,200}\*\*)")
_ALONE = re.compile(r"[\s*_]*[(\[]?([A-Z])[)\].:]{0,2}[\s*_.]*\Z")


def options_of(prompt: str) -> dict[str, str]:
    """Letter to text of the last list A, B, C, ... in the prompt that has at least two members."""
    lists: list[dict[str, str]] = []
    for found in _OPTION.finditer(prompt[-100_000:]):
        letter = found[1]
        if letter == "A":
            lists.append({})
        if lists and ord(letter) == ord("A") + len(lists[-1]):
            lists[-1][letter] = found[2].strip()
    return next((options for options in reversed(lists) if len(options) > 1), {})


def chosen(text: str, options: dict[str, str]) -> str | None:
    """The letter that the answer commits to: a repeated one (`BBBBB`), a boxed one, one that is named as the answer,
    an emphasised or a lone one; else the option whose whole text is the final answer.
    """
    tail = text[-READ:].rstrip()
    allowed = set(options) or set("ABCDEFGHIJ")
    repeated = [found[1] for found in _REPEATED.finditer(tail) if not options or found[1] in allowed]
    if repeated:
        return repeated[-1]
    box = boxed(tail)
    if box is not None:
        return letter_in(box, options)
    for pattern in (_NAMED, _EMPHASISED):
        letters = [found[1] for found in pattern.finditer(tail) if found[1] in allowed]
        if letters:
            return letters[-1]
    last = tail.rsplit("\n", 1)[-1]
    alone = _ALONE.match(last) if len(last) <= 40 else None
    if alone is not None and alone[1] in allowed:
        return alone[1]
    final = final_answer(text)
    return letter_in(final.text, options) if final is not None and final.how != "number" else None


def letter_in(answer: str, options: dict[str, str]) -> str | None:
    """The option that a short answer is: `B`, `(B)`, `B. Paris`, `\\text{B}`, or the text of option B."""
    plain = re.sub(r"\\(?:text|mathrm|textbf|mathbf)\s*\{([^{}]*)\}", r"\1", answer[:3000]).strip()
    same = [letter for letter, text in options.items() if normal_text(text) == normal_text(plain)]
    if len(same) == 1:
        return same[0]
    repeated = _REPEATED.fullmatch(plain)
    if repeated is not None:
        return repeated[1]
    found = _LETTER.match(plain)
    if found is None:
        return None
    rest, letter = plain[found.end() :].strip(" .:*)]"), found[1]
    if options and letter not in options:
        return None
    if rest and not (letter in options and normal_text(rest) == normal_text(options[letter])):
        return letter if plain[found.end() - 1 :].startswith((")", ".", ":", "]")) and letter in options else None
    return letter
