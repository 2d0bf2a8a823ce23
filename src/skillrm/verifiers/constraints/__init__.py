"""Explicit, checkable constraints read out of a raw prompt, each bound to the verifier that decides it.

Only what the asker plainly demands of the answer counts: never quoted, fenced or pasted words, never permissions,
suppositions or other people's texts. What is not sure is left to the judge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from skillrm.types import Sample
from skillrm.verifiers.constraints import casing, framing, layout, lengths, marks, paragraphs, wording
from skillrm.verifiers.constraints.found import Found, detections, settled
from skillrm.verifiers.constraints.reading import Page, pages
from skillrm.verifiers.constraints.revoking import revoked
from skillrm.verifiers.registry import Detection, detector

_FAMILIES: tuple[Callable[[Page], Iterator[Found]], ...] = (
    lengths.find,
    paragraphs.find,
    wording.find,
    marks.find,
    casing.find,
    layout.find,
    framing.find,
)
_ENGLISH = {"language": "en"}
"""Takes back an earlier demand for another language; alone it says what an English prompt implies, so it is dropped."""
_MOST = 64
"""Constraints of one prompt; more is not a prompt but a test of patience."""


@detector("constraints", version="2")
def detect(sample: Sample) -> tuple[Detection, ...]:
    """The prompt's constraints in reading order, later ones replacing earlier ones of the same kind.

    Deterministic; linear in the length of the prompt, of which each turn is read up to `reading.MAX_CHARS`.
    """
    found: list[Found] = []
    rules: set[int] = set()  # system turns: a user may overrule them one by one, not wipe them away
    for page in pages(sample):
        gone = revoked(page)
        found = [one for one in found if one.turn in rules or not any(piece in one.key for piece in gone)]
        if page.role != "user":
            rules.add(page.turn)
        here = sorted((one for find in _FAMILIES for one in find(page)), key=lambda one: (one.start, one.end, one.side))
        found += [replace(one, turn=page.turn, span=page.words(one.start, one.end).strip()) for one in here[:_MOST]]
    kept = [one for one in settled(found) if one.args != _ENGLISH]
    return detections(kept[:_MOST])
