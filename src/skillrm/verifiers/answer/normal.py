"""One spelling for answers that are the same: for texts, and for counting votes."""

from __future__ import annotations

import re
import unicodedata

from skillrm.verifiers.answer.quantity import quantity

_WRAP = re.compile(r"\\(?:text|mathrm|textbf|mathbf|textrm|operatorname|mbox)\s*\{([^{}]*)\}")
_DROP = re.compile(r"\\(?:left|right|displaystyle|,|!|;|:|>|quad|qquad|%|\$)|[$*_`~]")
_FRACTION = re.compile(r"\\[dtc]?frac")


def normal_text(text: str) -> str:
    """Small letters, one kind of blank, without emphasis, quotes, `\\text{}` around words, and a final stop."""
    text = unicodedata.normalize("NFKC", text[:4000])
    for _ in range(3):
        text = _WRAP.sub(r"\1", text)
    text = _DROP.sub("", text).strip().strip("\"'\u201c\u201d.,;: ")
    return " ".join(text.casefold().split())


def normal_form(answer: str) -> str:
    """A key under which equivalent answers meet: the exact number where it is one, else the text without blanks.

    `1/2`, `0.5`, `\\frac12` and `$0.50` meet; `50%` and 50 too: what is asked for in percent is written both ways.
    """
    number = quantity(answer)
    if number is not None:
        value = number.value
        return f"= {value}" if value.denominator.bit_length() + value.numerator.bit_length() < 8000 else answer
    text = normal_text(_FRACTION.sub(r"\\frac", answer))
    option = re.fullmatch(r"[(\[]?([a-z])[)\].:]?", text)
    return option[1] if option is not None else text.replace(" ", "")
