"""pydantic's errors as faults in plain words: what must stand there, what does stand there, and the mend."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from skillrm.errors import ConfigError, Fault

IDENTIFIER = r"^[A-Za-z0-9][A-Za-z0-9_.:\-]{0,127}$"
SCALE = r"^(binary|graded\(([2-9]|10)\))$"

_PATTERNS = {
    IDENTIFIER: "a name of letters, digits and _ . : - that begins with a letter or digit",
    SCALE: "binary or graded(n) with n from 2 to 10",
}
_TYPES = {
    "string": "text",
    "tuple": "a list",
    "list": "a list",
    "dict": "an object",
    "model": "an object",
    "mapping": "an object",
    "dataclass": "an object",
    "int": "a whole number",
    "float": "a number",
    "finite": "a finite number",
    "bool": "true or false",
}
_BOUNDS = {"ge": "at least", "le": "at most", "gt": "more than", "lt": "less than"}
_KINDS = {dict: "an object", list: "a list", tuple: "a list", str: "a string", type(None): "null"}
_NUMBERS = {bool: "true or false", int: "a number", float: "a number"}


def kind_of(value: object) -> str:
    """`a list`, `null`, `a number`: what a value is, in words."""
    return _KINDS.get(type(value)) or _NUMBERS.get(type(value)) or f"a {type(value).__name__}"


def wanted(item: Mapping[str, Any]) -> str | None:
    """What one error of pydantic asks for, as it reads after `must be`; None when it says something else."""
    context = item.get("ctx", {})
    for key, words in _BOUNDS.items():
        if key in context:
            return f"{words} {context[key]:g}" if isinstance(context[key], float) else f"{words} {context[key]}"
    if item["type"] == "literal_error":
        return str(context["expected"])
    if item["type"] == "string_pattern_mismatch":
        return _PATTERNS.get(context["pattern"])
    head, _, tail = item["type"].partition("_")
    return _TYPES.get(head) if tail in ("type", "parsing", "number", "from_float", "parsing_size") else None


def said(items: Sequence[Mapping[str, Any]]) -> str:
    """The errors of one place in plain words; what its alternatives want is joined."""
    found = [wanted(item) for item in items]
    if all(found):
        return f"must be {' or '.join(dict.fromkeys(map(str, found)))}, this is {_shown(items[0]['input'])}"
    return " or ".join(dict.fromkeys(_message(item, want) for item, want in zip(items, found, strict=True)))


def listed(value: Any) -> Any:
    """The items of an iterable as a list. A text stays one, to be refused: nobody means its letters."""
    return value if isinstance(value, (str, bytes)) else list(value)


def nearest(word: str, known: Sequence[str]) -> str | None:
    """`did you mean ...?`, else what there is; None where nothing is known."""
    near = get_close_matches(word, known, n=1)
    return f"did you mean {near[0]}?" if near else f"one of {', '.join(known)}" if known else None


def near_value(item: Mapping[str, Any]) -> str | None:
    """`did you mean ...?` for a word that is close to one of those allowed."""
    if item["type"] != "literal_error" or not isinstance(item["input"], str):
        return None
    near = get_close_matches(item["input"], re.findall(r"'([^']*)'", item["ctx"]["expected"]), n=1)
    return f"did you mean {near[0]}?" if near else None


def among(value: object, choices: Any, field: str) -> None:
    """Raise `ConfigError` when `value` is none of the words of the literal type `choices`."""
    words = [str(word) for word in get_args(choices)]
    if value in words:
        return
    near = get_close_matches(value, words, n=1) if isinstance(value, str) else []
    mend = f"did you mean {near[0]}?" if near else None
    raise ConfigError(Fault(f"must be one of {', '.join(words)}, this is {_shown(value)}", field=field, mend=mend))


def faults(error: ValidationError, shape: Any = None, **where: Any) -> tuple[Fault, ...]:
    """Every fault of a pydantic error with the field's path; `shape` is the model that refused, for near names."""
    found = error.errors(include_url=False)
    at: dict[tuple[str, ...], list[Any]] = {}
    for item in found:
        inner = (other["loc"][: len(item["loc"])] == item["loc"] for other in found if other is not item)
        if item["type"] == "too_short" and any(inner):
            continue  # a list is counted short when its items are faulty: those are the faults
        at.setdefault(tuple(str(part) for part in item["loc"] if not re.search(r"[\[( ]", str(part))), []).append(item)
    for path in [path for path in at if any(len(other) > len(path) and other[: len(path)] == path for other in at)]:
        # the value fits one alternative so far that the fault lies deeper; what the others say does not help
        at[path] = [item for item in at[path] if not item["type"].endswith("_type")]
    return tuple(
        Fault(said(items), field=".".join(path[:8]) or None, mend=_mend(items[0], path, shape), **where)
        for path, items in at.items()
        if items
    )


def _mend(item: Mapping[str, Any], path: tuple[str, ...], shape: Any) -> str | None:
    if item["type"] == "extra_forbidden" and path:
        return nearest(path[-1], _keys(shape, path[:-1]))
    return near_value(item)


def _keys(shape: Any, path: tuple[str, ...]) -> tuple[str, ...]:
    """The fields of the model that stands at `path` below `shape`."""
    for part in path:
        fields = getattr(shape, "model_fields", {})
        if part in fields:
            shape = next(_models(fields[part].annotation), None)
    return tuple(getattr(shape, "model_fields", ()))


def _models(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)


def _message(item: Mapping[str, Any], want: str | None) -> str:
    if want is not None:
        return f"must be {want}, this is {_shown(item['input'])}"
    if item["type"] == "missing":
        return "is missing"
    if item["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        return "unknown key"
    if item["type"] in ("too_short", "string_too_short") and item["ctx"]["min_length"] == 1:
        return "is empty"
    return str(item["msg"]).removeprefix("Value error, ")


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return f"{value!r}"[:60]
    if isinstance(value, str):
        return repr(value if len(value) <= 60 else f"{value[:60]}…")
    return kind_of(value)
