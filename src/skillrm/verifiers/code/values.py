"""Plain values as prompts and guests write them, and whether two are the same. All of it runs outside the guest."""

from __future__ import annotations

import ast
import math
import re
from typing import Any

LONGEST = 100_000
_DEEPEST = 100
_WORDS = {"true": True, "false": False, "null": None, "nan": math.nan, "inf": math.inf}
_NOT_PYTHON = re.compile(r"\b(?:true|false|null)\b")


class _None:
    """No value: what was written is no literal."""


NOTHING = _None()


def value_of(text: str) -> Any:
    """The Python or JSON literal that `text` is, or `NOTHING`."""
    text = text.strip()
    if not text or len(text) > LONGEST or sum(map(text.count, "([{-+~")) > 20 * _DEEPEST + len(text) // 2:
        return NOTHING
    if _deep(text):
        return NOTHING
    if text in _WORDS:
        return _WORDS[text]
    for source in (text, _NOT_PYTHON.sub(lambda word: repr(_WORDS[word[0]]), text)):
        try:
            return ast.literal_eval(source)
        except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
            continue
    return NOTHING


def _deep(text: str) -> bool:
    depth = most = 0
    for char in text:
        depth += (char in "([{") - (char in ")]}")
        most = max(most, depth)
    return most > _DEEPEST or bool(re.search(r"[-+~\s]{200}", text))


def same(got: Any, expected: Any, *, any_order: bool = False) -> bool:
    """Equal as results: lists and tuples alike, floats within 1e-6 (relative or absolute), NaN equals NaN."""
    if isinstance(expected, bool) or isinstance(got, bool):
        return isinstance(got, (bool, int)) and isinstance(expected, (bool, int)) and got == expected
    if isinstance(expected, (int, float)) and isinstance(got, (int, float)):
        if got == expected:
            return True
        if isinstance(got, int) and isinstance(expected, int):
            return False
        try:
            left, right = float(got), float(expected)
        except OverflowError:
            return False
        return (math.isnan(left) and math.isnan(right)) or math.isclose(left, right, rel_tol=1e-6, abs_tol=1e-6)
    if isinstance(expected, (list, tuple)) and isinstance(got, (list, tuple)):
        if len(got) != len(expected):
            return False
        if all(same(left, right, any_order=any_order) for left, right in zip(got, expected, strict=True)):
            return True
        return any_order and sorted(map(repr, got)) == sorted(map(repr, map(_like(got), expected)))
    if isinstance(expected, dict) and isinstance(got, dict):
        mine, theirs = ({str(key): item for key, item in one.items()} for one in (got, expected))
        return mine.keys() == theirs.keys() and all(same(mine[key], theirs[key]) for key in theirs)
    if isinstance(expected, (set, frozenset)) and isinstance(got, (set, frozenset, list, tuple)):
        return sorted(map(repr, set_of(got))) == sorted(map(repr, expected))
    return type(got) is type(expected) and bool(got == expected)


def set_of(items: Any) -> set[Any]:
    try:
        return set(items)
    except TypeError:
        return set()


def _like(got: Any) -> Any:
    """A change of inner tuples to lists where the other side holds lists."""
    lists = any(isinstance(item, list) for item in got)
    return lambda item: list(item) if lists and isinstance(item, tuple) else item


def same_output(got: str, expected: str) -> bool:
    """Printed text, compared word by word; words that are numbers with a point within 1e-6; yes and YES alike."""
    left, right = got.split(), expected.split()
    return len(left) == len(right) and all(map(_same_word, left, right))


def _same_word(left: str, right: str) -> bool:
    if left == right:
        return True
    if right.casefold() in ("yes", "no", "true", "false"):
        return left.casefold() == right.casefold()
    if "." not in right and "." not in left:
        return False
    try:
        return math.isclose(float(left), float(right), rel_tol=1e-6, abs_tol=1e-6)
    except ValueError:
        return False
