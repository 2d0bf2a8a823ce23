"""Multiple choice: the options of a prompt, and the one that an answer commits to."""

from __future__ import annotations

import re

from skillrm.verifiers.answer.extraction import READ, boxed, final_answer
from skillrm.verifiers.answer.normal import normal_text

_OPTION = re.compile(r"^[ \t>*-]{0,8}[*_]{0,2}[(\[]?([A-Z])[)\].:][*_]{0,2}[ \t]+(\S[^\n]{0,2000})$", re.MULTILINE)
_FRAMED = re.compile(r"\\(?:textbf|mathbf|text|mathrm)\s*\{\s*(\([A-J]\))[\s~\\]*\}")
_INLINE = re.compile(r"\(([A-J])\)(?:[ \t$~]|\\[ ])*((?:(?!\\q?quad|\$(?!\d))[^()\n]){1,300})")
_REPEATED = re.compile(
    r"(?<![A-Za-z])([A-Z])\1{4,9}(?![A-Za-z])|^[ \t*_\"'(]{0,6}([A-Z])\2{2,3}[*_\"').]{0,6}[ \t]*$|"
    r"(?<![A-Za-z] )\b([A-Z])(?:[ ,-]{1,2}\3){4}\b",
    re.MULTILINE,
)
_LETTER = re.compile(
    r"[*_\s]{0,6}(?:option|choice)?[ \t]*[*_(\[\s\"'{]{0,6}([A-Z])(?=[)\].:,;*_\s\"'}]|\Z)[)\]*_]{0,4}"
)
_NAMED = re.compile(
    r"\b(?i:answer|option|choice)(?:[ \t]+(?:is|would be|should be|must be))?[ \t]*:?"
    r"(?:[ \t\n]*(?i:option|choice)\b)?[ \t\n*_$(\[\"'{]{0,12}(?:\\text\{\(?)?([A-Za-z])"
    r"(?=[)\].:,;*_\"'}$\n]|\Z|[ \t]+(?:because|since|as|and|for|with|\())",
)
_EMPHASISED = re.compile(r"\*\*[ \t]*[(\[]?([A-Z])[)\].:]?(?:[ \t]*\*\*|[.):][ \t]+[^*\n]{1,200}\*\*)")
_SAID = re.compile(
    r"(?:\b(?i:option|choice|answer)[ \t]+)?[*_(\[]{0,4}\b([A-Z])\b[)\]*_]{0,4}[ \t]+(?:is|must be)[ \t]+(?:the[ \t]+)?"
    r"(?:most[ \t]+|only[ \t]+)?(?:correct|right|best|appropriate)\b|"
    r"\b(?i:choose|select|pick|go with|chosen)[ \t]+(?:(?i:option|choice|answer)[ \t]+)?[*_(\[]{0,4}([A-Z])"
    r"(?=[)\]*_.,;\s]|\Z)|"
    r"\b(?i:therefore|thus|hence|so|it'?s|it[ \t]is),?[ \t]+(?:it'?s[ \t]+|it[ \t]is[ \t]+)?"
    r"[*_(\[]{0,4}([A-Z])[)\]*_.]{0,5}\s*\Z"
)
_ALONE = re.compile(r"\A[\s*_]*[(\[]?([A-Z])[)\].:]{0,2}[\s*_.]*\Z")


def options_of(prompt: str) -> dict[str, str]:
    """Letter to text of the last list A, B, C, ... in the prompt that has at least two members."""
    lists: list[dict[str, str]] = []
    for found in _OPTION.finditer(prompt[-100_000:]):
        letter = found[1]
        if letter == "A":
            lists.append({})
        if lists and ord(letter) == ord("A") + len(lists[-1]):
            lists[-1][letter] = found[2].strip()
    found_list = next((options for options in reversed(lists) if len(options) > 1), None)
    if found_list is not None:
        return found_list
    plain = _FRAMED.sub(r" \1 ", prompt[-100_000:])
    inline = [(found[1], found[2].rstrip(" ,;~\\")) for found in _INLINE.finditer(plain)]
    letters = "".join(letter for letter, _ in inline)
    return dict(inline) if len(inline) > 1 and "ABCDEFGHIJ".startswith(letters) else {}


def chosen(text: str, options: dict[str, str]) -> str | None:
    """The letter that the answer commits to: a repeated one (`BBBBB`), a boxed one, one that is named as the answer,
    an emphasised or a lone one, one said to be correct; else the option whose whole text is the final answer.
    """
    tail = text[-READ:].rstrip()
    allowed = set(options) or set("ABCDEFGHIJ")
    repeated = [letter for letter in _letters(_REPEATED, tail) if not options or letter in allowed]
    if repeated:
        return repeated[-1]
    box = boxed(tail)
    letter = letter_in(box, options) if box is not None else None
    if letter is not None:
        return letter
    last = tail.rsplit("\n", 1)[-1]
    for pattern in (_NAMED, _EMPHASISED, _ALONE, _SAID):
        where = tail if pattern is not _ALONE else last if len(last) <= 40 else ""
        letters = [letter for letter in _letters(pattern, where) if letter in allowed]
        if letters:
            return letters[-1]
    final = final_answer(text)
    return letter_in(final.text, options) if final is not None and final.how != "number" else None


def _letters(pattern: re.Pattern[str], text: str) -> list[str]:
    return [next(filter(None, found.groups())).upper() for found in pattern.finditer(text)]


def letter_in(answer: str, options: dict[str, str]) -> str | None:
    """The option that a short answer is: `B`, `(B)`, `B. Paris`, `\\text{B}`, or the text of option B."""
    plain = re.sub(r"\\(?:text|mathrm|textbf|mathbf)\s*\{([^{}]*)\}", r"\1", answer[:3000]).strip()
    same = [letter for letter, text in options.items() if normal_text(text) == normal_text(plain)]
    if len(same) == 1:
        return same[0]
    lone = re.fullmatch(r"[(\[*_]{0,4}([A-Za-z])\1{0,9}[)\]*_.:]{0,4}", plain)
    if lone is not None and (not options or lone[1].upper() in options):
        return lone[1].upper()
    found = _LETTER.match(plain)
    if found is None:
        return None
    rest, letter = plain[found.end() :].strip(" .:*)]"), found[1]
    if options and letter not in options:
        return None
    if rest and not (letter in options and normal_text(rest) == normal_text(options[letter])):
        return letter if plain[found.end() - 1 :].startswith((")", ".", ":", "]")) and letter in options else None
    return letter
