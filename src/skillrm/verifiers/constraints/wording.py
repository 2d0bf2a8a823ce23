"""Which words, letters and commas: what must occur, how often, and what must not."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydantic import JsonValue

from skillrm.verifiers.constraints.directives import asked
from skillrm.verifiers.constraints.found import Found
from skillrm.verifiers.constraints.lengths import official
from skillrm.verifiers.constraints.numbers import TIMES, Bound, bound_of
from skillrm.verifiers.constraints.phrases import Hit, Phrase
from skillrm.verifiers.constraints.reading import Page, Sentence

_NOUN = (
    r"(?:exact |following |specific )?(?:key ?words?|words?|phrases?|terms?|names?|expressions?)(?: or (?:key "
    r"?words?|words?|phrases?))?"
)
_LIST = r"(?P<list><QS>|<BARES>)"
_USE = (
    r"(?:includ(?:e|es|ing)|us(?:e|es|ing)|mention(?:s|ing)?|contain(?:s|ing)?|incorporat(?:e|es|ing)|"
    r"insert(?:s|ing)?|featur(?:e|es|ing))"
)
_SAY = (
    r"(?:includ(?:e|ing)|us(?:e|ing)|mention(?:ing)?|contain(?:ing)?|say(?:ing)?|utter(?:ing)?|writ(?:e|ing)|"
    r"employ(?:ing)?)"
)
_NEVER = (
    r"(?:do not|don't|does not|doesn't|must not|should not|shouldn't|mustn't|can't|cannot|can not|never|not|n't|"
    r"without|avoid|refrain from|nor)"
)
_OFFICIAL_COMMA = "ifeval:punctuation:no_comma"
_NO_COMMA = (
    Phrase(
        r"\b(?:no|without(?: (?:any|using(?: any)?|the use of(?: any)?|including(?: any)?))?|zero|free of|"
        r"avoid(?:ing)?(?: (?:using|the use of))?(?: any| all)?) commas?\b"
    ),
    Phrase(
        r"\b(?:do not|don't|doesn't|does not|must not|mustn't|should not|shouldn't|can't|cannot|can not|never|"
        r"not allowed to|refrain from|avoid|without|not|are not to) "
        r"(?:use|using|include|including|contain|containing|have|having|employ|add|put|insert|write) (?:any |a |"
        r"a single |even one |the use of )?commas?\b"
    ),
)
_COMMA_IS_PART = Phrase(
    r"^[ -]*(?:separated|splice|delimited|between|before|after|in (?:the|your) (?:first|title|names?|list|"
    r"numbers?))\b"
)

_MUST_HAVE = Phrase(
    rf"\b(?:{_USE}|with (?:these|the following)) (?:all |each )?(?:of )?(?:the |these |this |both )?{_NOUN}(?: "
    rf"of)?\s*:? ?\(?{_LIST}"
)
_ITEMS = Phrase(
    r"\b(?:includ(?:e|es|ing)|mention) (?:all )?(?:of )?(?:the|these) (?:following )?(?:items|elements|names|"
    r"terms)\s*: (?P<list><QS>|<BARES>)"
)
_QUOTED_ONLY = Phrase(r"\b(?:mention|say|use) (?P<list><QS>)")
_MUST_NOT = Phrase(
    rf"\b{_NEVER} (?:ever |actually )?(?:{_SAY} )?(?:any of |either of )?(?:the |these |those |this "
    rf")?{_NOUN}(?: like)?\s*:? ?\(?{_LIST}"
)
_MUST_NOT_QUOTED = Phrase(rf"\b{_NEVER} (?:ever )?(?:{_SAY} )(?:either |the )?(?P<list><QS>)")
_AVOID_QUOTED = Phrase(r"\bavoid (?:the use of |the )?(?P<list><QS>)")
_FREQUENT = Phrase(
    rf"\b(?:the )?{_NOUN} (?P<list><Q>|[A-Za-z][\w'-]*)(?P<gap>(?: (?:must|should|to|needs to|has to|shall|will))?"
    r"(?: (?:appears?|appearing|occurs?|be used|be mentioned|is used|be included|shows? up|used|mentioned|be "
    r"present|be repeated|repeated|appeared|show up))?"
    r"(?: in (?:the|your|my|this)(?: entire| whole)? \w+)?(?: for)?),?(?: |$)"
)
_FREQUENT_QUOTED = Phrase(
    r"\b(?:mention(?:ing)?|use|using|say|repeat|include|including) (?P<list><Q>)(?P<gap>(?: in (?:the|your|my|"
    r"this)(?: entire| whole)? \w+)?(?: for)?),?(?: |$)"
)
_LETTER = Phrase(
    r"\bletter (?P<list><Q>|[A-Za-z#!])(?P<gap>(?: (?:must|should|to|needs to|has to|shall|will))?"
    r"(?: (?:appears?|appearing|occurs?|be used|is used|be included|shows? up|used|be present|show up|present))?"
    r"(?: in (?:the|your|my|this)(?: entire| whole)? \w+)?(?: for)?),?(?: |$)"
)
_NO_LETTER = Phrase(
    rf"\b{_NEVER} (?:{_SAY} )?(?:the )?letter (?P<list><Q>|[A-Za-z])(?: (?:anywhere|at all|whatsoever|in|"
    rf"throughout)\b|[.,;!]|\s*$)"
)
_FREQUENCY = "ifeval:keywords:frequency"
_EACH_TIME = Phrase(r"^[\"'.,)]*(?: \w+)? (?:each|every|once per|in (?:each|every|the (?:first|last|title|second)))\b")
_ORDINARY = (
    "a an the of in for with to and or that which count limit length choice order types type games processing "
    "you i it is are per "
    "from such as like in-between your my his her their problem only at least most more than exactly instead "
    "about used using "
    "may can should must will below above listed provided given related words word describing starting ending "
    "beginning whose "
    "when where if so but by on not this these those any all some no each every search bank list lists"
)
_NOT_WORDS = frozenset(_ORDINARY.split())
_SPLITTER = re.compile(r"\s*(?:,\s*(?:and|or|nor)?|\band\b|\bor\b|\bnor\b|;|\n)\s*", re.IGNORECASE)


def find(page: Page) -> Iterator[Found]:
    """Commas, keywords, forbidden words, and frequencies of words and letters."""
    yield from _commas(page)
    taken: list[tuple[int, int]] = []
    for found in (*_letters(page), *_frequencies(page)):
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


def _commas(page: Page) -> Iterator[Found]:
    for phrase in _NO_COMMA:
        for sentence, hit in asked(page, phrase, "comma", "whole"):
            if not _COMMA_IS_PART(hit.text[hit.end : hit.end + 30]):
                at = sentence.start + hit.start, sentence.start + hit.end
                yield Found(_OFFICIAL_COMMA, "The response contains no commas.", *at)


def _letters(page: Page) -> Iterator[Found]:
    name = "ifeval:keywords:letter_frequency"
    for sentence, hit in asked(page, _NO_LETTER, "letter"):
        yield from _counted(name, page, sentence, hit, Bound(high=0), hit.end)
    for sentence, hit in asked(page, _LETTER, "letter"):
        times = _times(hit)
        if times is not None:
            yield from _counted(name, page, sentence, hit, *times)


def _frequencies(page: Page) -> Iterator[Found]:
    for phrase, cue in ((_FREQUENT, ""), (_FREQUENT_QUOTED, '"')):
        for sentence, hit in asked(page, phrase, cue):
            times = _times(hit)
            if times is not None:
                yield from _counted(_FREQUENCY, page, sentence, hit, *times)


def _times(hit: Hit) -> tuple[Bound, int] | None:
    """The count that stands right after the word, and where it ends."""
    start = hit.end
    found = TIMES.hit(hit.text[start : start + 60])
    if found is None or found.text[: found.start].strip(" ,(") or _EACH_TIME(found.text[found.end :]):
        return None
    bound = bound_of(found)
    if bound is None:
        return None
    if bound.bare and "just" in found:
        bound = Bound(bound.low, bound.high)
    elif bound.bare:  # `3 times` may mean exactly or at least: what both mean is sure
        bound = Bound(low=bound.low)
    return bound, start + found.end


def _counted(name: str, page: Page, sentence: Sentence, hit: Hit, bound: Bound, end: int) -> Iterator[Found]:
    named = values(page, sentence, hit)
    letters = name.endswith("letter_frequency")
    if letters:  # `i` and `a` are letters here, not ordinary words
        start, _ = hit.groups["list"]
        named = [page.words(sentence.start + start, sentence.start + hit.groups["list"][1]).strip("\"'“”‘’`., ")]
    if len(named) != 1 or not named[0] or (letters and len(named[0]) != 1):
        return
    word = named[0].lower()
    how_often = bound.words("time") if bound.high != 0 else "never"
    text = f'The {"letter" if letters else "word"} "{word}" occurs {how_often}.'
    at = sentence.start + hit.start, sentence.start + end
    args: dict[str, JsonValue] = {"letter" if letters else "keyword": word}
    keys = ("let_relation", "let_frequency") if letters else ("relation", "frequency")
    yield from official(name, bound, args, keys, text, at, f"{name}:{word}")


def _forbidden(page: Page) -> Iterator[Found]:
    seen: set[int] = set()
    for phrase in (_MUST_NOT, _MUST_NOT_QUOTED, _AVOID_QUOTED):
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
    for phrase in (_MUST_HAVE, _ITEMS):
        for sentence, hit in asked(page, phrase, ""):
            words = values(page, sentence, hit)
            start = sentence.start + hit.groups["list"][0]
            negated = Phrase(rf"\b{_NEVER} (?:\w+ )?$")(hit.text[: hit.start])
            if not words or start in seen or negated or _EACH_TIME(hit.text[hit.end : hit.end + 30]):
                continue
            seen.add(start)
            text = f"The response uses each of: {', '.join(words)}."
            listed: list[JsonValue] = [word.lower() for word in words]
            at = sentence.start + hit.start, sentence.start + hit.end
            yield Found("ifeval:keywords:existence", text, *at, {"keywords": listed}, f"required:{sorted(words)}")
