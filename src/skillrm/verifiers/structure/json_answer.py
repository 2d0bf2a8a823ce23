"""structure:json, and the strict reading of JSON that schemas use too."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field

from skillrm.types import Candidate, Sample
from skillrm.verifiers.registry import Finding, decided, verifier
from skillrm.verifiers.structure.documents import MAX_DEPTH, DocumentArgs, Name, NoDocument, document, missing_keys

_MAX_DIGITS = 1000
"""Longer integers are kept as the float nearest to them: turning digits into an integer takes quadratic time."""
_STARTS = 16
"""Places in prose at which JSON is looked for."""
_OPENING = re.compile(r"[{\[]")
_CASES = {
    "camel": re.compile(r"[a-z][a-z0-9]*(?:[A-Z][a-z0-9]*)*\Z"),
    "pascal": re.compile(r"(?:[A-Z][a-z0-9]*)+\Z"),
    "snake": re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*\Z"),
    "kebab": re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*\Z"),
    "upper": re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*\Z"),
}


class JsonArgs(DocumentArgs):
    keys: Annotated[tuple[Name, ...], Field(max_length=500)] = ()
    """Keys the top level must have; of a list of objects, each of them."""
    key_case: Literal["camel", "pascal", "snake", "kebab", "upper"] | None = None
    """How every key, at any depth, is written: camelCase, PascalCase, snake_case, kebab-case, UPPER_CASE."""
    top: Literal["object", "array", "any"] = "any"
    unique_keys: bool = True
    """No object has a key twice."""


@verifier("structure:json", version="1", args=JsonArgs, sample_safe=True)
def json_verifier(sample: Sample, candidate: Candidate, args: JsonArgs) -> Finding:
    """The answer is, or holds, a JSON document with the keys asked for.

    >>> check("structure:json", 'Here: {"a": 1}', keys=["a", "b"]).observation
    "JSON without the asked keys 'b'"
    """
    try:
        found = read_json(candidate.final, args, unique_keys=args.unique_keys)
    except NoDocument as error:
        return decided(False, f"no JSON: {error}")
    kind = "object" if isinstance(found, dict) else "array" if isinstance(found, list) else "value"
    if args.top not in ("any", kind):
        return decided(False, f"a JSON {kind}; an {args.top} asked")
    missing = missing_keys(found, args.keys)
    if missing:
        return decided(False, f"JSON without the asked keys {', '.join(map(repr, missing))[:300]}")
    if args.key_case is not None:
        wrong = next((key for key in _keys(found) if not _CASES[args.key_case].match(key)), None)
        if wrong is not None:
            return decided(False, f"the key {wrong[:80]!r} is not in {args.key_case} case")
    return decided(True, f"a JSON {kind}" + (f" with all {len(args.keys)} asked keys" if args.keys else ""))


def read_json(text: str, given: DocumentArgs, *, unique_keys: bool = True) -> Any:
    """The answer's JSON value, read strictly: no NaN, no comments, no deep nesting. Raises `NoDocument`."""
    body = document(text, given, ("json", "jsonc", "json5"))
    decoder = json.JSONDecoder(
        object_pairs_hook=_unique if unique_keys else None, parse_constant=_refuse, parse_int=_integer
    )
    try:
        return _bounded(decoder.decode(body))
    except RecursionError:
        raise NoDocument("nested too deeply") from None
    except ValueError as error:
        if given.only or body != text.strip():
            raise NoDocument(str(error)[:200]) from None
        first = error
    return _bounded(_longest(decoder, body, str(first)[:200]))


def _longest(decoder: json.JSONDecoder, text: str, fault: str) -> Any:
    """The longest of the JSON values that begin at the first places where one can: `[1]` may be a footnote."""
    best: Any = None
    length = end = tried = 0
    while tried < _STARTS and (match := _OPENING.search(text, end)):
        tried += 1
        try:
            value, end = decoder.raw_decode(text, match.start())
        except RecursionError:
            raise NoDocument("nested too deeply") from None
        except ValueError:
            end = match.end()
            continue
        if end - match.start() > length:
            best, length = value, end - match.start()
    if not length:
        raise NoDocument(fault)
    return best


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise NoDocument(f"the key {twice[:80]!r} occurs twice")
    return found


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is no JSON")


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MAX_DIGITS else float(digits)


def _bounded(value: Any) -> Any:
    """The value, if it is nested no deeper than `MAX_DEPTH`. Raises `NoDocument`."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for parent in level
            if isinstance(parent, dict | list)
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, dict | list)
        ]
        if not level:
            return value
    raise NoDocument(f"nested more than {MAX_DEPTH} levels deep")


def _keys(value: Any) -> Iterator[str]:
    open_values = [value]
    while open_values:
        current = open_values.pop()
        if isinstance(current, dict):
            yield from current
            open_values.extend(current.values())
        elif isinstance(current, list):
            open_values.extend(current)
