"""Letter case and language of the whole answer, and how many words stand in capitals."""

from __future__ import annotations

from collections.abc import Iterator

from skillrm.verifiers.constraints.directives import asked
from skillrm.verifiers.constraints.found import Found, official, place
from skillrm.verifiers.constraints.numbers import Bound, bound_of, counted, number_of_them, times_after
from skillrm.verifiers.constraints.phrases import Phrase
from skillrm.verifiers.constraints.reading import Page

_UPPER = r"(?:upper[ -]?case|capital(?:i[sz]ed)?|block capital)"
_LOWER = r"lower[ -]?cased?"
_ALL_UPPER = Phrase(
    r"(?:in |use |using )?(?:all|only|entirely|fully|completely|just)(?: in| of| use| using| write in)?"
    rf"[ -](?:the )?{_UPPER}(?: letters| characters)",
    rf"(?:in |use |using )?(?:all|entirely|fully|completely)(?: in)?[ -](?:{_UPPER}|caps|capitals)(?: only)?",
    rf"(?:only |just )?(?:in|use|using) (?:only )?{_UPPER}(?: letters)?(?: only| throughout)",
    rf"(?:only|just) (?:in |use |using )?(?:{_UPPER} letters|caps|capitals|upper[ -]?case)",
    rf"be (?:written )?in (?:{_UPPER}|caps|capitals)(?: letters)?",
    r"capitali[sz]e (?:every|each|all(?: of)?)(?: the| your)? (?:single )?letters?",
    r"(?:no|without(?: any| using(?: any)?)?|not (?:use|contain|include|have)(?: any)?|avoid(?: using)?(?: any)?|"
    rf"free of) {_LOWER}(?: letters?| characters?)?",
    r"(?:every|all|each)(?: the| of the| single)? (?:letters?|text|words)(?: in <THE> (?:<WHOLE> )?<GENRE>)?"
    rf" (?:<MUST> be|is|are) (?:in )?(?:all )?(?:capitali[sz]ed|{_UPPER}|capitals)",
)
_ALL_LOWER = Phrase(
    r"(?:in |use |using )?(?:all|only|entirely|fully|completely|just)"
    rf"(?: in| of| use| using| write in| with| contain)?[ -](?:the )?(?:english )?{_LOWER}(?: letters| characters)?",
    rf"(?:in|use|using|and|with) (?:english )?{_LOWER}(?: letters| characters)?(?: only| throughout)?",
    rf"{_LOWER} (?:letters )?only",
    rf"be {_LOWER}",
    r"(?:every|all|each)(?: the| of the| single)? (?:letters?|text|words)(?: in <THE> (?:<WHOLE> )?<GENRE>)?"
    rf" <MUST> be (?:in )?(?:all )?{_LOWER}",
    r"(?:no|without(?: any| using(?: any)?)?|zero|free of) (?:upper[ -]?case(?: letters?| characters?)?|capitals|"
    r"capital letters?|capitali[sz]ations?|capitali[sz]ed letters?)",
    r"<NOT> (?:use |using |contain |containing |include |including |have )?(?:any |a single |the use of )?"
    r"(?:upper[ -]?case letters?|upper[ -]?case|capital letters?|capitals|capitali[sz]ation)",
    r"not a single letter (?:in <THE> (?:<WHOLE> )?<ANSWER> )?(?:is|<MUST> be|may be|can be)"
    rf" (?:capitali[sz]ed|{_UPPER})",
    r"(?:capital|upper[ -]?case) letters are (?:not allowed|forbidden|prohibited)",
)
_NOT_WHOLE = Phrase(
    r"\b(?:words?|some|few|several|names?|titles?|headings?|headers?|headlines?|sections?|first letters?|acronyms?|"
    r"terms?|phrases?|keywords?|at least|initials?|letter of each|variables?|functions?|strings?|filenames?|code|"
    r"(?:characters?|lines?) in|labels?|persons?) (?:\w+ ){0,3}$"
)
_NOT_WHOLE_AFTER = Phrase(
    r"^(?: letters?)? (?:words?|(?:for|in) (?:the )?(?:titles?|emphasis|headings?|names?|each|some|key\w*|"
    r"important)|(?:title|heading|header|name|first)|at the (?:start|beginning)|when|if|to "
    r"(?:highlight|emphasi\w+)|at least|once|twice|letters? (?:at|in)"
    r" the|versions?|on the|letters? from|less than|more than|no more than|fewer than|vowels?)\b"
)
_CAPITALS = rf"(?:(?:in|with|of|using|are|be) )*(?:(?:all|only|full|the) )*(?:{_UPPER}(?: letters?)?|caps|capitals)"
_WORD = r"(?:words?|phrases?)(?: or (?:words?|phrases?))?"
_CAPITAL_WORDS = (
    counted(
        rf"{_WORD}(?: that are| written| which are)? {_CAPITALS}", between=r"(?:(?:such|different|unique|separate) )?"
    ),
    counted(r"words?"),
    counted(
        rf"(?:such )?(?:all[ -])?(?:caps|capitali[sz]ed|capital|upper[ -]?case) {_WORD}",
        between=r"(?:(?:such|different) )?",
    ),
)
_CAPITALS_FOR = Phrase(rf"\b(?:{_UPPER} letters|all caps|caps|upper[ -]?case) (?:for|in|on) ?$")
_CAPITALS_TOTAL = number_of_them(rf"number of {_WORD}(?: that are| written)? {_CAPITALS}")
_CAPITALS_TIMES = Phrase(
    rf"\b(?:{_WORD}(?: that are| written)? {_CAPITALS}|(?:all[ -])?(?:caps|capitali[sz]ed|capital|"
    rf"upper[ -]?case) {_WORD})(?: \((?:such as|like|e\.?g\.?)[^()]{{0,40}}\))?(?: <MUST>)?(?: appear\w*| be used| "
    r"used| occur\w*| show up)?(?: in <THE> (?:<WHOLE> )?\w+)?(?: for)?,?(?: |$)"
)
_FREQUENCY = "ifeval:change_case:capital_word_frequency"

