"""Counts as people write them: `at least 300`, `300+`, `two or three`, `no more than a dozen`, `exactly once`."""

from __future__ import annotations

from dataclasses import dataclass

from skillrm.verifiers.constraints.phrases import Hit, Phrase

_BELOW_TWENTY = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_UNITS = tuple(_BELOW_TWENTY.split())
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SMALL = {word: number for number, word in enumerate(_UNITS)} | {word: 10 * n for n, word in enumerate(_TENS, 2)}
_ONE_WORD = "|".join(sorted(_SMALL, key=len, reverse=True))
_BELOW_HUNDRED = rf"(?:(?:{'|'.join(_TENS)})(?:[ -](?:{'|'.join(_UNITS[1:10])}))?|{_ONE_WORD})"
NUMBER = (
    rf"(?:[0-9]{{1,3}}(?:,[0-9]{{3}})+|[0-9]{{1,6}}|(?:a|{_BELOW_HUNDRED}) "
    rf"(?:hundred|thousand|dozen)(?: (?:and )?{_BELOW_HUNDRED})?|{_BELOW_HUNDRED})"
)
_RELATIONS = {
    "ge": r"at (?:the )?(?:very )?least|(?:no|not) (?:fewer|less|shorter) than|(?:a |the )?min(?:imum)?(?: "
    r"(?:length|total|count|number))?(?: of)?|min\.",
    "gt": r"(?:more|greater|longer|larger|higher) than|over|above|in excess of|exceed(?:s|ing)?|beyond|upwards of",
    "lt": r"(?:strictly )?(?:less|fewer|shorter|lower) than(?: a total of)?|under|below",
    "le": r"at (?:the )?(?:very )?most|(?:no|not) (?:more|longer|greater|larger) than|up to|(?:a |the "
    r")?max(?:imum)?(?: (?:length|total|count|number))?(?: of)?|max\.|within|limit(?:ed)? (?:of|to)",
    "eq": r"exactly|precisely|a total of exactly|only exactly",
    "about": r"about|around|approximately|approx\.?|roughly|nearly|almost|circa|some|another|these|those|the "
    r"(?:first|last|next|top)|first|last|next|top|every|each|per|any|than|as many as|half|my|his|her|their|of the|"
    r"first of|out of",
    "between": r"between|from|in the range of|anywhere between|anywhere from",
    "just": r"only|just|a total of",
}
_RELATION = "|".join(rf"(?P<{name}>{words})" for name, words in _RELATIONS.items())
_AFTER = (
    r"(?P<more> (?:or|and) (?:more|above|longer|over|greater)| at (?:the )?(?:very )?least| "
    r"(?:as a )?min(?:imum)?\b)|(?P<fewer> (?:or|and) (?:fewer|less|under|below|shorter)| at (?:the )?(?:very )?"
    r"most| (?:as a )?max(?:imum)?\b| tops)"
)
_NEGATED = Phrase(r"(?:\bnot|n't|\bnever|\bwithout|\bnothing|\bno|\bcannot|\bnor)(?: [\w']+){0,4} ?$")


_LIMITED = Phrase(r"\b(?:limit|restrict|cap|keep)\w*\b[^,;:.]* to (?:only |just )?$")
_FORBIDDEN = Phrase(r"\b<NOT> (?:\w+ ){0,2}$")
EACH_TIME = Phrase(r"^[\"'.,)]*(?: \w+)? (?:each|every|once per|in (?:each|every|the (?:first|last|title|second)))\b")


@dataclass(frozen=True, slots=True)
class Bound:
    """At least `low` and at most `high`; either may be open."""

    low: int | None = None
    high: int | None = None
    bare: bool = False
    """Only a number was given, without a word such as `exactly`."""

    @property
    def exact(self) -> bool:
        return self.low is not None and self.low == self.high

    def words(self, unit: str) -> str:
        """`at least 3 sentences`, for people."""
        low, high = self.low, self.high
        if low is not None and high is not None:
            number, phrase = high, f"exactly {high}" if low == high else f"between {low} and {high}"
        else:
            number = low if low is not None else high or 0
            phrase = f"at least {low}" if low is not None else f"at most {high}"
        return f"{phrase} {unit}" + ("" if number == 1 or unit.endswith("s") else "s")

    def official(self) -> tuple[tuple[str, int], ...]:
        """As the two relations of the official instructions: `at least` n, `less than` n."""
        found = [] if self.low is None else [("at least", self.low)]
        return tuple(found if self.high is None else [*found, ("less than", self.high + 1)])


