"""Where in an answer a document (JSON, YAML, XML) stands, and the arguments all three share."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from skillrm.verifiers.registry import Args
from skillrm.verifiers.structure.layout import Fence, fences

MAX_CHARACTERS = 5_000_000
"""A longer answer is violated: it asks more of us than any task asked of it."""
MAX_DEPTH = 200
"""Levels of nesting that are read."""
Name = Annotated[str, Field(min_length=1, max_length=1000)]


class NoDocument(Exception):
    """The answer holds no such document; the message says why."""


class DocumentArgs(Args):
    fenced: Literal["any", "required", "forbidden"] = "any"
    """Whether the document must, may or must not stand in a code fence."""
    only: bool = False
    """The answer holds nothing besides the document (and its fence)."""


def document(text: str, given: DocumentArgs, languages: tuple[str, ...]) -> str:
    """The text of the document. Raises `NoDocument`.

    In a fence if one fits (its language is one of `languages`, or none), else the whole answer.
    """
    if len(text) > MAX_CHARACTERS:
        raise NoDocument(f"the answer has {len(text)} characters; more than {MAX_CHARACTERS} are not read")
    text = text.removeprefix("\ufeff").strip().removeprefix("\ufeff")
    if not text:
        raise NoDocument("the answer is empty")
    blocks = fences(text)
    fitting = [block for block in blocks if block.language in languages] or [b for b in blocks if not b.language]
    if given.fenced == "forbidden":
        if blocks:
            raise NoDocument("the answer has a code fence; none is allowed")
        return text
    if given.fenced == "required" and not fitting:
        raise NoDocument(f"no code fence marked {languages[0]}, nor an unmarked one")
    if not fitting:
        return text
    if given.only and not _alone(text, fitting[0]):
        raise NoDocument("there is text besides the code fence; the document alone was asked")
    if not fitting[0].closed:
        raise NoDocument("the code fence is not closed")
    return fitting[0].body.strip().removeprefix("\ufeff")


def _alone(text: str, block: Fence) -> bool:
    return block.start == 0 and block.end == text.count("\n")


def missing_keys(found: Any, keys: tuple[str, ...]) -> list[str]:
    """The asked keys that the document's top level lacks; of a list, those any of its objects lacks."""
    if isinstance(found, dict):
        return [key for key in keys if key not in found]
    if isinstance(found, list) and found and all(isinstance(item, dict) for item in found):
        return [key for key in keys if any(key not in item for item in found)]
    return list(keys)
