"""A prompt as pages of sentences, each with its offsets; what is quoted or pasted is masked out of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from skillrm.types import Sample
from skillrm.verifiers.constraints.masking import mask

MAX_CHARS = 24_000
"""Of one turn; what lies beyond is left to the judge."""
MAX_TURNS = 40
MAX_SENTENCES = 600
_LONGEST_SENTENCE = 1_200
_END = re.compile(r"[.!?]+[\"')\]*]*(?=\s)|[a-z)][.!?](?=[A-Z][a-z])|\"(?= +[A-Z])|\n+")
_ABBREVIATION = re.compile(
    r"(?:\b(?:i\.e|e\.g|etc|vs|dr|mr|mrs|ms|st|no|approx|min|max|p\.s|p\.p\.s|s|p)\.|\d\.)$", re.IGNORECASE
)
_WORDS = re.compile(r"[A-Za-z]{2}")
_MARKER = re.compile(r"\s*(?:(?:[-*+•]|\(?\d{1,2}[.)]|\(?[a-z][.)])\s+)*")
_STANDING = re.compile(
    r"\b(?:from now on|always|going forward|for the rest of|in all (?:of )?(?:your|my)|in every|"
    r"(?:all|each|every one) of your|every (?:response|answer|reply|message)|all "
    r"(?:your )?(?:responses|answers|replies|messages)|throughout (?:this|our))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """Masked words of the asker; `start` is the offset of `text[0]` in the page."""

    text: str
    start: int
    standing: bool = True
    """It holds for the answer that is judged now, not only for an earlier one."""


@dataclass(frozen=True, slots=True)
class Page:
    """One system or user turn."""

    text: str
    masked: str
    sentences: tuple[Sentence, ...]
    turn: int
    role: str

    @property
    def lower(self) -> str:
        return self.masked.lower()

    def words(self, start: int, end: int) -> str:
        """The verbatim words at masked offsets."""
        return self.text[start:end]


def pages(sample: Sample) -> tuple[Page, ...]:
    """System and user turns in order. Of user turns that were already answered only standing demands remain. What an
    assistant says behind the last of them (a prefill, a call of a tool) only begins the answer.
    """
    if isinstance(sample.prompt, str):
        return (_page(sample.prompt, 0, "user", answered=False),)
    turns = [(turn.role, turn.text) for turn in sample.prompt]
    asked = max((number for number, (role, _) in enumerate(turns) if role == "user"), default=-1)
    last_reply = max((number for number, (role, _) in enumerate(turns[: asked + 1]) if role == "assistant"), default=-1)
    read = [
        _page(text, number, role, answered=role == "user" and number < last_reply)
        for number, (role, text) in enumerate(turns)
        if role in ("system", "developer", "user")
    ]
    return tuple(read[:1] + read[1:][-MAX_TURNS:])


def _page(text: str, turn: int, role: str, *, answered: bool) -> Page:
    text = text[:MAX_CHARS]
    masked = mask(text)
    sentences = tuple(
        Sentence(masked[start:end], start, standing=not answered or bool(_STANDING.search(masked, start, end)))
        for start, end in islice(_sentences(masked, text), MAX_SENTENCES)
    )
    return Page(text, masked, tuple(sentence for sentence in sentences if sentence.standing), turn, role)


def _sentences(masked: str, text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for stop in _END.finditer(masked):
        if not _is_end(masked, text, start, stop):
            continue
        yield from _trimmed(masked, start, stop.end())
        start = stop.end()
    yield from _trimmed(masked, start, len(masked))


def _is_end(masked: str, text: str, start: int, stop: re.Match[str]) -> bool:
    mark = stop[0]
    if mark.startswith("\n"):  # a hard-wrapped line goes on in lower case
        following = masked[stop.end() : stop.end() + 1]
        before = masked[start : stop.start()].rstrip()[-1:]
        return len(mark) > 1 or not (following.islower() and (before.isalnum() or before in ',"'))
    if mark == '"':  # a quote that ends with a full stop ends the sentence
        return text[stop.start() - 1 : stop.start()] in ".!?" and stop.start() - start > 3
    return not _ABBREVIATION.search(masked[max(start, stop.start() - 8) : stop.start() + 1])


def _trimmed(masked: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The sentence without its list marker and white space, cut to a bounded length."""
    lead = _MARKER.match(masked, start, end)
    start = lead.end() if lead else start
    while end > start and masked[end - 1].isspace():
        end -= 1
    if end > start and _WORDS.search(masked, start, end):
        yield start, min(end, start + _LONGEST_SENTENCE)
