"""One spelling for answers that are the same: for texts, and for counting votes."""

from __future__ import annotations

import re
import unicodedata

from skillrm.verifiers.answer.quantity import quantity

_WRAP = re.compile(r"\\(?:text|mathrm|textbf|mathbf|textrm|operatorname|mbox)\s*\{([^{}]*)\}")
_DROP = re.compile(r"\\(?:left|right|displaystyle|,|!|;|:|>|quad|qquad|%|\$)|[$*_`~]")
_FRACTION = re.compile(r"\\[dtc]?frac")
_SPACING = re.compile(r"\\(?:left|right|displaystyle|,|!|;|:|>|quad|qquad)|[$]")
_RAISED = "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"
_DIGITS = {ord(raised): str(digit) for digit, raised in enumerate(_RAISED)}
_SIGNS = str.maketrans({
    "\u2212": "-", "\u2013": "-", "\u00d7": "*", "\u22c5": "*", "\u00b7": "*", "\u00f7": "/", "\u03c0": r"\pi ",
    "\u221e": r"\infty ", "\u2264": r"\le ", "\u2265": r"\ge ", "\u2248": "",
    "\u00bd": r"\frac{1}{2}", "\u00bc": r"\frac{1}{4}", "\u00be": r"\frac{3}{4}", "\u2153": r"\frac{1}{3}",
    "\u2154": r"\frac{2}{3}",
})  # fmt: skip
_ROOT = re.compile(r"\u221a\s*(?:\(([^()]*)\)|(\w+))")
_POWER = re.compile(r"\*\*\s*(?:\(([^()]*)\)|(-?\w+))")


def normal_text(text: str) -> str:
    """Small letters, one kind of blank, without emphasis, quotes, `\\text{}` around words, and a final stop."""
    text = unicodedata.normalize("NFKC", text[:4000])
    for _ in range(3):
        text = _WRAP.sub(r"\1", text)
    text = _DROP.sub("", text).strip().strip("\"'\u201c\u201d.,;: ")
    return " ".join(text.casefold().split())


def in_latex(text: str) -> str:
    """Signs of mathematics from Unicode and from Python (`2**10`, `5²`, `√2`, `½`) as LaTeX has them."""
    if not text.isascii():
        text = re.sub(f"[{_RAISED}]+", lambda found: "^{" + found[0].translate(_DIGITS) + "}", text).translate(_SIGNS)
        text = _ROOT.sub(lambda found: rf"\sqrt{{{found[1] or found[2]}}}", text)
    return _POWER.sub(lambda found: f"^{{{found[1] or found[2]}}}", text)


def plain_mathematics(text: str) -> str:
    """Without what is only typography: `\\text{}`, spacing commands, and blanks, but for those that part two words.

    Nothing that can change a value goes: `2*3` stays apart from 23, `1 1/2` from 11/2 and `5²` from 52.
    """
    text = in_latex(text[:4000])
    for _ in range(3):
        text = _WRAP.sub(r" \1 ", text)
    text = _SPACING.sub(" ", text).strip("\"'\u201c\u201d.,;: \n")
    return re.sub(r"\s+(?=\W)|(?<=[^\w)\]}])\s+", "", re.sub(r"\s+", " ", text)).casefold()


def normal_form(answer: str) -> str:
    """A key under which equivalent answers meet: the exact number where it is one, else the text without blanks.

    `1/2`, `0.5`, `\\frac12` and `$0.50` meet; `50%` and 50 too: what is asked for in percent is written both ways.
    """
    number = quantity(answer)
    if number is not None:
        value = number.value
        return f"= {value}" if value.denominator.bit_length() + value.numerator.bit_length() < 8000 else answer
    text = plain_mathematics(_FRACTION.sub(r"\\frac", answer))
    option = re.fullmatch(r"[(\[]?([a-z])[)\].:]?", text)
    return option[1] if option is not None else text
