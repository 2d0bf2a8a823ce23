"""What a rule finds, how later words override earlier ones, and how it becomes a detection."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from pydantic import JsonValue

from skillrm.types import Criterion, Resource
from skillrm.verifiers.constraints.numbers import Bound
from skillrm.verifiers.constraints.phrases import Hit
from skillrm.verifiers.constraints.reading import Sentence
from skillrm.verifiers.registry import Detection

_LONGEST_SPAN = 300


@dataclass(frozen=True, slots=True)
class Found:
    """One constraint with its verifier and the page offsets of the words that prove it.

    `slot` is what can be said once: a later one of the same slot replaces it. `side` splits a slot in two halves that
    live together within one turn when they agree (`at least 20` and `at most 30`).
    """

    verifier: str
    text: str
    start: int
    end: int
    args: dict[str, JsonValue] = field(default_factory=dict)
    slot: str = ""
    side: str = ""
    number: int | None = None
    turn: int = 0
    span: str = ""

    @property
    def key(self) -> str:
        return self.slot or self.verifier


def settled(found: Iterable[Found]) -> tuple[Found, ...]:
    """In reading order, without what later words replace."""
    kept: list[Found] = []
    for new in found:
        kept = [old for old in kept if not _replaces(new, old)]
        kept.append(new)
    return tuple(kept)


def _replaces(new: Found, old: Found) -> bool:
    if new.key != old.key:
        return False
    if new.turn != old.turn or new.side == old.side or not new.side or not old.side:
        return True
    low, high = (new, old) if new.side == "low" else (old, new)
    return low.number is not None and high.number is not None and low.number > high.number


def detections(found: Iterable[Found]) -> tuple[Detection, ...]:
    """Criterion and hard verifier for each; ids speak and are unique within the prompt."""
    names: dict[str, int] = {}
    made = []
    for one in found:
        name = "prompt-" + re.sub(r"[^a-z]+", "-", one.verifier.rsplit(":", 1)[-1].lower())
        names[name] = names.get(name, 0) + 1
        if names[name] > 1:
            name = f"{name}-{names[name]}"
        criterion = Criterion(id=name, text=one.text, origin="prompt")
        resource = Resource(
            id=f"{name}-check",
            kind="verifier",
            description=f"Decides: {one.text}",
            verifier=one.verifier,
            args=one.args,
            decides=(name,),
            hard=True,
            access="open",
        )
        made.append(Detection(criterion, resource, one.span[:_LONGEST_SPAN]))
    return tuple(made)


def official(base: Found, bound: Bound, unit: str, names: tuple[str, str]) -> Iterator[Found]:
    """One finding per side of the bound, as the official families say it: a relation and a number, under `names`.

    `{}` in the text of `base` is where the whole bound is told: `exactly 3 words`.
    """
    head, _, tail = base.text.rpartition("{}")
    for relation, number in bound.official():
        low = relation == "at least"
        side = Bound(low=number) if low else Bound(high=number - 1)
        yield replace(
            base,
            text=f"{head}{bound.words(unit)}{tail}",
            args={**base.args, names[0]: relation, names[1]: number},
            side="low" if low else "high",
            number=side.low if low else side.high,
        )


def place(sentence: Sentence, hit: Hit) -> tuple[int, int]:
    """Page offsets of the hit, without the character before it that a count may hold."""
    lead = len(hit.text[hit.start : hit.end]) - len(hit.text[hit.start : hit.end].lstrip(" \n(\"'*_[|&>"))
    return sentence.start + hit.start + lead, sentence.start + hit.end
