"""Numbers as people write them, exactly: fractions, percent, thousands, currency, powers of ten, simple units."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

LONGEST = 300
_MOST_POWER = 1_000
"""Digits of the largest power that is worked out here."""
_SCALES = {"hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12, "dozen": 12}
_TABLE: dict[str, dict[str, str | int]] = {
    "length": {
        "mm": "1/1000", "cm": "1/100", "m": 1, "km": 1000, "millimeter": "1/1000", "centimeter": "1/100",
        "meter": 1, "metre": 1, "kilometer": 1000, "inch": "0.0254", "inches": "0.0254", "in": "0.0254",
        "foot": "0.3048", "feet": "0.3048", "ft": "0.3048", "yard": "0.9144", "mile": "1609.344",
    },
    "mass": {
        "mg": "1/1000", "g": 1, "kg": 1000, "gram": 1, "kilogram": 1000, "tonne": 10**6, "pound": "453.59237",
        "lb": "453.59237", "ounce": "28.349523125", "oz": "28.349523125",
    },
    "time": {
        "ms": "1/1000", "s": 1, "sec": 1, "second": 1, "min": 60, "minute": 60, "h": 3600, "hr": 3600,
        "hour": 3600, "day": 86400, "week": 604800,
    },
    "volume": {"ml": "1/1000", "l": 1, "liter": 1, "litre": 1, "milliliter": "1/1000"},
    "dollar": {"dollar": 1, "usd": 1, "cent": "1/100"},
    "euro": {"euro": 1, "eur": 1},
    "angle": {"degree": 1},
}  # fmt: skip
_UNITS = {name: (kind, Fraction(factor)) for kind, table in _TABLE.items() for name, factor in table.items()}
_CURRENCY = {"$": "dollar", "\u20ac": "euro"}
_WHOLE = r"(?:\d{1,3}(?:,\d{3})+|\d+)"
_DECIMAL = rf"(?:{_WHOLE}(?:\.\d*)?|\.\d+)"
_VALUE = re.compile(
    rf"([-+]?)\s*(?:(?P<mixed>\d+)\s+(?P<mn>\d+)\s*/\s*(?P<md>\d+)"
    rf"|(?P<n>{_DECIMAL})\s*/\s*(?P<d>{_DECIMAL})"
    rf"|(?P<dec>{_DECIMAL})(?:[eE](?P<exp>[-+]?\d{{1,4}})|\s*(?:\*|x)\s*10\s*\^\s*(?P<ten>[-+]?\d{{1,4}}))?"
    rf"(?:\s*\^\s*(?P<pow>\d{{1,4}}))?)"
)
_LATEX = (
    (re.compile(r"\\(?:left|right|displaystyle|,|!|;|:|>|quad|qquad)|\{,\}(?=\d)|~"), " "),
    (re.compile(r"\\(?:text|mathrm|textbf|mathbf|textrm|operatorname|mbox)\s*\{([^{}]*)\}"), r" \1 "),
    (re.compile(r"\\[dtc]?frac\s*(\d)\s*(\d)(?!\d)"), r" \1/\2"),
    (re.compile(r"\\[dtc]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}"), r" (\1)/(\2)"),
    (re.compile(r"\^\s*\{?\s*\\circ\s*\}?|\u00b0|\\degree"), " degree"),
    (re.compile(r"\\(?:times|cdot)|\u00d7"), "*"),
    (re.compile(r"\^\s*\{([^{}]*)\}"), r"^\1"),
    (re.compile(r"\u2212|\u2013"), "-"),
    (re.compile(r"\\([$%])"), r"\1"),
)
_PLAIN = re.compile(r"\(\s*([-+]?[\d.,]+)\s*\)")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with what stood beside it. `rounded`: it was written with a decimal point."""

    value: Fraction
    percent: bool = False
    unit: str = ""
    rounded: bool = False

    def equals(self, other: Quantity, relative: float = 1e-6, absolute: float = 0.0) -> bool:
        """Equal as answers: `50%` is 0.5 and 50; `1 m` is `100 cm`; a unit that only one names is no difference.

        Where either is written with a decimal point, a relative difference of `relative` is allowed.
        """
        mine, theirs = _UNITS.get(self.unit), _UNITS.get(other.unit)
        left, right = self.value, other.value
        if mine and theirs:
            if mine[0] != theirs[0]:
                return False
            left, right = left * mine[1], right * theirs[1]
        pairs = [(left, right)]
        if self.percent != other.percent:
            pairs.append((left / 100, right) if self.percent else (left, right / 100))
        loose = self.rounded or other.rounded or absolute > 0 or relative != 1e-6
        return any(a == b or (loose and _near(a, b, relative, absolute)) for a, b in pairs)


