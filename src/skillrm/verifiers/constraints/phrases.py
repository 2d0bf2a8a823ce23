"""Patterns over masked sentences: linear time (re2), a few names for what recurs, groups with their offsets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import re2

from skillrm.verifiers.constraints.masking import HIDDEN

QUOTED = rf'"{HIDDEN}+[.,]?"[.,]?'
BARE = r"[A-Za-z][\w'-]*"
_GENRES = (
    "response answer reply output text essay story poem song rap letter e-?mail article blog(?:[ ]post)? post "
    "summary report "
    "review limerick haiku riddle joke proposal itinerary resume cv description speech script dialogue conversation "
    "advertisement ad tweet message caption outline rubric pitch memo document lecture plan list explanation paragraph "
    "analysis critique tagline slogan template monologue fiction lyrics passage content advice recipe table "
    "letters? words? "
    "announcement bio biography narrative discussion guide tutorial fable tale play ballad sonnet quiz brief "
    "thread statement "
    "release newsletter obituary note piece names? everything presentation profile file business project letters "
    "schedule transcript translation "
    "verse"
)
_SHORT = {
    "<Q>": QUOTED,
    "<QS>": rf"{QUOTED}(?:(?:\s*[,;]\s*|\s+)?(?:(?:and|or|nor)\s+)?{QUOTED})*",
    "<BARES>": rf"{BARE}(?:(?:\s*,\s*(?:(?:and|or|nor)\s+)?|\s+(?:and|or|nor)\s+){BARE})*",
    "<ANSWER>": r"(?:responses?|answers?|repl(?:y|ies)|output|text|message|completion)",
    "<WHOLE>": r"(?:entire|whole|complete|full|final|overall)",
    "<GENRE>": rf"(?:{'|'.join(_GENRES.split())})",
    "<MUST>": r"(?:must|should|shall|ha(?:s|ve) to|needs? to|(?:is|are) to|will|to)",
    "<NOT>": (
        r"(?:do not|don't|does not|doesn't|must not|mustn't|should not|shouldn't|can't|cannot|can not|"
        r"not (?:allowed |permitted )?to|never|not|without|avoid|refrain from|stay away from|nor)"
    ),
    "<THE>": r"(?:the|your|this|that|its|my)",
    "<IN>": r"(?:in|with|by|inside|within|using|between|into)",
}
"""What recurs in patterns, by the name it has there."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One match; offsets are those of the sentence."""

    start: int
    end: int
    groups: dict[str, tuple[int, int]]
    text: str

    def __getitem__(self, name: str) -> str:
        """The matched text of a group, empty when it took no part."""
        start, end = self.groups.get(name, (-1, -1))
        return self.text[start:end] if start >= 0 else ""

    def __contains__(self, name: str) -> bool:
        return self.groups.get(name, (-1, -1))[0] >= 0


class Phrase:
    """A pattern in words, any one of them: a space is any white space, `<Q>` a quoted value, case does not matter."""

    def __init__(self, *any_of: str) -> None:
        words = any_of[0] if len(any_of) == 1 else rf"\b(?:{'|'.join(any_of)})\b"
        for short, full in _SHORT.items():
            words = words.replace(short, full)
        self.pattern = "(?i)" + re.sub(r" (?![?*+{])", r"\\s+", words).replace(" ", r"\s")

    @cached_property
    def _compiled(self) -> Any:
        return re2.compile(self.pattern)

    @cached_property
    def _names(self) -> dict[str, int]:
        return dict(self._compiled.groupindex)

    def hits(self, text: str) -> Iterator[Hit]:
        for match in self._compiled.finditer(text):
            yield Hit(match.start(), match.end(), {name: match.span(i) for name, i in self._names.items()}, text)

    def hit(self, text: str) -> Hit | None:
        return next(self.hits(text), None)

    def __call__(self, text: str) -> bool:
        return self._compiled.search(text) is not None
