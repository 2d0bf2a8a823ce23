"""Which words and letters: what must occur, how often, and what must not."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydantic import JsonValue

from skillrm.verifiers.constraints.directives import asked
from skillrm.verifiers.constraints.found import Found, official
from skillrm.verifiers.constraints.numbers import EACH_TIME, TIMES, Bound, bound_of, counted, times_after
from skillrm.verifiers.constraints.phrases import Hit, Phrase
from skillrm.verifiers.constraints.reading import Page, Sentence

_NOUN = (
    r"(?:exact |following |specific |given )*(?:key ?words?|words?|phrases?|terms?|names?|expressions?)"
    r"(?: or (?:key ?words?|words?|phrases?))?"
)
_LIST = r"(?P<list><QS>|<BARES>)"
_USE = (
    r"(?:includ(?:e|es|ing)|us(?:e|es|ing)|mention(?:s|ing)?|contain(?:s|ing)?|incorporat(?:e|es|ing)|"
    r"insert(?:s|ing)?|featur(?:e|es|ing))"
)
SAY = (
    r"(?:includ(?:e|ing)|us(?:e|ing)|mention(?:ing)?|contain(?:ing)?|say(?:ing)?|utter(?:ing)?|writ(?:e|ing)|"
    r"employ(?:ing)?|hav(?:e|ing)|add(?:ing)?)"
)
BANNED = (
    r"(?:<MUST> not (?:appear|be (?:used|mentioned|included|present))|(?:is|are) "
    r"(?:not allowed|forbidden|prohibited|banned)|cannot (?:appear|be used))"
)
_APPEAR = r"(?:appears?|appearing|occurs?|occurring|shows? up|(?:be |is )?(?:used|mentioned|included|present|repeated))"
_WHERE = r"(?: in <THE> (?:<WHOLE> )?\w+)?"
_MUST_HAVE = (
    Phrase(
        rf"\b(?:{_USE}|with(?: these| the following)) (?:all |each |both )?(?:of )?(?:the |these |this )?"
        rf"{_NOUN}(?: of)?\s*:? ?\(?{_LIST}"
    ),
    Phrase(rf"\bwith (?:the )?key ?words?\s*:? ?\(?{_LIST}"),
    Phrase(rf"\binclud(?:e|es|ing) (?:all )?(?:of )?(?:the|these) (?:following )?(?:items|elements)\s*: {_LIST}"),
    Phrase(
        rf"\b(?:the |both )?{_NOUN} {_LIST} (?:(?:must|should|has to|have to|needs? to) )?"
        rf"(?:all |both |each |also )?{_APPEAR}"
    ),
    Phrase(
        r"\b(?:add|(?:<MUST>|that) have|that has) (?:all |both )?(?:the |these )?(?:following )?"
        rf"(?:key ?words?|words) {_LIST}"
    ),
    Phrase(r"\b(?:include|use) (?P<list><QS>) as (?:the )?key ?words?"),
)
_MUST_NOT = (
    Phrase(
        rf"\b<NOT> (?:ever |actually )?(?:{SAY} )?(?:any of |either of )?(?:the |these |those |this |any )?"
        rf"{_NOUN}(?: like)?\s*:? ?\(?{_LIST}"
    ),
    Phrase(rf"\b(?:exclude|omit|leave out|ban) (?:the |these )?{_NOUN}\s*:? ?\(?{_LIST}"),
    Phrase(rf"\b<NOT> (?:ever )?(?:{SAY} )(?:either |the )?(?P<list><QS>)"),
    Phrase(r"\bavoid (?:the use of |the )?(?P<list><QS>)"),
    Phrase(rf"\b(?:the )?{_NOUN} {_LIST} {BANNED}"),
)
_FREQUENT = (
    Phrase(rf"\b(?:the )?{_NOUN} (?P<list><Q>|[A-Za-z][\w'-]*)(?: <MUST>)?(?: {_APPEAR})?{_WHERE}(?: for)?,?(?: |$)"),
    Phrase(rf"\b(?:mention(?:ing)?|use|using|say|repeat|includ(?:e|ing)) (?P<list><Q>){_WHERE}(?: for)?,?(?: |$)"),
    Phrase(
        rf"(?:^|[,;:]| and | sure| that| ensure| have| with) ?(?P<list><Q>)(?: <MUST>)? {_APPEAR}{_WHERE}(?: for)?"
        r",?(?: |$)"
    ),
)
_OCCURRENCES = counted(rf"(?:occurrences?|instances?|uses?|mentions?) of (?:the )?(?:{_NOUN} )?(?P<list><Q>)", end="")
_LETTER = Phrase(rf"\bletter (?P<list><Q>|[A-Za-z#!])(?: <MUST>)?(?: {_APPEAR})?{_WHERE}(?: for)?,?(?: |$)")
_LETTERS = counted(
    r"(?:occurrences?|instances?|uses?|times?)? ?(?:of )?(?:the )?letters? (?P<list><Q>|[A-Za-z])(?:'s|s)?"
)
_NO_LETTER = Phrase(
    rf"\b(?:<NOT> (?:{SAY} )?|no )(?:the )?letters? (?P<list><Q>|[A-Za-z])(?:'s)?"
    r"(?: (?:anywhere|at all|whatsoever|in|throughout)\b|[.,;!]|\s*$)"
)
_FREQUENCY = "ifeval:keywords:frequency"
_ODD_PLACE = Phrase(r"^ (?:most|more|less|often|before|after|next|above|below|first|last|only|rarely)\b")
_NEGATED = Phrase(r"\b<NOT> (?:\w+ )?$")
_ORDINARY = (
    "a an the of in for with to and or that which count limit length choice order types type games processing you "
    "i it is are per from such as like in-between your my his her their problem only at least most more than "
    "exactly instead about used using may can should must will below above listed provided given related words "
    "word describing starting ending beginning whose when where if so but by on not this these those any all some "
    "no each every search bank list lists before after while other during until then"
)
_NOT_WORDS = frozenset(_ORDINARY.split())
_SPLITTER = re.compile(r"\s*(?:,\s*(?:and|or|nor)?|\band\b|\bor\b|\bnor\b|;|\n)\s*", re.IGNORECASE)


def find(page: Page) -> Iterator[Found]:
    """Keywords, forbidden words, and frequencies of words and letters."""
    taken: list[tuple[int, int]] = []
    for found in (*_letters(page), *_frequencies(page), *_occurrences(page)):
        taken.append((found.start, found.end))
        yield found
    for found in _forbidden(page):
        taken.append((found.start, found.end))
        yield found
    for found in _required(page):
        if not any(start < found.end and found.start < end for start, end in taken):
            yield found


def values(page: Page, sentence: Sentence, hit: Hit, group: str = "list") -> list[str]:
    """The words a value names: each quoted one, else a plain list up to its first ordinary word."""
    start, end = hit.groups[group]
    masked, verbatim = hit.text[start:end], page.words(sentence.start + start, sentence.start + end)
    if masked.startswith('"'):
        spans = [match.span() for match in re.finditer('"\x01+', masked)]
        return [verbatim[a + 1 : b].strip(" .,") for a, b in spans]
    words = []
    for piece in _SPLITTER.split(verbatim):
        if not piece or piece.lower() in _NOT_WORDS:
            break
        words.append(piece)
    return words


def _letters(page: Page) -> Iterator[Found]:
    name = "ifeval:keywords:letter_frequency"
    for sentence, hit in asked(page, _NO_LETTER, "letter"):
        yield from _counted(name, page, sentence, hit, Bound(high=0), hit.end)
    for sentence, hit in asked(page, _LETTERS, "letter"):
        bound = bound_of(hit)
        if bound is not None and "'" not in hit["list"]:
            yield from _counted(name, page, sentence, hit, Bound(low=bound.low) if bound.bare else bound, hit.end)
    for sentence, hit in asked(page, _LETTER, "letter"):
        times = times_after(hit)
        if times is not None:
            yield from _counted(name, page, sentence, hit, *times)


def _frequencies(page: Page) -> Iterator[Found]:
    for phrase in _FREQUENT:
        for sentence, hit in asked(page, phrase, ""):
            times = times_after(hit)
            if times is not None:
                yield from _counted(_FREQUENCY, page, sentence, hit, *times)


def _occurrences(page: Page) -> Iterator[Found]:
    for sentence, hit in asked(page, _OCCURRENCES, "of"):
        bound = bound_of(hit)
        if bound is not None:
            yield from _counted(_FREQUENCY, page, sentence, hit, Bound(low=bound.low) if bound.bare else bound, hit.end)


def _counted(name: str, page: Page, sentence: Sentence, hit: Hit, bound: Bound, end: int) -> Iterator[Found]:
    named = values(page, sentence, hit)
    letters = name.endswith("letter_frequency")
    if letters:  # `i` and `a` are letters here, not ordinary words
        start, _ = hit.groups["list"]
        named = [page.words(sentence.start + start, sentence.start + hit.groups["list"][1]).strip("\"'“”‘’`., ")]
    if len(named) != 1 or not named[0] or (letters and len(named[0]) != 1):
        return
    word = named[0].lower()
    kind = "letter" if letters else "keyword"
    at = sentence.start + hit.start, sentence.start + end
    text = f'The {"letter" if letters else "word"} "{word}" occurs {{}}.'
    base = Found(name, text, *at, {kind: word}, f"{name}:{word}")
    yield from official(
        base, bound, "time", ("let_relation", "let_frequency") if letters else ("relation", "frequency")
    )


def _forbidden(page: Page) -> Iterator[Found]:
    seen: set[int] = set()
    for phrase in _MUST_NOT:
        for sentence, hit in asked(page, phrase, ""):
            words = values(page, sentence, hit)
            start = sentence.start + hit.groups["list"][0]
            if not words or start in seen or TIMES.hit(hit.text[hit.end : hit.end + 25]):
                continue
            seen.add(start)
            text = f"The response uses none of: {', '.join(words)}."
            listed: list[JsonValue] = [word.lower() for word in words]
            at = sentence.start + hit.start, sentence.start + hit.end
            yield Found(
                "ifeval:keywords:forbidden_words", text, *at, {"forbidden_words": listed}, f"forbidden:{sorted(words)}"
            )


def _required(page: Page) -> Iterator[Found]:
    seen: set[int] = set()
    for phrase in _MUST_HAVE:
        for sentence, hit in asked(page, phrase, ""):
            words = values(page, sentence, hit)
            start = sentence.start + hit.groups["list"][0]
            negated = _NEGATED(hit.text[: hit.start])
            after = hit.text[hit.end : hit.end + 30]
            if not words or start in seen or negated or EACH_TIME(after) or _ODD_PLACE(after):
                continue
            seen.add(start)
            text = f"The response uses each of: {', '.join(words)}."
            listed: list[JsonValue] = [word.lower() for word in words]
            at = sentence.start + hit.start, sentence.start + hit.end
            yield Found("ifeval:keywords:existence", text, *at, {"keywords": listed}, f"required:{sorted(words)}")
