"""What stands in the answer: title, highlights, placeholders, sections, JSON, postscript."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydantic import JsonValue

from skillrm.verifiers.constraints.directives import asked
from skillrm.verifiers.constraints.found import Found, place
from skillrm.verifiers.constraints.numbers import bound_of, counted
from skillrm.verifiers.constraints.phrases import Hit, Phrase
from skillrm.verifiers.constraints.reading import Page, Sentence

_TITLE = (
    Phrase(
        r"\b(?:title|name|heading)s?\b[^.;]{0,60}?\b(?:in|with|by|using|within|inside) (?:double )?"
        r"(?:angular|angle) brackets?"
    ),
    Phrase(
        r"\b(?:wrapped|enclosed|wrap|enclose|put|surrounded)\b[^.;]{0,40}?\b(?:in|with|by|using|within|inside)"
        r" double (?:angular|angle) brackets?"
    ),
    Phrase(r"\btitle\b[^.;]{0,60}?<<[^<>\n]{1,60}>>"),
)
_HIGHLIGHTED = (
    counted(
        r"(?:highlight\w* |italic\w* |bold\w* |emphasi[sz]ed )?(?:text )?"
        r"(?:sections?|parts?|phrases?|words?|keywords?|passages?|portions?|pieces?|places?|spans?)"
        r"(?: or (?:phrases?|words?))?",
        between=r"(?:(?:of|your|favorite|key|important|the|italic|italici[sz]ed|highlighted|bold|bolded|text|"
        r"different|main) ){0,3}",
    ),
    counted(
        r"(?:[a-z]+ )?(?:names?|items?|terms?|points?|sentences?)",
        between=r"(?:(?:of|your|favorite|key|important|the|main) ){0,4}",
    ),
)
_HIGHLIGHT = Phrase(r"\b(?:highlight(?:ed|ing)?|italici[sz](?:e|ed|ing)|italic|emphasi[sz](?:e|ed|ing))\b")
_ONE_OR_MORE = Phrase(
    r"\b(?:highlight|italici[sz]e) (?P<some>some|a few|the \w+|certain|key)"
    r" ?(?:words?|phrases?|sections?|parts?|keywords?)?"
)
_TWICE = Phrase(r"\b(?:highlight|italici[sz]e)\b[^.;:]{0,40}? (?P<times>once|twice|thrice)\b")
_MARKDOWN = Phrase(r"\bmarkdown\b|\bitalic|\basteri[sk]+s?\b|\*[^*\n]{1,60}\*|\*")
_PLACEHOLDERS = counted(r"place ?holders?", between=r"(?:(?:different|unique|bracketed|clear) ){0,2}")
_BRACKETS = Phrase(r"\b(?:square )?brackets?\b|\[[^\[\]\n]{0,40}\]")
_SECTIONS = counted(
    r"(?:sections?|parts?|days?|scenes?|chapters?|paragraphs?|rounds?|weeks?|steps?|questions?|verses?)",
    between=r"(?:(?:short|long|distinct|different|separate|main) ){0,2}",
)
_PIECE = r"(?:sections?|parts?|days?|chapters?|scenes?|rounds?|weeks?|paragraphs?|one|of them)"
_BEGINS = (
    r"(?:start|begin|starts|begins|starting|beginning|marked|labell?ed|named|titled|indicated|denoted|prefixed|headed)"
)
_NUMBERED = r"(?P<name>[A-Za-z]{2,20}) (?:X|[0-9])\b"
_SPLITTER = tuple(
    Phrase(rf"{words} (?:with|by|as|using) (?:the )?(?:word |words |key ?word |heading |label |string )?{mark}")
    for mark in (_NUMBERED, r"(?P<quoted><Q>)")
    for words in (
        r"\b(?:mark|label|start|begin|indicate|denote|highlight|prefix|head)(?:ing)?"
        rf"\b[^.;:]{{0,40}}? (?:each|every|of each|the) ?(?:{_PIECE})?[^.;:]{{0,20}}?",
        rf"\b(?:each|every)(?: {_PIECE})?(?: of which)?(?: <MUST>)?(?: be| is| are)? {_BEGINS}",
        rf"\b(?:beginning|start|top) of (?:each|every) {_PIECE} <MUST> be {_BEGINS}",
    )
)
_NUMBERED_NAME = re.compile(r"([A-Za-z]{2,20}) (?:X|N|#|[0-9]{1,2}|number|\{\w{1,12}\}|\[\w{1,12}\]):?")
_NAMED_SECTIONS = Phrase(r"\b(?:sections?|parts?)\b[^.;:]{0,30}\s*: (?P<quoted><Q>)")
_JSON_TEXT = r"(?:(?:a|an|the|single|one|valid|well-formed|strict|pure|raw|proper) )*JSON\b"
_JSON = (
    Phrase(
        rf"\b<WHOLE> <GENRE>\b[^.;]{{0,40}}?\b(?:in|as|using|contain|be|inside|is|into) (?:just |only )*{_JSON_TEXT}"
    ),
    Phrase(
        r"\b<ANSWER> (?:<MUST>|only|that|should only|must only) [^.;]{0,30}?\b(?:in|as|using|contains?|be|"
        rf"inside) (?:just |only )*{_JSON_TEXT}"
    ),
    Phrase(
        r"\b(?:respond|answer|reply|output|wrapped|return|format|wrap|present|put|provide|give)(?: me| back)?"
        r"(?: it| everything|(?: (?:<THE>|all) (?:<WHOLE> )?(?:of )?(?:<THE> )?<ANSWER>))?"
        rf"(?: only| strictly| exclusively| just| to me| back)*(?: as|,? <IN>) (?:just |only )*{_JSON_TEXT}"
    ),
    Phrase(rf"\b(?:output|return|respond with|reply with|answer with|give me|produce) (?:only |just )+{_JSON_TEXT}"),
    Phrase(
        rf"\b(?:output|return|respond with|reply with|answer with) {_JSON_TEXT}(?: (?:object|only|format))?"
        r"(?: with|\s*[.,;:]|\s*$| containing)"
    ),
    Phrase(r"\b(?:in|as|use|using|into) (?:a |an |the )?(?:valid |single )*JSON (?:format|output|block|object)"),
)
_NOT_JSON = Phrase(r"^ (?:schema|file|parser|library|path|keys?|field|column|example|snippet|string in|data)\b")
_JSON_IS_TOPIC = Phrase(
    r"\b(?:data|files?|convert\w*|pars\w+|read\w*|load\w*|stor\w+|sav\w+|input|api|schema|strings?|requests?|"
    r"function|python|javascript|code|program|script that|app|endpoint|server|database|column|difference)\b[^.;:]*$"
)
_KEYS = Phrase(
    r"^(?: (?:format|object|with|of|the|following|exactly|containing|that|has|having|and|these|only|camelCase|"
    r"camel case|snake_case|snake case|two|three|four|five|using|whose|are|must|be|uses|which))*,? "
    r"(?:keys?|fields?|properties)(?: (?:named|called|are|of))?\s*:? (?P<list><QS>|<BARES>)"
)
_CASED = Phrase(r"\b(?:(?P<camel>camel[ -]?case)|(?P<snake>snake[ _-]?case))\b")
_MARK = r"(?P<mark>\"?P\.? ?P\.? ?S\b\.?|\"?P\.? ?S\b\.?|<Q>)"
_ADD = r"(?:with|add|include|append|have|has|and|put|contains?|write|place|end with|ends with)"
_POSTSCRIPT = (
    Phrase(
        r"\b(?:post-?script|post script|note)\b[^;:.]{0,40}?(?:start(?:s|ing)?|begin(?:s|ning)?|marked|"
        rf"indicated|labell?ed) (?:with|by|as|at)[^;:.]{{0,20}}? {_MARK}"
    ),
    Phrase(rf"\b(?:post-?script|post script)\b[^;:.]{{0,20}}? {_MARK}"),
    Phrase(rf"\b{_ADD} (?:an? |the |your )?(?P<mark>P\.P\.S\b\.?|P\.S\b\.?)"),
    Phrase(rf"\b{_ADD} (?:an? )(?P<mark>)(?:post-?script|post script)\b"),
)


def find(page: Page) -> Iterator[Found]:
    """Every layout constraint of a page."""
    for look in (_titles, _highlights, _placeholders, _sections, _json, _postscripts):
        yield from look(page)


def _at(sentence: Sentence, hit: Hit) -> tuple[int, int]:
    return sentence.start + hit.start, sentence.start + hit.end


def _titles(page: Page) -> Iterator[Found]:
    for phrase in _TITLE:
        for sentence, hit in asked(page, phrase, ""):
            text = "The response contains a title wrapped in double angular brackets, as in <<title>>."
            yield Found("ifeval:detectable_format:title", text, *_at(sentence, hit))
            return


def _near(page: Page, number: int, phrase: Phrase) -> bool:
    """The sentence or one of its neighbours holds the phrase."""
    return any(phrase(sentence.text) for sentence in page.sentences[max(0, number - 1) : number + 2])


def _index(page: Page, sentence: Sentence) -> int:
    return page.sentences.index(sentence)


def _highlights(page: Page) -> Iterator[Found]:
    name = "ifeval:detectable_format:number_highlighted_sections"
    for phrase in _HIGHLIGHTED:
        for sentence, hit in asked(page, phrase, ""):
            bound = bound_of(hit)
            near = hit.text[max(0, hit.start - 50) : hit.end + 60]
            if (
                bound is None
                or not bound.low
                or not _HIGHLIGHT(near)
                or not _near(page, _index(page, sentence), _MARKDOWN)
            ):
                continue
            yield _highlighted(name, bound.low, place(sentence, hit))
            return
    for phrase, key in ((_TWICE, "times"), (_ONE_OR_MORE, "some")):
        for sentence, hit in asked(page, phrase, "i"):
            if _near(page, _index(page, sentence), _MARKDOWN):
                number = {"once": 1, "twice": 2, "thrice": 3}.get(hit[key].lower(), 1)
                yield _highlighted(name, number, _at(sentence, hit))
                return


def _highlighted(name: str, number: int, at: tuple[int, int]) -> Found:
    plural = "s" if number > 1 else ""
    text = f"The response highlights at least {number} section{plural} with markdown, as in *section*."
    return Found(name, text, *at, {"num_highlights": number})


def _placeholders(page: Page) -> Iterator[Found]:
    for sentence, hit in asked(page, _PLACEHOLDERS, "place"):
        bound = bound_of(hit)
        if bound is None or not bound.low or not _near(page, _index(page, sentence), _BRACKETS):
            continue
        text = f"The response has at least {bound.low} placeholder{'s' if bound.low > 1 else ''} in square brackets."
        yield Found(
            "ifeval:detectable_content:number_placeholders",
            text,
            *place(sentence, hit),
            {"num_placeholders": bound.low},
        )


def _sections(page: Page) -> Iterator[Found]:
    for phrase in (*_SPLITTER, _NAMED_SECTIONS):
        for sentence, hit in asked(page, phrase, ""):
            name = hit["name"] or _section_name(page, sentence, hit)
            number = _section_count(page, _index(page, sentence))
            if not name or name.lower() in ("number", "the", "chapter number") or number is None:
                continue
            text = f"The response has at least {number} sections, each marked {name} and its number."
            args: dict[str, JsonValue] = {"section_spliter": name, "num_sections": number}
            yield Found("ifeval:detectable_format:multiple_sections", text, *_at(sentence, hit), args)
            return


def _section_name(page: Page, sentence: Sentence, hit: Hit) -> str:
    start, end = hit.groups["quoted"]
    quoted = page.words(sentence.start + start, sentence.start + end).strip(" .,\"'“”‘’`")
    numbered = _NUMBERED_NAME.fullmatch(quoted)
    return numbered[1] if numbered else ""


def _section_count(page: Page, number: int) -> int | None:
    for sentence in (page.sentences[number], *reversed(page.sentences[max(0, number - 3) : number])):
        for hit in _SECTIONS.hits(sentence.text):
            bound = bound_of(hit)
            if bound is not None and bound.low:
                return bound.low
    return None


def _json(page: Page) -> Iterator[Found]:
    for phrase in _JSON:
        for sentence, hit in asked(page, phrase, "json", "whole"):
            after = (
                hit.text[hit.end :]
                if not hit.text[: hit.end].rstrip().lower().endswith("with")
                else " with" + hit.text[hit.end :]
            )
            if _NOT_JSON(after) or (phrase is _JSON[-1] and _JSON_IS_TOPIC(hit.text[: hit.start])):
                continue
            yield Found(
                "ifeval:detectable_format:json_format", "The response is JSON and nothing else.", *_at(sentence, hit)
            )
            yield from _json_keys(page, sentence, hit, after)
            return


def _json_keys(page: Page, sentence: Sentence, hit: Hit, after: str) -> Iterator[Found]:
    """Named keys right after the demand; their case where it is named too."""
    keys = _KEYS.hit(after)
    cased = _CASED.hit(hit.text)
    if not keys:
        return
    shift = len(hit.text) - len(after)
    start, end = keys.groups["list"]
    verbatim = page.words(sentence.start + shift + start, sentence.start + shift + end)
    names = re.findall(r"[A-Za-z_][\w-]*", verbatim)
    names = [name for name in names if name.lower() not in ("and", "or", "the")]
    if not names:
        return
    args: dict[str, JsonValue] = {"keys": list[JsonValue](names)}
    if cased:
        args["key_case"] = "camel" if "camel" in cased else "snake"
    text = f"The JSON has the keys {', '.join(names)}."
    yield Found("structure:json", text, sentence.start + hit.start, sentence.start + shift + end, args)


def _postscripts(page: Page) -> Iterator[Found]:
    for phrase in _POSTSCRIPT:
        for sentence, hit in asked(page, phrase, "p"):
            start, end = hit.groups["mark"]
            mark = page.words(sentence.start + start, sentence.start + end).strip(" \"'“”‘’`,")
            letters = re.sub(r"[^a-z]", "", mark.lower())
            if letters not in ("ps", "pps", ""):
                continue
            marker = "P.P.S" if letters == "pps" else "P.S."
            text = f"The response ends with a postscript that starts with {marker}"
            args: dict[str, JsonValue] = {"postscript_marker": marker}
            yield Found("ifeval:detectable_content:postscript", text, *_at(sentence, hit), args)
            return
