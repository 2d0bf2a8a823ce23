"""Which language a text is in: langdetect's method and profiles, made deterministic, thread-safe and quick.

langdetect (Shuyo's language-detection) multiplies up the probabilities of character n-grams drawn at random until one
language stands out, seven times. Its draws are unseeded, and it lists every n-gram of the text first. Here the draws
are seeded, and a draw picks a place in the text and is repeated where no known n-gram stands: the same distribution
without the list. Probabilities are kept per language that has the n-gram; the factor all others share cancels out.
Cleaning and normalisation of characters are langdetect's own functions.
"""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from threading import Lock
from typing import Any

MAX_CHARACTERS = 10_000
"""langdetect reads no more of a text; neither do we, so that the time is bounded."""
_TRIALS, _LIMIT, _CONVERGED, _LEAST = 7, 1000, 0.99999, 0.1
_ALPHA, _ALPHA_WIDTH, _BASE = 0.5, 0.05, 10_000
_FEW = 60
"""Under so many places the n-grams are listed instead of drawn for."""
_LATIN = re.compile(r"[A-z]")
_OTHER = re.compile(r"[\u0300-\u1dff\u1f00-\U0010ffff]")
_BLANKS = re.compile(r"  +")
_lock = Lock()

Shares = tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class _Profiles:
    languages: tuple[str, ...]
    grams: dict[str, Shares]
    """n-gram -> (language index, its share among that language's n-grams of this length)."""


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
    return _Profiles(tuple(languages), {gram: tuple(shares) for gram, shares in grams.items()})


def profiles() -> _Profiles:
    """The profiles, read once per process."""
    with _lock:
        return _load()


def identify(text: str) -> str | None:
    """The most probable language as langdetect names it (`en`, `zh-cn`), `unknown` if none is at least 0.1 probable.

    None when the text holds no known n-gram (digits, signs). Same text, same answer.
    """
    known = profiles()
    clean = _clean(text)
    rng = random.Random(0)
    draw = _draws(clean, known.grams, rng)
    if draw is None:
        return None
    total = [0.0] * len(known.languages)
    for _ in range(_TRIALS):
        for index, probability in enumerate(_trial(draw, len(total), rng)):
            total[index] += probability / _TRIALS
    best = max(range(len(total)), key=total.__getitem__)
    return known.languages[best] if total[best] > _LEAST else "unknown"


def _trial(draw: Any, count: int, rng: random.Random) -> list[float]:
    weight = (_ALPHA + rng.gauss(0.0, 1.0) * _ALPHA_WIDTH) / _BASE
    probabilities = [1.0 / count] * count
    for step in range(_LIMIT + 1):
        for index, share in draw():
            probabilities[index] *= 1.0 + share / weight
        if step % 5 == 0:
            total = sum(probabilities)
            probabilities = [probability / total for probability in probabilities]
            if max(probabilities) > _CONVERGED:
                break
    return probabilities


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


def _draws(text: str, grams: dict[str, Shares], rng: random.Random) -> Any:
    """A function that draws one n-gram's shares, uniformly over the text's known n-grams; None if there is none."""
    places = 3 * len(text)
    pick = rng.random

    def at(place: int) -> Shares | None:
        end, length = divmod(place, 3)
        start = end - length
        if start < 0 or (end and text[end].isupper() and text[end - 1].isupper()):
            return None
        gram = text[start : end + 1]
        return None if gram == " " else grams.get(gram)

    def by_place() -> Shares:
        while True:
            shares = at(int(pick() * places))
            if shares is not None:
                return shares

    probe = sum(at(int(pick() * places)) is not None for _ in range(_FEW)) if places > _FEW else 0
    if 4 * probe >= _FEW:
        return by_place
    listed = [shares for place in range(places) if (shares := at(place)) is not None]
    return (lambda: listed[int(pick() * len(listed))]) if listed else None
