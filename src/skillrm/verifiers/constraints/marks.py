"""Which punctuation marks: those that must not occur, and the one that ends the answer."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import JsonValue

from skillrm.verifiers.constraints.directives import asked
from skillrm.verifiers.constraints.found import Found, place
from skillrm.verifiers.constraints.phrases import Phrase
from skillrm.verifiers.constraints.reading import Page
from skillrm.verifiers.constraints.wording import BANNED, SAY

_COMMA = "ifeval:punctuation:no_comma"
_REGEX = "structure:regex"
_MARKS = {
    "comma": ("commas?", "commas", ","),
    "exclamation": (r"exclamation (?:marks?|points?)", "exclamation marks", "!\uff01"),
    "question mark": (r"question marks?", "question marks", "?\uff1f"),
    "semicolon": (r"semi-?colons?", "semicolons", ";\uff1b"),
    "dash": (r"em[- ]dash(?:es)?", "em dashes", "\u2014"),
}
"""A cue, in lower case: how it is written, what it is called, and its characters."""
_ENDINGS = {
    **{"question mark": "?\uff1f", "exclamation mark": "!\uff01", "exclamation point": "!\uff01"},
    **{"period": ".\u3002", "full stop": ".\u3002"},
}
_CLOSING = r"[\"'”’»)\]*_]*\s*$"
"""What may stand behind the mark that ends an answer."""
_IS_PART = Phrase(
    r"^[ -]*(?:separated|splice|delimited|between|before|after|"
    r"in (?:the|your) (?:first|last|titles?|names?|list|numbers?|subject|headlines?))\b"
)
_ENDS = Phrase(
    r"\b(?:end|ends|finish|finishes|conclude|concludes|close)(?: (?:it|<THE> <WHOLE>|<THE> (?:answer|response|reply)))?"
    rf" (?:with|in|on) (?:a|an) (?P<mark>{'|'.join(_ENDINGS)})\b"
)


def _absent(mark: str) -> Phrase:
    using = r"any |a |a single |even one |the use of "
    return Phrase(
        r"(?:no|zero|free of|without(?: any| using(?: any)?| the use of(?: any)?| including(?: any)?| "
        rf"containing(?: any)?)?) (?:use of )?{mark}\b",
        rf"<NOT> (?:allowed to )?(?:{SAY} |put |insert |the use of )*(?:{using})*{mark}\b",
        rf"avoid(?:ing)? (?:{SAY} )?(?:{using})*{mark}\b",
        rf"{mark} {BANNED}",
        rf"{mark}[ -]free\b",
    )


_ABSENT = {cue: _absent(written) for cue, (written, _, _) in _MARKS.items()}


def find(page: Page) -> Iterator[Found]:
    """Marks that the whole answer must do without, and how it must end."""
    for cue, (_, name, characters) in _MARKS.items():
        for sentence, hit in asked(page, _ABSENT[cue], cue, "whole"):
            if _IS_PART(hit.text[hit.end : hit.end + 30]):
                continue
            at = sentence.start + hit.start, sentence.start + hit.end
            words = f"The response contains no {name}."
            if cue == "comma":
                yield Found(_COMMA, words, *at)
            else:
                absent: dict[str, JsonValue] = {"pattern": f"[{characters}]", "mode": "absent"}
                yield Found(_REGEX, words, *at, absent, slot=f"no {name}")
    for cue in ("mark", "point", "period", "full stop"):
        for sentence, hit in asked(page, _ENDS, cue, "whole"):
            mark = hit["mark"].lower()
            if cue in mark:
                pattern = f"[{_ENDINGS[mark]}]{_CLOSING}"
                words = f"The response ends with {'an' if mark[0] == 'e' else 'a'} {mark}."
                yield Found(_REGEX, words, *place(sentence, hit), {"pattern": pattern}, slot="last mark")