def number_of(words: str) -> int | None:
    """The value of a numeral in digits or words, None when it is none."""
    text = words.lower().replace(",", "").strip()
    if text.isdecimal():
        return int(text)
    total = 0
    for word in text.replace("-", " ").split():
        if word in ("hundred", "thousand", "dozen"):
            total = max(total, 1) * {"hundred": 100, "thousand": 1000, "dozen": 12}[word]
        elif word in _SMALL:
            total += _SMALL[word]
        elif word not in ("a", "and"):
            return None
    return total or (0 if text == "zero" else None)


def counted(unit: str, *, between: str = "", end: str = r"\b") -> Phrase:
    """A count of `unit` (a pattern). Groups: the relation, a, b, plus, more, fewer, unit."""
    post = _AFTER
    return Phrase(
        rf"(?:^|[^\w$.,#-])(?:(?:{_RELATION}) )?(?P<a>{NUMBER})(?P<plus>\+)?"
        rf"(?P<early> or (?:more|above)| or (?:fewer|less))?(?:(?:\s*-\s*| to | and | or )(?P<b>{NUMBER}))?"
        rf"(?:\s*-\s*| ){between}(?P<unit>{unit}){end}(?:{post})?"
    )


def number_of_them(unit: str) -> Phrase:
    """The other way round: `the number of words should be at least 40`, `limit the number of words to 40`."""
    return Phrase(
        rf"\b(?:{unit})(?: (?:in|of) <THE> (?:<WHOLE> )?<GENRE>)?(?: <MUST>)? (?:be |have |to |is )?"
        rf"(?:{_RELATION}) (?P<a>{NUMBER})\b"
    )


TIMES = Phrase(
    rf"(?:^|[^\w$.,#-])(?:(?:{_RELATION}) )?(?:(?P<a>{NUMBER})(?P<plus>\+)?(?P<early> or (?:more|above)| or "
    rf"(?:fewer|less))?(?:(?:\s*-\s*| to | and | or )(?P<b>{NUMBER}))? "
    r"(?:different |separate )?(?P<unit>times?|occurrences?|instances?)|(?P<adverb>once|twice|thrice)"
    rf")\b(?:{_AFTER})?"
)


def bound_of(hit: Hit) -> Bound | None:
    """The bound a counted phrase states; None when it is vague (`about 300`) or makes no sense."""
    if "about" in hit:
        return None
    first = {"once": 1, "twice": 2, "thrice": 3}.get(hit["adverb"].lower()) if "adverb" in hit else number_of(hit["a"])
    if first is None:
        return None
    if "b" in hit:
        return _range(hit, first, number_of(hit["b"]))
    if "between" in hit:
        return None
    early = hit["early"].lower()
    if "plus" in hit or "more" in hit or "more" in early or "above" in early:
        return Bound(low=first) if not any(name in hit for name in ("lt", "le", "eq")) else None
    if "fewer" in hit or early:
        return Bound(high=first) if not any(name in hit for name in ("gt", "ge", "eq")) else None
    return _related(hit, first)


def _range(hit: Hit, low: int, high: int | None) -> Bound | None:
    related = [name for name in ("ge", "gt", "lt", "le") if name in hit]
    joined_by_and = " and " in hit.text[hit.groups["a"][1] : hit.groups["b"][0]]
    if high is None or high < low or related or (joined_by_and and "between" not in hit):
        return None
    return Bound(low, high)


def _related(hit: Hit, number: int) -> Bound | None:
    first_word = min((hit.groups[name][0] for name in _RELATIONS if name in hit), default=hit.start)
    negated = _NEGATED(hit.text[max(0, first_word - 40) : first_word])
    if "gt" in hit:
        return Bound(high=number) if negated else Bound(low=number + 1)
    if "lt" in hit:
        if negated:
            return Bound(low=number)
        return Bound(high=number - 1) if number >= 1 else None
    if negated:
        return None
    if "ge" in hit:
        return Bound(low=number)
    if "le" in hit:
        return Bound(high=number)
    if "eq" not in hit and _LIMITED(hit.text[: hit.groups["a"][0]]):
        return Bound(high=number)
    return Bound(number, number, bare="eq" not in hit)


def times_after(hit: Hit) -> tuple[Bound, int] | None:
    """The number of times that stands right after a hit (`... at least twice`), and where it ends in the sentence."""
    found = TIMES.hit(hit.text[hit.end : hit.end + 60])
    if found is None or found.text[: found.start].strip(" ,(") or EACH_TIME(found.text[found.end :]):
        return None
    bound = bound_of(found)
    if bound is None:
        return None
    if _FORBIDDEN(hit.text[: hit.start]):  # `do not use the word x more than twice`
        bound = Bound(high=bound.low - 1) if "gt" in found and bound.low else None
    if bound is None:
        return None
    if bound.bare and "just" not in found:  # `3 times` may mean exactly or at least: what both mean is sure
        bound = Bound(low=bound.low)
    return Bound(bound.low, bound.high), hit.end + found.end