_CODES = (
    "arabic:ar bengali:bn bulgarian:bg chinese:zh-cn croatian:hr czech:cs danish:da dutch:nl english:en estonian:et "
    "farsi:fa finnish:fi french:fr german:de greek:el gujarati:gu hebrew:he hindi:hi hungarian:hu indonesian:id "
    "italian:it japanese:ja kannada:kn korean:ko latvian:lv lithuanian:lt malayalam:ml mandarin:zh-cn marathi:mr "
    "nepali:ne norwegian:no persian:fa polish:pl portuguese:pt punjabi:pa romanian:ro russian:ru slovak:sk "
    "slovenian:sl spanish:es swahili:sw swedish:sv tagalog:tl tamil:ta telugu:te thai:th turkish:tr ukrainian:uk "
    "urdu:ur vietnamese:vi welsh:cy"
)
LANGUAGES = dict(pair.split(":") for pair in _CODES.split())
"""Names to the codes of the language identifier; only what it knows."""
_NAME_ONLY = rf"(?P<language>{'|'.join(LANGUAGES)})"
_NAME = rf"{_NAME_ONLY}(?: language)?"
_ONLY = r"(?:only|entirely|exclusively|completely|solely|strictly|fully|purely|just)"
_STOP = (
    r"(?:\s*[.,;:!)?\"]|\s*$| (?:only|and|but|or|about|using|without|that|because|for|why|how|please|where|to|no|"
    r"so|as)\b)"
)
_WRITE = r"(?:write|compose|create|draft|generate|give|tell|produce|make|provide|prepare)"
_IN_LANGUAGE = (
    Phrase(
        rf"\b{_WRITE}(?: me)? (?:an?|the|some|your|this) (?:[\w-]+ )*?"
        rf"<GENRE> [^.;:]{{0,60}}?in the {_NAME_ONLY} language{_STOP}"
    ),
    Phrase(
        rf"\b<ANSWER> <MUST> (?:be )?(?:a \w+ )?(?:(?:written|given|in full|provided|all|{_ONLY}) )*"
        rf"in (?:the |{_ONLY} )*{_NAME}{_STOP}"
    ),
    Phrase(
        r"\b(?:respond|answer|reply|write|speak|explain|describe|talk)"
        rf"(?: (?:to me|back|everything|it|this|<THE> (?:<WHOLE> )?<ANSWER>))?(?:,? {_ONLY})? (?:in|using|with)"
        rf" (?:the |{_ONLY} )*{_NAME}{_STOP}"
    ),
    Phrase(
        rf"\b{_ONLY}(?: in| use| using| the| with| speak| written)* {_NAME}(?:\s*[.,;:!)]|\s*$| "
        r"(?:in your|for|throughout|and|with|that|only|no)\b)"
    ),
    Phrase(rf"\b(?:use|using|in|be|with) (?:the )?{_NAME} only\b"),
    Phrase(rf"\b(?:in|with|use|using) (?:the |{_ONLY} )*{_NAME}[^.;:]{{0,24}}? no other languages?\b"),
    Phrase(
        rf"\b{_WRITE}(?: me)? (?:an?|the|some|your|this) (?:[\w-]+ )*?<GENRE> in (?:the )?"
        rf"{_NAME}(?:\s*[.,;:!]|\s*$| (?:about|on|with|that|and|for|using)\b)"
    ),
    Phrase(rf"\b{_WRITE}(?: me)? (?:an?|some|your) (?:[\w-]+ ){{0,2}}?{_NAME} <GENRE> (?:about|on|for)\b"),
    Phrase(
        rf"\b(?:be|is|{_ONLY}|written) (?:{_ONLY} )*in (?:the |{_ONLY} )*"
        rf"{_NAME}(?:\s*[.,;:!]|\s*$| (?:and|with|only)\b)"
    ),
)
_SOMEWHERE_IN = Phrase(rf"\bin (?:the |{_ONLY} )*{_NAME}{_STOP}")
_NO_OTHER = Phrase(r"\bno other languages?\b")
_IS_TOPIC = Phrase(
    r"\b(?:translat\w+|phrases?|words?|means?|called|said|sentences?|equivalent|titles?|names?|class|lessons?|"
    r"terms?|pronounc\w+|film|movie|book|speaks?|songs? (?:sung|written)"
    r"|versions?|quotes?|subtitles?|someone|person|people|characters?|student|teacher|exam|test) (?:[\w-]+ ){0,4}$"
)


