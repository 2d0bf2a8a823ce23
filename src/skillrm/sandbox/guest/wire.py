"""Plain Python data as JSON, both ways and without loss, between two guests.

Kept: None, bool, int of any size, float with nan and inf, complex, str, bytes, list, tuple, dict with any plain keys,
set, frozenset, range, deque, Decimal, Fraction, date, time, datetime, timedelta. Subclasses cross as their base.
"""

from __future__ import annotations

import collections
import datetime
import decimal
import fractions
import math
from collections.abc import Callable, Iterable
from typing import Any

DEPTH = 150
_SAFE = 2**53


class Foreign(Exception):
    """A value that is no plain data."""


def encode(value: Any, foreign: Callable[[Any], Any] | None = None, depth: int = 0) -> Any:
    """A JSON value. `foreign` may give a stand-in for what is no plain data; raises `Foreign` otherwise."""
    kind = type(value)
    if value is None or kind is bool or kind is str:
        return value
    if kind is int:
        return value if -_SAFE < value < _SAFE else {"t": "int", "v": hex(value)}
    if kind is float:
        return value if math.isfinite(value) else {"t": "float", "v": repr(value)}
    if depth > DEPTH:
        raise Foreign("nested too deeply")
    if kind is list:
        return [encode(item, foreign, depth + 1) for item in value]
    if kind is tuple or kind is set or kind is frozenset or kind is collections.deque:
        return {"t": kind.__name__, "v": [encode(item, foreign, depth + 1) for item in value]}
    if kind is dict:
        return {"t": "dict", "v": [[encode(side, foreign, depth + 1) for side in pair] for pair in value.items()]}
    if kind in _TO_TEXT:
        return {"t": kind.__name__, "v": _TO_TEXT[kind](value)}
    for base in (int, float, str, bytes, list, tuple, dict, set, frozenset):
        if isinstance(value, base):  # Counter, namedtuple, IntEnum, ...
            plain: Any = _base(base, value)
            return encode(plain, foreign, depth)
    if foreign is not None:
        return foreign(value)
    raise Foreign(f"a {kind.__name__} is not plain data")


def _base(base: type, value: Any) -> Any:
    if base is dict:
        return dict(dict.items(value))
    if base in (int, float):
        return base.__pos__(value)
    if base is str:
        return str.__str__(value)
    if base is bytes:
        return bytes.__getitem__(value, slice(None))
    return base(base.__iter__(value))  # type: ignore[attr-defined]


def _duration(value: datetime.timedelta) -> list[int]:
    return [value.days, value.seconds, value.microseconds]


_TO_TEXT: dict[type, Callable[[Any], Any]] = {
    complex: lambda value: [repr(value.real), repr(value.imag)],
    bytes: bytes.hex,
    bytearray: bytearray.hex,
    range: lambda value: [hex(value.start), hex(value.stop), hex(value.step)],
    decimal.Decimal: str,
    fractions.Fraction: lambda value: [hex(value.numerator), hex(value.denominator)],
    datetime.date: datetime.date.isoformat,
    datetime.time: datetime.time.isoformat,
    datetime.datetime: datetime.datetime.isoformat,
    datetime.timedelta: _duration,
}


def _hexes(values: Iterable[str]) -> list[int]:
    return [int(value, 16) for value in values]


_FROM: dict[str, Callable[[Any], Any]] = {
    "int": lambda v: int(v, 16),
    "float": float,
    "complex": lambda v: complex(float(v[0]), float(v[1])),
    "bytes": bytes.fromhex,
    "bytearray": bytearray.fromhex,
    "range": lambda v: range(*_hexes(v)),
    "Decimal": decimal.Decimal,
    "Fraction": lambda v: fractions.Fraction(*_hexes(v)),
    "date": datetime.date.fromisoformat,
    "time": datetime.time.fromisoformat,
    "datetime": datetime.datetime.fromisoformat,
    "timedelta": lambda v: datetime.timedelta(*v),
}
_HOLDERS: dict[str, Callable[[list[Any]], Any]] = {
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
    "deque": collections.deque,
}


def decode(value: Any, foreign: Callable[[Any], Any] | None = None, depth: int = 0) -> Any:
    """What `encode` was given. Raises `Foreign` for anything that `encode` does not write: the writer is hostile."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if depth > DEPTH + 1:
        raise Foreign("nested too deeply")
    if isinstance(value, list):
        return [decode(item, foreign, depth + 1) for item in value]
    tag, body = value.get("t"), value.get("v")
    try:
        if tag == "dict":
            return {decode(key, foreign, depth + 1): decode(item, foreign, depth + 1) for key, item in body}
        if tag in _HOLDERS:
            return _HOLDERS[tag]([decode(item, foreign, depth + 1) for item in body])
        if tag in _FROM:
            return _FROM[tag](body)
    except (TypeError, ValueError, AttributeError, ArithmeticError, LookupError) as error:
        raise Foreign(f"a malformed {tag}") from error
    if foreign is not None and tag in ("object", "callback"):
        return foreign(value)
    raise Foreign(f"no plain data: {str(tag)[:40]}")
