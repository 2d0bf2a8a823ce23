"""Inputs on which programs can be told apart: those that the prompt shows, and small changes of them."""

from __future__ import annotations

import random
import re
from typing import Any

from skillrm.verifiers.code.examples import Example, Expression, NamedCall
from skillrm.verifiers.code.values import NOTHING, value_of

_LONGEST = 60
"""Members of a list or characters of a text that are changed; a longer one is cut."""
_LARGEST = 1000
_SEEDS: dict[str, tuple[Any, ...]] = {
    "int": (0, 1, 2, 3, 5, 10, 12),
    "float": (0.5, 1.0, 2.75, 3.0),
    "str": ("", "a", "abc", "Hello World", "aAbB 12"),
    "bool": (True, False),
    "list[int]": ([], [1], [3, 1, 2], [5, 5, -1, 0], [1, 2, 3, 4, 5, 6]),
    "list[float]": ([], [1.0], [1.5, -2.0, 3.25], [2.0, 2.0, 5.5]),
    "list[str]": ([], ["a"], ["abc", "b", ""], ["Hello", "hello", "a b"]),
    "list[list[int]]": ([], [[1]], [[1, 2], [3, 4]]),
    "list": ([], [1, 2, 3], [3, 1, 2]),
    "dict": ({}, {"a": 1}, {"a": "b", "B": "c"}),
}


def shown_inputs(examples: list[Example], name: str | None) -> list[tuple[Any, ...]]:
    """The arguments of the shown calls, where these are literals."""
    found = []
    for one in examples:
        if isinstance(one, NamedCall):
            found.append(tuple(one.args.values()))
        elif isinstance(one, Expression) and name is not None:
            source = one.source.strip()
            if source.startswith(f"{name}(") and source.endswith(")"):
                inside = source[len(name) + 1 : -1].strip()
                value = value_of(f"({inside},)") if inside else ()
                if value is not NOTHING:
                    found.append(value)
    return found


def typed_inputs(prompt: str, name: str | None) -> list[tuple[Any, ...]]:
    """Plain inputs by the annotations of the function that the prompt opens; none where a type is not known."""
    head = re.search(rf"^[ \t]*def[ \t]+{re.escape(name or '-')}\(([^()\n]*)\)", prompt, re.MULTILINE)
    if head is None:
        return []
    kinds = re.findall(r"(?:^|,)\s*\w+\s*:\s*([\w.]+(?:\[[^\]]*\]+)?)", head[1])
    pools = [_SEEDS.get(kind.replace("typing.", "").replace(" ", "").lower()) for kind in kinds]
    if not pools or len(kinds) != len(
        [part for part in re.sub(r"\[[^\]]*\]+", "", head[1]).split(",") if part.strip()]
    ):
        return []
    known = [pool for pool in pools if pool is not None]
    if len(known) < len(pools):
        return []
    return [tuple(pool[index % len(pool)] for pool in known) for index in range(max(map(len, known)))]


def varied(inputs: list[tuple[Any, ...]], count: int, seed: str) -> list[tuple[Any, ...]]:
    """At most `count` further inputs: one or two arguments of a given one changed a little; the same for one `seed`."""
    drawn = random.Random(seed)
    known = {repr(args) for args in inputs}
    made: list[tuple[Any, ...]] = []
    for _ in range(count * 6):
        if len(made) >= count or not inputs:
            break
        args = list(drawn.choice(inputs))
        if not args:
            break
        for _ in range(drawn.choice((1, 1, 2))):
            place = drawn.randrange(len(args))
            args[place] = _changed(args[place], drawn)
        if repr(tuple(args)) not in known:
            known.add(repr(tuple(args)))
            made.append(tuple(args))
    return made


def _changed(value: Any, drawn: random.Random) -> Any:
    if isinstance(value, bool) or value is None:
        return value if value is None else not value
    if isinstance(value, int):
        if abs(value) > _LARGEST:
            return value + drawn.choice((-1, 1, -2, 2))
        near = [value + 1, value - 1, value + 2, value + 5, value * 2, value // 2, value + 11]
        return drawn.choice([other for other in near if value < 0 or other >= 0])
    if isinstance(value, float):
        return round(drawn.choice((value + 1, value * 2, value / 2, value + 0.3, -value)), 3)
    if isinstance(value, str):
        return _text(value[:_LONGEST], drawn)
    if isinstance(value, (list, tuple)):
        return type(value)(_members(list(value)[:_LONGEST], drawn))
    if isinstance(value, dict) and value:
        key = drawn.choice(list(value))
        return {**value, key: _changed(value[key], drawn)}
    return value


def _text(value: str, drawn: random.Random) -> str:
    if not value:
        return drawn.choice(("a", "ab"))
    at = drawn.randrange(len(value))
    ways = (
        value[:at] + value[at + 1 :],
        value[:at] + drawn.choice(value) + value[at:],
        value[::-1],
        value[:at],
        value[at:] + value[:at],
        value[:at] + value[at].swapcase() + value[at + 1 :],
        "".join(drawn.sample(value, len(value))),
    )
    return drawn.choice(ways)


def _members(items: list[Any], drawn: random.Random) -> list[Any]:
    if not items:
        return items
    at = drawn.randrange(len(items))
    ways = (
        items[:at] + items[at + 1 :],
        [*items[:at], _changed(items[at], drawn), *items[at + 1 :]],
        [*items[:at], _changed(items[at], drawn), *items[at:]],
        [*items, items[at]],
        items[::-1],
        drawn.sample(items, len(items)),
        items[:at],
    )
    return drawn.choice(ways)
