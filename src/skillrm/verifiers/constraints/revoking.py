"""Words of a later turn that take an earlier demand back: `you can use commas now`, `forget the word limit`."""

from __future__ import annotations

from skillrm.verifiers.constraints.phrases import Phrase
from skillrm.verifiers.constraints.reading import Page

_MAY = (
    r"(?:you (?:can|may)(?: now)?(?: again)?|feel free to|it is (?:fine|ok|okay) to|it's (?:fine|ok|okay) to|no "
    r"need to avoid)"
)
_DROP = r"(?:forget(?: about)?|ignore|drop|lift|disregard|never mind|remove|scrap)"
_THE = r"(?:the|my|that|this|all|those|these|any)"
_RULE = r"(?:limit|count|constraint|requirement|rule|restriction|minimum|maximum|format)s?"
_REVOKED = (
    *(
        (rf"{_MAY} use {mark}|{mark} are (?:now )?(?:fine|allowed|ok|okay)", mark.removesuffix("s"))
        for mark in ("commas", "exclamation marks", "question marks", "semicolons", "em dash")
    ),
    (rf"{_MAY} use (?:capital|upper[ -]?case|normal|regular|lower[ -]?case)", "case"),
    (
        rf"{_DROP} {_THE}(?: [\w-]+){{0,2}} (?:capital\w*|case|caps|lower[ -]?case|upper[ -]?case)(?: "
        rf"letters?)? {_RULE}",
        "case",
    ),
    (rf"{_DROP} {_THE}(?: [\w-]+){{0,2}} (?:word|length) {_RULE}", "number_words"),
    (rf"{_DROP} {_THE}(?: [\w-]+){{0,2}} sentence {_RULE}", "number_sentences"),
    (rf"{_DROP} {_THE}(?: [\w-]+){{0,2}} paragraph {_RULE}", "paragraphs"),
    (rf"{_DROP} {_THE}(?: [\w-]+){{0,2}} comma {_RULE}", "comma"),
    (rf"{_DROP} {_THE}(?: [\w-]+){{0,2}} (?:keyword|word list) {_RULE}", "keywords"),
    (rf"{_DROP} {_THE}(?: [\w-]+){{0,2}} json {_RULE}|no (?:more|longer) (?:in )?json", "json"),
    (rf"{_DROP} (?:all )?(?:of )?{_THE} (?:previous |earlier |above |prior |old )*{_RULE}", ""),
)
_PHRASES = tuple((Phrase(rf"\b(?:{words})\b"), key) for words, key in _REVOKED)


def revoked(page: Page) -> tuple[str, ...]:
    """Pieces of slot names that this page takes back; the empty piece is every one."""
    return tuple(key for phrase, key in _PHRASES if any(phrase(sentence.text) for sentence in page.sentences))
