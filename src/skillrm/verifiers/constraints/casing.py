"""Letter case and language of the whole answer, and how many words stand in capitals."""

from __future__ import annotations

from collections.abc import Iterator

from skillrm.verifiers.constraints.directives import asked
from skillrm.verifiers.constraints.found import Found
from skillrm.verifiers.constraints.lengths import official, place
from skillrm.verifiers.constraints.numbers import TIMES, Bound, bound_of, counted
from skillrm.verifiers.constraints.phrases import Hit, Phrase
from skillrm.verifiers.constraints.reading import Page

_UPPER = r"(?:upper[ -]?case|capital(?:ized)?|block capital)"
_LOWER = r"(?:lower[ -]?case|small letters)"
_ALL_UPPER = Phrase(
    rf"\b(?:in (?:all|only|entirely|fully|completely|just) (?:{_UPPER}|caps|capitals)|all[ -](?:{_UPPER}|caps|"
    rf"capitals)|(?:only|just) (?:use |using |in |write in |with )?(?:all )?{_UPPER} letters|"
    rf"(?:use|using|in) (?:only )?{_UPPER} letters only|capitali[sz]e (?:every|each|all(?: of)?(?: the| your)?) "
    rf"(?:single )?letters?|(?:no|without(?: any)?|not (?:use|contain|include)(?: any)?|avoid(?: any)?) "
    rf"{_LOWER}(?: letters?| characters?)?\b|"
    rf"(?:every|all(?: the)?|each)(?: single)? letters? (?:in your (?:entire |whole )?(?:response|answer|reply) "
    rf")?(?:should|must|are to|need to|has to|have to) be (?:in )?(?:capitali[sz]ed|{_UPPER}|capitals)|(?:in|"
    rf"all) {_UPPER} only)(?: letters?)?\b"
)
_ALL_LOWER = Phrase(
    rf"\b(?:(?:in )?(?:all|only|entirely|fully|completely|just)(?: in)?[ -](?:use |using |in |write in |with "
    rf")?(?:all )?{_LOWER}|(?:use|using|in|and) {_LOWER} letters|in {_LOWER}(?: only)?|"
    rf"(?:use|using) {_LOWER} only|{_LOWER} letters only|(?:no|without(?: any)?|zero) (?:{_UPPER}(?: letters?| "
    rf"characters?)?|capitals|capitali[sz]ations?)|"
    rf"(?:do not|don't|must not|should not|not|never|avoid|cannot|can't) (?:use |using |contain |include |have |"
    rf"capitalize )?(?:any |a single )?(?:{_UPPER} letters?|capitals|capitalization)|"
    r"not a single letter (?:in your (?:entire |whole )?(?:response|answer|reply) )?(?:is|should be|may be|can "
    r"be|must be) capitali[sz]ed)(?: letters?)?\b"
)
_NOT_WHOLE = Phrase(
    r"\b(?:words?|some|few|several|names?|title|headings?|headers?|headlines?|sections?|first letters?|"
    r"acronyms?|terms?|phrases?|keywords?|at least|initials?|letter of each|start\w*|begin\w*|variables?|"
    r"functions?|strings?|filenames?|code|characters? in|lines? in|labels?|person) "
    r"(?:\w+ ){0,3}$"
)
_NOT_WHOLE_AFTER = Phrase(
    r"^(?: letters?)? (?:words?|for (?:the )?(?:title|emphasis|headings?|names?|each|some|key\w*|important)|"
    r"(?:title|heading|header|name|first)|at the (?:start|beginning)|when|if|to highlight|at least|once|twice|"
    r"letters? (?:at|in) the|versions?|on the|letters? from)\b"
)
_CAPITAL_WORDS = counted(
    r"(?:words?|phrases?|such (?:capitali[sz]ed )?words?|capitali[sz]ed words?|all[ -]caps? words?|words? or "
    r"phrases?)(?: or (?:words?|phrases?))?",
    between=r"(?:(?:such|different|of the) ){0,1}",
)
_IN_CAPITALS = Phrase(
    rf"\b(?:in|with|of|using|are|be|written in) (?:all|only|full) (?:{_UPPER}(?: letters?)?|caps|capitals)|all[ "
    rf"-]caps|capitali[sz]ed words\b"
)
_CAPITALS_TIMES = Phrase(
    rf"\b(?:words?|phrases?) (?:(?:in|with|of) )?(?:all |only )(?:{_UPPER}(?: letters?)?|caps|"
    rf"capitals)(?P<gap>[^.;:]{{0,40}}?) (?P<times>(?:at least|at most|no more than|less than|fewer than|more "
    rf"than|exactly|[0-9]|once|twice)[^.;:]{{0,30}})"
)
_FREQUENCY = "ifeval:change_case:capital_word_frequency"

