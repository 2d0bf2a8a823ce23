"""How long: words, sentences, bullets and characters."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import JsonValue

from skillrm.verifiers.constraints.directives import asked
from skillrm.verifiers.constraints.found import Found, official, place
from skillrm.verifiers.constraints.numbers import NUMBER, Bound, bound_of, counted, number_of, number_of_them
from skillrm.verifiers.constraints.phrases import Hit, Phrase
from skillrm.verifiers.constraints.reading import Page

_WORDS = counted(r"words?")
_WORD_COUNT = Phrase(
    r"(?:(?P<max>max(?:imum)? )|(?P<min>min(?:imum)? ))?word[ -](?:(?P<limit>limit)|count|length)"
    r"(?: (?:of|is|must be|should be|to be|at|to|should not|must not))*"
    r"\s?:? (?:(?P<ge>at least|no less than|minimum|over|above)|(?P<le>at most|no more than|under|below|exceed|"
    rf"within|maximum) )?(?P<a>{NUMBER})(?: words)?\b"
)
_N_WORD_LIMIT = Phrase(rf"\b(?P<a>{NUMBER})[ -]words?[ -](?:(?P<le>limit|maximum|max|cap)|(?P<ge>minimum|min))\b")
NOT_A_LENGTH = Phrase(
    r"^(?: (?:or (?:phrases?|expressions?)|that|which|who|of (?:the|your|his|her|wisdom)|from|starting|beginning|"
    r"ending|containing|related|such as|like|rhym\w+|describing|to (?:describe|highlight|use|express|explain)"
    r"|(?:in|with|using) (?:all |only )?(?:bold|italics?|capital|caps|upper|lower|the letter|letters)"
    r"|explaining|per|apart|ago)\b|\s*[:=/(]\s*[\x01\"])"
)
_TOTAL_WORDS = number_of_them(r"(?:total )?number of words|word count|length in words")
_TOTAL_SENTENCES = number_of_them(r"(?:total )?number of sentences|sentence count")
_PIECES = Phrase(r"\b(?:include|add|mention|highlight|bold|italici[sz]e|insert|with at least|contain\w*)\b")
_SHORT_THING = Phrase(
    r"\b(?:names?|titles?|slogans?|taglines?|nicknames?|headlines?|captions?|usernames?|passwords?|hashtags?|"
    r"phrases?|labels?|keywords?|queries|query)\b[^,;:.]*$"
)
_NOTHING_BEFORE = Phrase(r"^\W*(?:please |and |but |also )*(?:use|write|give|have)?\W*$")
_NOTHING_OF_IT_AFTER = Phrase(r"^[ .!;)]*(?:$|,|and\b|but\b)")
_FEW = 20
"""Fewer words than this may be words to be included, not a length."""
_OWN_LENGTH = Phrase(
    r"\b(?:response|answer|reply|essay|story|long|length|write|respond|describe|explain|recommend|summari[sz]e|discuss)\b"
)
_SENTENCES = counted(r"sentences?", between=r"(?:(?:short|long|complete|full|simple|very|concise|brief|total) ){0,2}")
_BULLETS = counted(
    r"bullets|bullet[ -]?points?|bulleted (?:points|items)",
    between=r"(?:(?:short|very|markdown|main|key|concise|brief|clear|distinct|detailed) ){0,2}",
)
_AS_BULLETS = counted(r"[\w' -]{2,60}? (?:in|using|as|with|in the form of) (?:markdown )?bullet(?:ed)?[ -]?points")
_CHARACTERS = counted(r"characters?")
_ABOUT = Phrase(r"^ (?:about|on|explaining|describing|for)\b")
_AS_LENGTH = Phrase(
    r"\b(?:in|into|to|use|using|limit\w*|contain\w*|have|has|is|be|includ\w+|consists? of|with)"
    r" ?(?:only|just|a total of)?\s*$"
)


def find(page: Page) -> Iterator[Found]:
    """Every length constraint of a page, in no particular order."""
    yield from _words(page)
    yield from _sentences(page)
    yield from _bullets(page)
    yield from _characters(page)


def _words(page: Page) -> Iterator[Found]:
    name = "ifeval:length_constraints:number_words"
    found: list[tuple[tuple[int, int], Bound]] = []
    for sentence, hit in asked(page, _WORDS, "word", "whole"):
        bound = bound_of(hit)
        if bound is not None and not bound.bare and _measures_words(hit, bound):
            found.append((place(sentence, hit), bound))
    for sentence, hit in asked(page, _TOTAL_WORDS, "word", "whole"):
        if total := bound_of(hit):
            found.append(((sentence.start + hit.start, sentence.start + hit.end), total))
    for phrase in (_WORD_COUNT, _N_WORD_LIMIT):
        for sentence, hit in asked(page, phrase, "word", "whole"):
            number = number_of(hit["a"])
            if number is None:
                continue
            if "min" in hit or "ge" in hit:
                found.append((place(sentence, hit), Bound(low=number)))
            elif "max" in hit or "le" in hit or "limit" in hit:
                found.append((place(sentence, hit), Bound(high=number)))
    for at, bound in found:
        base = Found(name, "The response has {}.", *at, slot=name)
        yield from official(base, bound, "word", ("relation", "num_words"))


def _alone(hit: Hit) -> bool:
    """It is a demand of its own: `Use at least 8 words and no commas.`"""
    return _NOTHING_BEFORE(hit.text[: hit.start + 1]) and _NOTHING_OF_IT_AFTER(hit.text[hit.end :])


def _measures_words(hit: Hit, bound: Bound) -> bool:
    """Whether the count is the length of a text and not a number of particular words or of word-long things."""
    if "just" in hit or NOT_A_LENGTH(hit.text[hit.end : hit.end + 40]):
        return False
    if _SHORT_THING(hit.text[max(0, hit.start - 90) : hit.start + 1]):
        return False
    small = bound.low is not None and bound.low < _FEW and not bound.exact and not _alone(hit)
    if small and (_PIECES(hit.text[: hit.start]) or not _OWN_LENGTH(hit.text)):
        return False
    ranged = "b" in hit or "plus" in hit or 1 in (bound.low, bound.high)
    return ranged or hit["unit"].lower() != "word"  # `at least 3 word titles`


def _sentences(page: Page) -> Iterator[Found]:
    name = "ifeval:length_constraints:number_sentences"
    for phrase in (_SENTENCES, _TOTAL_SENTENCES):
        for sentence, hit in asked(page, phrase, "sentence", "whole"):
            bound = bound_of(hit)
            if bound is None or NOT_A_LENGTH(hit.text[hit.end : hit.end + 40]) or not measures(hit, bound):
                continue
            base = Found(name, "The response has {}.", *place(sentence, hit), slot=name)
            yield from official(base, bound, "sentence", ("relation", "num_sentences"))


def measures(hit: Hit, bound: Bound) -> bool:
    """A bare `three sentences` measures only as `in three sentences`; after `include` it is a piece of the answer."""
    before = hit.text[: hit.groups["a"][0]]
    if not bound.bare:
        return not (_PIECES(before[-60:]) and _ABOUT(hit.text[hit.end :]))
    lead = hit.text[hit.start : hit.groups["a"][0]].strip(" ,(").lower()
    return lead in ("", "only", "just", "a total of") and _AS_LENGTH(before)


def measured(unit: str, bound: Bound, text: str, at: tuple[int, int]) -> Iterator[Found]:
    """A length that no official family measures, for `structure:length`."""
    args: dict[str, JsonValue] = {"unit": unit}
    if bound.low is not None:
        args["min"] = bound.low
    if bound.high is not None:
        args["max"] = bound.high
    side = "low" if bound.high is None else "high" if bound.low is None else ""
    number = bound.high if bound.low is None else bound.low
    yield Found("structure:length", text, *at, args, f"length:{unit}", side, number)


def _bullets(page: Page) -> Iterator[Found]:
    for phrase in (_BULLETS, _AS_BULLETS):
        for sentence, hit in asked(page, phrase, "bullet", "whole"):
            bound = bound_of(hit)
            if (
                bound is None
                or (phrase is _AS_BULLETS and not bound.exact)
                or (bound.bare and _ABOUT(hit.text[hit.end :]))
            ):
                continue
            text, at = f"The response has {bound.words('bullet point')}.", place(sentence, hit)
            if bound.exact:
                name = "ifeval:detectable_format:number_bullet_lists"
                yield Found(name, text, *at, {"num_bullets": bound.low}, "length:bullets")
            else:
                yield from measured("bullets", bound, text, at)


def _characters(page: Page) -> Iterator[Found]:
    for sentence, hit in asked(page, _CHARACTERS, "character", "whole"):
        bound = bound_of(hit)
        number = bound and (bound.low or bound.high)
        if bound is None or not number or number < 40 or bound.bare:
            continue
        text = f"The response has {bound.words('character')}."
        yield from measured("characters", bound, text, place(sentence, hit))
