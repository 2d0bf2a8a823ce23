"""Explicit, checkable constraints read out of a raw prompt, each bound to the verifier that decides it.

Only what the asker plainly demands of the answer counts: never quoted, fenced or pasted words, never permissions,
suppositions or other people's texts. What is not sure is left to the judge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from skillrm.types import Sample
from skillrm.verifiers.constraints import casing, framing, layout, lengths, wording
from skillrm.verifiers.constraints.found import Found, detections, settled
from skillrm.verifiers.constraints.reading import Page, pages
from skillrm.verifiers.registry import Detection, detector

_FAMILIES: tuple[Callable[[Page], Iterator[Found]], ...] = (
    lengths.find,
    wording.find,
    casing.find,
    layout.find,
    framing.find,
)
_MOST = 64
"""Constraints of one prompt; more is not a prompt but a test of patience."""


@detector("constraints", version="1")
def detect(sample: Sample) -> tuple[Detection, ...]:
    """The prompt's constraints in reading order, later ones replacing earlier ones of the same kind.

    Deterministic; linear in the length of the prompt, of which each turn is read up to `reading.MAX_CHARS`.
    """
    found: list[Found] = []
    for page in pages(sample):
        here = sorted((one for find in _FAMILIES for one in find(page)), key=lambda one: (one.start, one.end, one.side))
        found += [replace(one, turn=page.turn, span=page.words(one.start, one.end).strip()) for one in here]
    return detections(settled(found)[:_MOST])