def _near(left: Fraction, right: Fraction, relative: float, absolute: float) -> bool:
    return abs(left - right) <= max(Fraction(absolute), Fraction(relative) * abs(right))


def quantity(text: str) -> Quantity | None:
    """The number that `text` is, with nothing left over but a unit; None where it is anything else."""
    if len(text) > LONGEST or not any(char.isdigit() for char in text):
        return None
    for pattern, by in _LATEX:
        text = pattern.sub(by, text)
    for _ in range(2):
        text = _PLAIN.sub(r"\1", text)
    text = re.sub(r"(?<=\d) (?=\d{3}(?:\D|\Z))(?![^/]*/)", "", text.replace("$ ", "$")).strip()
    text = re.sub(r"\A\\?[A-Za-z](?:_\w)?\s*=\s*", "", text)
    text, unit = _without_currency(text)
    text = text.replace("\\", " ").strip()
    found = _VALUE.match(text)
    if found is None:
        return None
    value = _value(found)
    if value is None:
        return None
    rest = text[found.end() :].strip()
    percent = bool(re.match(r"%|percent\b|per cent\b", rest, re.IGNORECASE))
    if percent:
        rest = re.sub(r"\A(?:%|percent|per cent)\s*", "", rest, flags=re.IGNORECASE)
    words = re.match(r"([A-Za-z]+)\b\s*", rest)
    if words is not None and words[1].lower() in _SCALES:
        value *= _SCALES[words[1].lower()]
        rest = rest[words.end() :]
    named = _unit(rest)
    if named is None:
        return None
    dotted = "." in found[0] or bool(found["exp"]) or bool(found["ten"])
    return Quantity(value, percent, unit or named, dotted)


def _without_currency(text: str) -> tuple[str, str]:
    found = re.match(r"([-+]?)\s*([$\u20ac\u00a3\u00a5])\s*", text)
    if found is not None:
        return found[1] + text[found.end() :].rstrip("$ "), _CURRENCY.get(found[2], "")
    if text.endswith(("$", "\u20ac")):
        return text[:-1].rstrip(), _CURRENCY[text[-1]]
    return text, ""


def _value(found: re.Match[str]) -> Fraction | None:
    part = {key: text.replace(",", "") for key, text in found.groupdict().items() if text is not None}
    sign = -1 if found[1] == "-" else 1
    if "mixed" in part:
        below = int(part["md"])
        return sign * (int(part["mixed"]) + Fraction(int(part["mn"]), below)) if below else None
    if "n" in part:
        under = Fraction(part["d"])
        return sign * Fraction(part["n"]) / under if under else None
    value = Fraction(part["dec"])
    power = int(part.get("exp") or part.get("ten") or 0)
    if abs(power) > _MOST_POWER:
        return None
    value *= Fraction(10) ** power
    if "pow" in part:
        if int(part["pow"]) * max(1, value.numerator.bit_length(), value.denominator.bit_length()) > 4 * _MOST_POWER:
            return None
        if sign < 0:
            return -(value ** int(part["pow"]))
        value = value ** int(part["pow"])
    return sign * value


def _unit(rest: str) -> str | None:
    """The unit that `rest` names: one of the table, `` for other words or nothing, None where it is no unit."""
    rest = rest.strip(" .")
    if not rest:
        return ""
    if not re.fullmatch(r"[A-Za-z][A-Za-z ./'-]*(?:\^?[23]|[\u00b2\u00b3])?", rest) or len(rest.split()) > 6:
        return None
    small = rest.lower()
    for name in (small, small.removesuffix("s"), small.removesuffix("es")):
        if name in _UNITS:
            return name
    return (
        ""
        if len(rest.split()[0]) > 1 and not re.match(r"(?:or|and|to|mod|pi|sqrt|times|plus|minus)\b", small)
        else None
    )
