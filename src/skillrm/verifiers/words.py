"""Words: how many there are, and how many stand in capital letters, counted as IFEval counts them."""

from __future__ import annotations

import re

_WORD = re.compile(r"\w+")
_SPLIT = re.compile(r"""[;@#$%&?!*\[\](){}<>"«»“”„‘’`]+|\.{2,}|--|[:,](?!\d)|''""")
_QUOTE = re.compile(r"'(?!re|ve|ll|[mtsdn])(?=\w\b)", re.IGNORECASE)
_POSSESSIVE = re.compile(r"(?<=[^' ])(?='[smd](?: |\Z))", re.IGNORECASE)
_CLITIC = re.compile(r"(?<=[^' ])(?=(?:'LL|'RE|'VE|N'T)(?: |\Z))")
_JOINED = re.compile(
    r"\b(?:(can)(not)|(d)('ye)|(gim)(me)|(gon)(na)|(got)(ta)|(lem)(me)|(more)('n)|(wan)(na))\b|\A('t)(is|was)\b",
    re.IGNORECASE,
)


def count_words(text: str) -> int:
    """Number of runs of letters, digits and underscores: `it's` is two words."""
    return len(_WORD.findall(text))


def count_capital_words(text: str) -> int:
    """Number of tokens with letters, none of them small, under the rules of the Penn Treebank tokenizer.

    Only words with a capital letter are looked at; the pieces of `DON'T` (DO, N'T) and `CAN'T,NOW` count one by one.
    """
    count = 0
    for chunk in text.split():
        if chunk.islower():
            continue
        if chunk.isalpha() and (len(chunk) < 5 or not chunk.isupper()):
            count += chunk.isupper()
        elif chunk != chunk.lower():
            count += sum(_count_pieces(piece) for piece in _SPLIT.split(chunk) if piece)
    return count


def _count_pieces(piece: str) -> int:
    if "'" in piece:
        piece = _CLITIC.sub(" ", _POSSESSIVE.sub(" ", _QUOTE.sub("' ", piece)))
    piece = _JOINED.sub(lambda match: " ".join(filter(None, match.groups())), piece)
    return sum(token.isupper() for token in piece.split())
