"""What stands in the answer: title, highlights, placeholders, sections, JSON, postscript."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydantic import JsonValue

from skillrm.verifiers.constraints.directives import asked
from skillrm.verifiers.constraints.found import Found
from skillrm.verifiers.constraints.lengths import place
from skillrm.verifiers.constraints.numbers import bound_of, counted
from skillrm.verifiers.constraints.phrases import Hit, Phrase
from skillrm.verifiers.constraints.reading import Page, Sentence

_TITLE = (
    Phrase(
        r"\b(?:title|name|heading)s?\b[^.;]{0,60}?\b(?:in|with|by|using|within|inside) (?:double )?(?:angular|"
        r"angle) brackets?"
    ),
    Phrase(
        r"\b(?:wrapped|enclosed|wrap|enclose|put|surrounded)\b[^.;]{0,40}?\b(?:in|with|by|using|within|inside) "
        r"double (?:angular|angle) brackets?"
    ),
    Phrase(r"\btitle\b[^.;]{0,60}?<<[^<>\n]{1,60}>>"),
)
_HIGHLIGHTED = (
    counted(
        r"(?:highlight\w* |italic\w* |bold\w* |emphasi[sz]ed )?(?:text )?(?:sections?|parts?|phrases?|words?|"
        r"keywords?|passages?|portions?|pieces?|places?|spans?)(?: or (?:phrases?|words?))?",
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
    r"\b(?:highlight|italici[sz]e) (?P<some>some|a few|the \w+|certain|key) ?(?:words?|phrases?|sections?|"
    r"parts?|keywords?)?"
)
_TWICE = Phrase(r"\b(?:highlight|italici[sz]e)\b[^.;:]{0,40}? (?P<times>once|twice|thrice)\b")
_MARKDOWN = Phrase(r"\bmarkdown\b|\bitalic|\basteri[sk]+s?\b|\*[^*\n]{1,60}\*|\*")
_PLACEHOLDERS = counted(r"place ?holders?", between=r"(?:(?:different|unique|bracketed|clear) ){0,2}")
_BRACKETS = Phrase(r"\b(?:square )?brackets?\b|\[[^\[\]\n]{0,40}\]")
_SECTIONS = counted(
    r"(?:sections?|parts?|days?|scenes?|chapters?|paragraphs?|rounds?)",
    between=r"(?:(?:short|long|distinct|different|separate|main) ){0,2}",
)
_SPLITTER = (
    Phrase(
        r"\b(?:mark|label|start|begin|indicate|denote)\b[^.;:]{0,40}? (?:each|every|of each|the) ?(?:sections?|"
        r"parts?|days?|chapters?|scenes?)?[^.;:]{0,20}? (?:with|by|as|using) (?:the "
        r")?\"?(?P<name>[A-Za-z]{2,20}) [X0-9]\b"
    ),
    Phrase(
        r"\b(?:each|every|with each|and each) (?:section|part|day|chapter|scene|one)?s? ?(?:of which )?(?:must|"
        r"should|has to|needs to|to)? ?(?:be |is )?(?:start|begin|starts|begins|starting|beginning|marked|"
        r"labell?ed|named|titled) (?:with|as|by) (?:the )?(?P<quoted><Q>)"
    ),
    Phrase(
        r"\b(?:each|every|with each|and each) (?:section|part|day|chapter|scene|one)?s? ?(?:must|should|has to|"
        r"needs to|to)? ?(?:be |is )?(?:start|begin|starts|begins|starting|beginning|marked|labell?ed|named|"
        r"titled) (?:with|as|by) (?:the )?(?P<name>[A-Za-z]{2,20}) [X0-9]\b"
    ),
    Phrase(r"\bsections?\s*: (?P<quoted><Q>)"),
)
_JSON = (
    Phrase(
        r"\b<WHOLE> <ANSWER>\b[^.;]{0,40}?\b(?:in|as|using|contain|be|inside|is)\b (?:just |only )?(?:a |an |"
        r"the )?(?:single )?(?:valid )?JSON\b"
    ),
    Phrase(
        r"\b<ANSWER> (?:must|should|has to|needs to|is to|to|only|that|should only|must only|shall) "
        r"[^.;]{0,30}?\b(?:in|as|using|contains?|be|inside|wrapped in) (?:just |only )?(?:a |an |the "
        r")?(?:single )?(?:valid )?JSON\b"
    ),
    Phrase(
        r"\b(?:respond|answer|reply|output|wrapped|return(?: your (?:answer|response))?|format(?: (?:it|your "
        r"(?:answer|response|reply|output)|the (?:answer|response|output)))?|give (?:me )?(?:your|the) "
        r"(?:answer|response|reply)|wrap (?:it|everything|your (?:answer|response|output)|the (?:answer|"
        r"response|output)))(?: (?:only|strictly|exclusively|just|to me|back))? (?:in|as|with|using|inside|"
        r"into) (?:a |an |the )?(?:single )?(?:valid |well-formed |strict )?JSON\b"
    ),
    Phrase(
        r"\b(?:output|return|respond with|reply with|answer with|give me|produce) (?:only |just )(?:a |an |the "
        r")?(?:single )?(?:valid |well-formed )?JSON\b"
    ),
    Phrase(
        r"\b(?:output|return|respond with|reply with|answer with) (?:a |an |the )?(?:single )?(?:valid |"
        r"well-formed )?JSON(?: (?:object|only|format))?(?: with|\s*[.,;:]|\s*$| containing)"
    ),
)
_NOT_JSON = Phrase(r"^ (?:schema|file|parser|library|path|key|keys|field|column|example|snippet)\b")
_KEYS = Phrase(
    r"^(?: (?:format|object|with|of|the|following|exactly|containing|that|has|having|and|these|only|these|"
    r"camelCase|camel case|snake_case|snake case|two|three|four|five|using|whose|are|must|be|uses|which))*,? "
    r"(?:keys?|fields?|properties)(?: (?:named|called|are|of))?\s*:? (?P<list><QS>|<BARES>)"
)
_CASED = Phrase(r"\b(?:(?P<camel>camel[ -]?case)|(?P<snake>snake[ _-]?case))\b")
_POSTSCRIPT = (
    Phrase(
        r"\b(?:postscript|post script)\b[^;:]{0,60}?(?:start(?:s|ing)|begin(?:s|ning)|marked|indicated|with|"
        r"as)[^;:]{0,20}?(?P<mark>\"?P\.? ?P\.? ?S\b\.?|\"?P\.? ?S\b\.?|<Q>)"
    ),
    Phrase(
        r"\b(?:with|add|include|append|have|has|and|put|contains?|write) (?:an? |the |your "
        r")?(?P<mark>P\.P\.S\b\.?|P\.S\b\.?) "
    ),
    Phrase(r"\b(?:with|add|include|append|put|end with) (?:an? )(?P<mark>)(?:postscript|post script)\b"),
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
    for phrase in _SPLITTER:
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
    numbered = re.fullmatch(r"([A-Za-z]{2,20}) (?:X|N|\d+|\{?number\}?):?", quoted)
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
            if _NOT_JSON(after):
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