def find(page: Page) -> Iterator[Found]:
    """Case and language of a page. The official case families demand English too: a foreign language rules them out."""
    languages = list(_languages(page))
    foreign = any(found.args["language"] != "en" for found in languages)
    frequencies = list(_capital_words(page))
    yield from frequencies
    yield from languages
    if not foreign:
        yield from _case(page, {(found.start, found.end) for found in frequencies})


def _case(page: Page, taken: set[tuple[int, int]]) -> Iterator[Found]:
    for name, phrase, text in (
        ("english_capital", _ALL_UPPER, "The response is in English and in capital letters only."),
        ("english_lowercase", _ALL_LOWER, "The response is in English and in lower case only."),
    ):
        for sentence, hit in asked(page, phrase, "", "whole"):
            before, after = hit.text[: hit.start], hit.text[hit.end :]
            start, end = sentence.start + hit.start, sentence.start + hit.end
            inside = any(start < b and a < end for a, b in taken)
            if inside or _NOT_WHOLE(before[-60:]) or _NOT_WHOLE_AFTER(after[:40]):
                continue
            yield Found(f"ifeval:change_case:{name}", text, start, end, slot="case")


def _capital_words(page: Page) -> Iterator[Found]:
    for phrase in _CAPITAL_WORDS:
        for sentence, hit in asked(page, phrase, "cap"):
            bound = bound_of(hit)
            named = phrase is not _CAPITAL_WORDS[1] or _CAPITALS_FOR(hit.text[: hit.start + 1])
            if bound is not None and named:
                yield from _frequency(bound, place(sentence, hit))
    for sentence, hit in asked(page, _CAPITALS_TOTAL, "cap"):
        if total := bound_of(hit):
            yield from _frequency(total, (sentence.start + hit.start, sentence.start + hit.end))
    for sentence, hit in asked(page, _CAPITALS_TIMES, "cap"):
        counted_times = times_after(hit)
        if counted_times is not None:
            bound, end = counted_times
            yield from _frequency(bound, (sentence.start + hit.start, sentence.start + end))


def _frequency(bound: Bound, at: tuple[int, int]) -> Iterator[Found]:
    bound = Bound(low=bound.low) if bound.bare else bound
    base = Found(_FREQUENCY, "The response has {} in all capital letters.", *at, slot=_FREQUENCY)
    yield from official(base, bound, "word", ("capital_relation", "capital_frequency"))


def _languages(page: Page) -> Iterator[Found]:
    exclusive = (_SOMEWHERE_IN,) if _NO_OTHER(page.masked) else ()
    for phrase in (*_IN_LANGUAGE, *exclusive):
        for sentence, hit in asked(page, phrase, "", "whole"):
            start, end = hit.groups["language"]
            if _IS_TOPIC(hit.text[max(0, start - 60) : start]):
                continue
            name = page.words(sentence.start + start, sentence.start + end)
            yield Found(
                "ifeval:language:response_language",
                f"The response is in {name.capitalize()}.",
                sentence.start + hit.start,
                sentence.start + end,
                {"language": LANGUAGES[name.lower()]},
            )
