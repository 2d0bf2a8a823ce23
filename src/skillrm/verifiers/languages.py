"""Which language a text is in: langdetect's method and profiles, made deterministic, thread-safe and quick.

langdetect (Shuyo's language-detection) multiplies up the probabilities of character n-grams drawn at random until one
language stands out, seven times. Its draws are unseeded, and it lists every n-gram of the text first. Here the draws
are seeded, and a draw picks a place in the text and is repeated where no known n-gram stands: the same distribution
without the list. Languages that have fallen hopelessly behind are dropped from a trial. Cleaning and normalisation of
characters are langdetect's own functions.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from heapq import nlargest
from importlib.resources import files
from operator import itemgetter
from threading import Lock
from typing import Any

MAX_CHARACTERS = 10_000
"""langdetect reads no more of a text; neither do we, so that the time is bounded."""
_TRIALS, _LIMIT, _CONVERGED, _LEAST = 7, 1000, 0.99999, 0.1
_ALPHA, _ALPHA_WIDTH, _BASE = 0.5, 0.05, 10_000
_HOPELESS = 1e-9
_PROBES = 40
"""So many places are tried; where less than a quarter holds a known n-gram, the places that do are listed."""
_LATIN = re.compile(r"[A-z]")
_OTHER = re.compile(r"[\u0300-\u1dff\u1f00-\U0010ffff]")
_BLANKS = re.compile(r"  +")
_lock = Lock()
_probability: Callable[[tuple[int, float]], float] = itemgetter(1)

Shares = tuple[float, ...]
Draw = Callable[[], Shares]


@dataclass(frozen=True, slots=True)
class _Profiles:
    languages: tuple[str, ...]
    sparse: dict[str, tuple[tuple[int, float], ...]]
    """n-gram -> (language index, its share among that language's n-grams of this length)."""
    dense: dict[str, Shares | None]
    """The same for every language, None for an unknown n-gram; filled as n-grams come, for they repeat."""

    def shares(self, gram: str) -> Shares | None:
        try:
            return self.dense[gram]
        except KeyError:
            pass
        known = self.sparse.get(gram)
        found: Shares | None = None
        if known is not None:
            row = [0.0] * len(self.languages)
            for index, share in known:
                row[index] = share
            found = self.dense[gram] = tuple(row)
        return found


class _Characters(dict[int, str]):
    """Code point -> what langdetect makes of it, filled as characters come."""

    def __missing__(self, code: int) -> str:
        from langdetect.utils.ngram import NGram

        found: str = NGram.normalize(chr(code))
        self[code] = found
        return found


_characters = _Characters()


@cache
def _load() -> _Profiles:
    folder = files("langdetect") / "profiles"
    grams: dict[str, list[tuple[int, float]]] = {}
    languages = []
    for index, name in enumerate(sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))):
        profile: dict[str, Any] = json.loads((folder / name).read_text("utf-8"))
        languages.append(profile["name"])
        for gram, count in profile["freq"].items():
            if len(gram) <= 3:
                grams.setdefault(gram, []).append((index, count / profile["n_words"][len(gram) - 1]))
    return _Profiles(tuple(languages), {gram: tuple(shares) for gram, shares in grams.items()}, {})


def profiles() -> _Profiles:
    """The profiles, read once per process."""
    with _lock:
        return _load()


def identify(text: str) -> str | None:
    """The most probable language as langdetect names it (`en`, `zh-cn`), `unknown` if none is more than 0.1 probable.

    None when the text holds no known n-gram (digits, signs). Same text, same answer.
    """
    known = profiles()
    rng = random.Random(0)
    draw = _draws(_clean(text), known, rng)
    if draw is None:
        return None
    total = [0.0] * len(known.languages)
    for left in range(_TRIALS - 1, -1, -1):
        for index, probability in _trial(draw, rng):
            total[index] += probability / _TRIALS
        first, second = nlargest(2, total)
        if first - second > left / _TRIALS:
            break  # the trials that are left cannot change the winner
    best = max(range(len(total)), key=total.__getitem__)
    return known.languages[best] if total[best] > _LEAST else "unknown"


def _trial(draw: Draw, rng: random.Random) -> list[tuple[int, float]]:
    """(language, probability) of those still in the race when one has won or the draws are used up."""
    weight = (_ALPHA + rng.gauss(0.0, 1.0) * _ALPHA_WIDTH) / _BASE
    first = zip(draw(), draw(), draw(), draw(), draw(), draw(), strict=True)
    products = [
        (weight + a) * (weight + b) * (weight + c) * (weight + d) * (weight + e) * (weight + f)
        for a, b, c, d, e, f in first
    ]
    total = sum(products)
    race = [(index, product / total) for index, product in enumerate(products) if product > total * _HOPELESS]
    for _ in range(5, _LIMIT, 5):
        if max(race, key=_probability)[1] > _CONVERGED:
            break
        a, b, c, d, e = draw(), draw(), draw(), draw(), draw()
        race = [
            (i, p * (weight + a[i]) * (weight + b[i]) * (weight + c[i]) * (weight + d[i]) * (weight + e[i]))
            for i, p in race
        ]
        total = sum([product for _, product in race])
        race = [(index, product / total) for index, product in race if product > total * _HOPELESS]
    return race


def _clean(text: str) -> str:
    """Without addresses, without Latin letters in a text of another script, letters folded, blanks single."""
    from langdetect.detector import Detector
    from langdetect.utils.ngram import NGram

    text = text[: 5 * MAX_CHARACTERS]
    if "://" in text:
        text = Detector.URL_RE.sub(" ", text)
    if "@" in text:
        text = Detector.MAIL_RE.sub(" ", text)
    if not text.isascii():
        text = NGram.normalize_vi(text)
    text = _BLANKS.sub(" ", text[:MAX_CHARACTERS])
    if not text.isascii() and 2 * len(_LATIN.findall(text)) < len(_OTHER.findall(text)):
        text = _LATIN.sub("", text)
    return _BLANKS.sub(" ", " " + text.translate(_characters))


def _draws(text: str, known: _Profiles, rng: random.Random) -> Draw | None:
    """A function that draws the shares of one of the text's known n-grams, each place alike; None if there is none."""

    def at(end: int, length: int) -> Shares | None:
        start = end - length
        if start < 0 or (end and text[end].isupper() and text[end - 1].isupper()):
            return None
        gram = text[start : end + 1]
        return known.shares(gram)

    pick = rng.random
    size = len(text)
    if sum(at(int(pick() * size), step % 3) is not None for step in range(_PROBES)) * 4 >= _PROBES:

        def anywhere() -> Shares:
            while True:
                place = int(pick() * size * 3)
                shares = at(place // 3, place % 3)
                if shares is not None:
                    return shares

        return anywhere
    # Within words in capitals langdetect sees nothing, so few places are left.
    ends = [end for end in range(1, size) if not (text[end].isupper() and text[end - 1].isupper())]
    found = (known.shares(text[end - length : end + 1]) for end in ends for length in range(min(end + 1, 3)))
    listed = [shares for shares in found if shares is not None]
    return (lambda: listed[int(pick() * len(listed))]) if listed else None