LANGUAGES = {
    "arabic": "ar", "bengali": "bn", "bulgarian": "bg", "chinese": "zh-cn", "croatian": "hr", "czech": "cs",
    "danish": "da", "dutch": "nl", "english": "en", "estonian": "et", "farsi": "fa", "finnish": "fi", "french":
    "fr", "german": "de", "greek": "el", "gujarati": "gu", "hebrew": "he", "hindi": "hi", "hungarian": "hu",
    "indonesian": "id", "italian": "it", "japanese": "ja", "kannada": "kn", "korean": "ko", "latvian": "lv",
    "lithuanian": "lt", "malayalam": "ml", "mandarin": "zh-cn", "marathi": "mr", "nepali": "ne", "norwegian":
    "no", "persian": "fa", "polish": "pl", "portuguese": "pt", "punjabi": "pa", "romanian": "ro", "russian":
    "ru", "slovak": "sk", "slovenian": "sl", "spanish": "es", "swahili": "sw", "swedish": "sv", "tagalog": "tl",
    "tamil": "ta", "telugu": "te", "thai": "th", "turkish": "tr", "ukrainian": "uk", "urdu": "ur", "vietnamese":
    "vi", "welsh": "cy",
}  # fmt: skip
"""Names to the codes of the language identifier; only what it knows."""
_NAME = rf"(?P<language>{'|'.join(LANGUAGES)})"
_END = (
    r"(?: language)?(?:\s*[.,;:!)\"?]|\s*$| (?:only|and|but|or|about|with|using|without|that|because|language|"
    r"for|why|how|please|where|in|to|no|of|so|as)\b)"
)
_IN_LANGUAGE = (
    Phrase(
        rf"\b<ANSWER> (?:(?:must|should|has to|needs to|is to|shall|to|needs) )?(?:be )?(?:a \w+ "
        rf")?(?:(?:written|given|entirely|completely|fully|only|solely|in full|strictly|exclusively|provided|"
        rf"all) ){{0,3}}in (?:only |the |entirely |just )*{_NAME}{_END}"
    ),
    Phrase(
        rf"\b(?:respond|answer|reply|write|speak|explain|describe|talk)\b(?: (?:to me|back|your (?:entire |"
        rf"whole )?(?:response|answer|reply)|this|it|everything|the (?:response|answer|reply)))?(?:,? (?:only|"
        rf"entirely|completely|exclusively|solely|fully|strictly))? in (?:only |the |just )*{_NAME}{_END}"
    ),
    Phrase(
        rf"\b(?:only|entirely|exclusively|completely|solely)(?: in)?(?: (?:use|using|the|in|with)){{0,2}} "
        rf"{_NAME}(?: language)?(?:\s*[.,;:!)]|\s*$| (?:in your|language|for|throughout|and|with|that|only|no)\b)"
    ),
    Phrase(rf"\b(?:use|using|in|be|with) (?:the )?{_NAME}(?: language)? only\b"),
    Phrase(
        rf"\b(?:in|with|use|using) (?:only |entirely |completely |the )*(?:the )?{_NAME}(?: language)?,? (?:and "
        rf")?no other languages?\b"
    ),
    Phrase(
        rf"\b(?:write|compose|create|draft|generate|give me|tell me|tell|produce)(?: me)? (?:an?|the|some|your|"
        rf"this) (?:[\w-]+ ){{0,3}}<GENRE> in (?:the )?{_NAME}(?: language)?(?:\s*[.,;:!]|\s*$| (?:about|on|"
        rf"with|that|and|for|using)\b)"
    ),
    Phrase(
        rf"\b(?:be|is|in|entirely|completely|written) (?:entirely |completely |fully |only )*in (?:only "
        rf")?(?:the )?{_NAME}(?: language)?(?:\s*[.,;:!]|\s*$| (?:and|with|language|only)\b)"
    ),
)
_LANGUAGE_IS_TOPIC = Phrase(
    r"\b(?:translat\w+|phrases?|words?|means?|called|said|sentences?|equivalent|titles?|names?|class|lessons?|"
    r"terms?|pronounc\w+|film|movie|book|speaks?|songs? (?:sung|written)|versions?|quotes?|subtitles?) "
    r"(?:[\w-]+ ){0,4}$"
)


def find(page: Page) -> Iterator[Found]:
    """Case and language of a page. All-capitals and all-lower-case imply English, as the official checkers do."""
    languages = list(_languages(page))
    foreign = [found for found in languages if found.args["language"] != "en"]
    frequencies = list(_capital_words(page))
    cases = [] if foreign else list(_case(page, {(found.start, found.end) for found in frequencies}))
    yield from frequencies
    yield from cases
    yield from foreign


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
    for sentence, hit in asked(page, _CAPITAL_WORDS, "cap"):
        bound = bound_of(hit)
        capitals = _IN_CAPITALS.hit(hit.text[hit.end : hit.end + 45]) or "cap" in hit["unit"].lower()
        if bound is None or not capitals or (not isinstance(capitals, bool) and capitals.start > 12):
            continue
        yield from _frequency(bound, place(sentence, hit), sentence.start + len(hit.text))
    for sentence, hit in asked(page, _CAPITALS_TIMES, "cap"):
        times = TIMES.hit(hit["times"])
        bound = bound_of(times) if times else None
        if times is None or bound is None or times.start > 1:
            continue
        at = sentence.start + hit.start, sentence.start + hit.groups["times"][0] + times.end
        yield from _frequency(Bound(low=bound.low) if bound.bare else bound, at, at[1])


def _frequency(bound: Bound, at: tuple[int, int], end: int) -> Iterator[Found]:
    if bound.bare:
        bound = Bound(low=bound.low)
    text = f"The response has {bound.words('word')} in all capital letters."
    at = (at[0], max(at[1], min(end, at[1] + 40)))
    yield from official(_FREQUENCY, bound, {}, ("capital_relation", "capital_frequency"), text, at, _FREQUENCY)


def _languages(page: Page) -> Iterator[Found]:
    for phrase in _IN_LANGUAGE:
        for sentence, hit in asked(page, phrase, "", "whole"):
            start, end = hit.groups["language"]
            if _is_topic(hit, start):
                continue
            name = page.words(sentence.start + start, sentence.start + end)
            yield Found(
                "ifeval:language:response_language",
                f"The response is in {name.capitalize()}.",
                sentence.start + hit.start,
                sentence.start + end,
                {"language": LANGUAGES[name.lower()]},
            )


def _is_topic(hit: Hit, start: int) -> bool:
    return _LANGUAGE_IS_TOPIC(hit.text[max(0, start - 60) : start])
