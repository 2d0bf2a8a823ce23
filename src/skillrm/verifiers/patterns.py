"""Patterns from samples, in linear time: plain text goes to `re`, everything else to RE2 (Google's automaton)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

_SPECIAL = re.compile(r"[\\.^$*+?{}\[\]|()]")
RE2_MEMORY = 8 << 20
"""Bytes one RE2 automaton may take; a pattern that needs more does not compile."""


LONG = 100_000
"""Characters from which plain keywords go to RE2 too."""
SHORT = 64
"""Characters of a plain keyword that `re` may count in any text: it goes back so far at most."""


class Pattern(Protocol):
    def search(self, text: str) -> Any: ...
    def finditer(self, text: str) -> Any: ...


@dataclass(frozen=True, slots=True)
class Keyword:
    """A keyword that may be a pattern."""

    pattern: Pattern
    linear: str | None = None
    """The same for RE2, where `pattern` is of `re`: a long text is not left to an engine that may go back."""
    ignore_case: bool = True

    def found(self, text: str) -> bool:
        return self._for(text).search(text) is not None

    def count(self, text: str) -> int:
        """Occurrences that do not overlap."""
        short = self.linear is not None and len(self.linear) <= SHORT
        return sum(1 for _ in (self.pattern if short else self._for(text)).finditer(text))

    def _for(self, text: str) -> Pattern:
        if self.linear is None or len(text) < LONG:
            return self.pattern
        found: Pattern = compile_linear(self.linear, ignore_case=self.ignore_case)
        return found


class PatternError(ValueError):
    """RE2 refuses the pattern: a backreference, a look-around, a fault, or too large."""


@lru_cache(maxsize=512)
def compile_linear(pattern: str, *, ignore_case: bool = False, multiline: bool = False, dotall: bool = False) -> Any:
    """An RE2 pattern. Raises `PatternError`.

    RE2's memory bound keeps a counted repetition such as `(x{1000}){1000}` from compiling into gigabytes.
    """
    import re2

    options = re2.Options()
    options.log_errors = False
    options.max_mem = RE2_MEMORY
    flags = "".join(sign for sign, on in (("i", ignore_case), ("m", multiline), ("s", dotall)) if on)
    try:
        return re2.compile(f"(?{flags}){pattern}" if flags else pattern, options=options)
    except re2.error as error:
        raise PatternError(_message(error)) from None


def _message(error: Exception) -> str:
    text = error.args[0] if error.args else error
    return text.decode(errors="replace") if isinstance(text, bytes) else str(text)


@lru_cache(maxsize=4096)
def keyword(text: str, *, before: str = "", after: str = "", ignore_case: bool = True) -> Keyword:
    """A keyword as IFEval reads it, a regular expression between two of ours; a faulty one is taken literally."""
    if _SPECIAL.search(text):
        try:
            return Keyword(compile_linear(f"{before}{text}{after}", ignore_case=ignore_case))
        except PatternError:
            pass
    literal = f"{before}{re.escape(text)}{after}"
    return Keyword(re.compile(literal, re.IGNORECASE if ignore_case else 0), literal, ignore_case)
