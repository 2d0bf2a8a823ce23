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
    """A number with what stood beside it."""

    value: Fraction
    percent: bool = False
    unit: str = ""
    half: Fraction = Fraction(0)
    """Half a unit of the last decimal place; 0 for a number written without a decimal point."""

    @property
    def rounded(self) -> bool:
        return self.half > 0

    def equals(self, other: Quantity) -> bool:
        """Equal as answers: `50%` is 0.5 and 50; `1 m` is `100 cm`; a unit that only one names is no difference.

        Decimals may have been rounded: half of the last place written is allowed, but at most a millionth of the value.
        """
        return any(
            abs(left - right) <= min(max(self.half, other.half) * by, max(abs(left), abs(right)) / 1_000_000)
            for left, right, by in self._beside(other)
        )

    def within(self, other: Quantity, relative: float, absolute: float) -> bool:
        """As `equals`, with an allowed difference: the larger of `absolute` and `relative` times the other."""
        return any(
            abs(left - right) <= max(Fraction(absolute), Fraction(relative) * abs(right))
            for left, right, _ in self._beside(other)
        )

    def _beside(self, other: Quantity) -> list[tuple[Fraction, Fraction, Fraction]]:
        """Both values in one unit, in each sense that a percent sign can have, and what `half` is to be taken times."""
        mine, theirs = _UNITS.get(self.unit), _UNITS.get(other.unit)
        left, right, by = self.value, other.value, Fraction(1)
        if mine and theirs:
            if mine[0] != theirs[0]:
                return []
            left, right, by = left * mine[1], right * theirs[1], max(mine[1], theirs[1])
        pairs = [(left, right, by)]
        if self.percent != other.percent:
            pairs.append((left / 100, right, by) if self.percent else (left, right / 100, by))
        return pairs


def quantity(text: str) -> Quantity | None:
    """The number that `text` is, with nothing left over but a unit; None where it is anything else."""
    if len(text) > LONGEST or not any(char.isdigit() for char in text):
        return None
    if len(re.findall(r"(?<!\\)\$", text)) == 2:  # inline mathematics with words around it, no currency
        text = re.sub(r"(?<!\\)\$", " ", text).strip()
    for pattern, by in _LATEX:
        text = pattern.sub(by, text)
    for _ in range(2):
        text = _PLAIN.sub(r"\1", text)
    text = re.sub(r"(?<=\d) (?=\d{3}(?:\D|\Z))(?![^/]*/)", "", text.replace("$ ", "$")).strip()
    text = re.sub(r"\A\\?[A-Za-z](?:_\w)?\s*=\s*", "", text)
    text = re.sub(r"\A[\d.,\s()]+(?:[-+*/][\d.,\s()]+)+=\s*", "", text)  # `60 - 4 = 56` is 56
    text = re.sub(
        r"\A(?:about|approximately|approx\.?|roughly|around|\\approx|\u2248)\s*", "", text, flags=re.IGNORECASE
    )
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
    return Quantity(value, percent, unit or named, _half(found, value))


def _half(found: re.Match[str], value: Fraction) -> Fraction:
    decimals = (found["dec"] or "").partition(".")[2]
    if not decimals or "pow" in {key for key, part in found.groupdict().items() if part}:
        return Fraction(0)
    written = Fraction(found["dec"].replace(",", ""))
    scale = abs(value / written) if written else Fraction(1)
    return scale / (2 * Fraction(10) ** len(decimals))


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
