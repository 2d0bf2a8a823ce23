"""How the answer is framed: quotation marks, closing phrase, the request repeated, two responses, fixed choices."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydantic import JsonValue

from skillrm.verifiers.constraints.directives import asked, directed
from skillrm.verifiers.constraints.found import Found
from skillrm.verifiers.constraints.phrases import Hit, Phrase
from skillrm.verifiers.constraints.reading import Page, Sentence

_MARKS = r"(?:double )?(?:quotation marks|quotes|quote marks)"
_QUOTATION = (
    Phrase(
        rf"\b(?:wrap(?:ped|ping)?|enclose[ds]?|surround(?:ed)?|put|place|encase)\b[^.;]{{0,20}}?\b<WHOLE> "
        rf"(?:[\w-]+ ){{0,3}}?(?:is |be |should be |must be )?(?:wrapped |enclosed |surrounded |placed |put "
        rf")?(?:in|with|by|inside|within|using) (?:a pair of )?{_MARKS}"
    ),
    Phrase(
        rf"\b<WHOLE> <ANSWER> (?:must |should |has to |needs to |is to )?(?:be |is )?(?:wrapped|enclosed|"
        rf"surrounded|placed|put|in|inside|within)?\b[^.;]{{0,12}}?\b{_MARKS}"
    ),
    Phrase(rf"\b(?:put|place|use|add) {_MARKS} around (?:your|the) <WHOLE> (?:[\w-]+ )?<GENRE>"),
    Phrase(rf"\bwrap (?:your|the) <ANSWER> (?:in|with|inside|within) {_MARKS}"),
    Phrase(
        rf"\b<ANSWER> (?:must|should|has to|needs to)\b[^.;]{{0,60}}? be (?:wrapped|enclosed|surrounded) (?:in|"
        rf"with|by|inside|within) {_MARKS}"
    ),
)
_WITH = r"(?:with|by saying|by writing|with saying)"
_CLOSING = (
    r"(?:(?:this|the|these|exactly|only|exact|following|same|precise|concluding|a|closing|final) )*(?:(?:phrase|"
    r"sentence|words?|question|line|statement|text|remark|quote)s?)?(?: of)?"
)
_END = (
    Phrase(
        rf"\b(?:end|finish|conclude|close|ends?|finishes|concludes|ending|finishing|concluding)\b(?P<what> "
        rf"(?:(?:it|off|up|the|your|this) ?)?(?:(?:<WHOLE>|very) )?(?:<GENRE>)?)? {_WITH}\b "
        rf"?{_CLOSING}\s*[:,]?\s*(?P<value><Q>|)"
    ),
    Phrase(
        rf"\bvery (?:end|last (?:sentence|words?|line)) of (?:your|the) (?:<WHOLE> )?<GENRE> (?:should|must|"
        rf"needs to|has to|is to) (?:be|read|say)(?: exactly)?(?: like)?(?: {_CLOSING})?\s*:?\s*(?P<value><Q>|)"
    ),
    Phrase(
        rf"\blast (?:sentence|words?|line) of (?:your|the) (?:<WHOLE> )?<GENRE> (?:should|must|needs to|has to|"
        rf"is to) (?:be|read|say)(?: exactly)?(?: like)?(?: {_CLOSING})?\s*:?\s*(?P<value><Q>)"
    ),
)
_BOTH_ENDS = Phrase(r"\b(?:start|begin)\w* and ?$")
_SAID_PHRASE = Phrase(r"\b(?:phrase|words?|question|sentence|line|statement)(?: of)?\s*:?\s*$")
_START = Phrase(
    rf"\b(?:start|begin)(?P<what> (?:it|off|the|your|this)? ?(?:<WHOLE> )?(?:<ANSWER>)?)? {_WITH} "
    rf"{_CLOSING}\s*[:,]?\s*(?P<value><Q>)"
)
_STARS = Phrase(r"\*{6,7}(?:$|[^*])|\b(?:6|six) (?:asterisks?|stars?|\"?\*)")
_TWO = Phrase(r"\b(?:two|2|both|pair)\b")
_MORE = Phrase(
    r"\b(?:three|four|five|six|seven|eight|nine|ten|[3-9]|[1-9][0-9]) (?:[\w-]+ ){0,2}(?:responses|answers|"
    r"versions|options|jokes|poems|parts|sections|items|alternatives|stories)\b|\b(?:each|every|all)\b"
)
_BETWEEN = Phrase(r"\b(?:separat\w+|divid\w+|delimit\w*|follow(?:ing|ed by)|split|between)\b")
_A_AND_B = Phrase(r"\b(?:separat\w+|between) (?:the |your )?(?:[\w-]+ ){1,3}and (?:the |your )?[\w-]+")
_REPEAT = Phrase(
    r"\brepeat (?P<what>the (?:exact |whole |entire |above |following |original |full )*(?:request|prompt|"
    r"question|sentence|text|instruction|query|first line)(?: itself| exactly)?|all (?:the )?text|it|(?P<quoted><Q>))"
    r"(?P<where> (?:above|below))?[^.;]{0,60}"
)
_VERBATIM = Phrase(
    r"\bword[ -](?:for|by)[ -]word\b|\bwithout (?:any )?change|\bexactly as it is\b|\bverbatim\b|\bdo not "
    r"(?:change|say)\b|\bexact (?:request|prompt)\b|\bwithout changing\b|\bunchanged\b"
)
_CHANGED = Phrase(
    r"\b(?:but|and|then) (?:change|replace|modify|add|omit|skip|reverse|translate)\b|\bexcept\b|\b(?:changed|"
    r"paraphras\w+)\b"
)
_FIRST = Phrase(r"\bfirst\b|\bbefore\b|\bthen\b|\bat the (?:very )?beginning\b|\bstart by\b|\bbegin by\b")
_CHOICE = Phrase(
    r"\bmy answer is yes\.\W{1,12}(?:or )?\W{0,3}my answer is no\.\W{1,12}(?:or )?\W{0,3}my answer is maybe\."
)
_CHOOSE = Phrase(r"\b(?:answer|respond|reply|say|response|choose|pick)\b")


def find(page: Page) -> Iterator[Found]:
    """Every framing constraint of a page."""
    for look in (_quotations, _ends, _starts, _two_responses, _repeated, _choices):
        yield from look(page)


def _at(sentence: Sentence, hit: Hit) -> tuple[int, int]:
    return sentence.start + hit.start, sentence.start + hit.end


def _quotations(page: Page) -> Iterator[Found]:
    for phrase in _QUOTATION:
        for sentence, hit in asked(page, phrase, "quot", "whole"):
            yield Found(
                "ifeval:startend:quotation",
                "The whole response is wrapped in double quotation marks.",
                *_at(sentence, hit),
            )
            return


def _ends(page: Page) -> Iterator[Found]:
    for phrase in _END:
        for sentence, hit in asked(page, phrase, "", "whole"):
            value, end = _closing_words(page, sentence, hit)
            if any(map(str.isalnum, value)) and not _BOTH_ENDS(hit.text[: hit.start]):
                args: dict[str, JsonValue] = {"end_phrase": value}
                text = f'The response ends with "{value}".'
                yield Found("ifeval:startend:end_checker", text, sentence.start + hit.start, end, args)
                return


def _closing_words(page: Page, sentence: Sentence, hit: Hit) -> tuple[str, int]:
    """The quoted words; unquoted ones only where a colon or `the phrase` announces them, up to the line's end."""
    if hit["value"]:
        start, end = (sentence.start + offset for offset in hit.groups["value"])
        return page.words(start, end).strip(" .,").strip("\"'“”‘’`«»„{}").strip(), end
    lead = hit.text[hit.start : hit.end].rstrip()
    if not lead.endswith(":") and not _SAID_PHRASE(lead):
        return "", 0
    start = sentence.start + hit.end
    rest = re.compile(r"\s*([^\n]{2,200})").match(page.masked, start)
    if rest is None or "\x01" in rest[1] or "\x02" in rest[1]:
        return "", 0
    ended = re.compile(r"[^.?!\n]*[.?!]?").match(page.masked, rest.start(1))
    end = ended.end() if ended else rest.end(1)
    value = page.words(rest.start(1), end).strip()
    return (value, end) if value[:1].isalnum() and len(value.split()) > (0 if lead.endswith(":") else 1) else ("", 0)


def _starts(page: Page) -> Iterator[Found]:
    for sentence, hit in asked(page, _START, '"', "whole"):
        start, end = (sentence.start + offset for offset in hit.groups["value"])
        value = page.words(start, end).strip(" .,").strip("\"'“”‘’`«»„{}").strip()
        if value:
            args: dict[str, JsonValue] = {
                "pattern": r"^\s*[\"'*_#]*" + "(?i:" + re.escape(value) + ")",
                "mode": "search",
            }
            yield Found("structure:regex", f'The response begins with "{value}".', *_at(sentence, hit), args, "begins")
            return


def _two_responses(page: Page) -> Iterator[Found]:
    for number, sentence in enumerate(page.sentences):
        stars, between = _STARS.hit(sentence.text), _BETWEEN.hit(sentence.text)
        if not stars or not between or not directed(sentence.text, between.start, between.end):
            continue
        before = page.sentences[number - 1].text if number else ""
        two = _TWO(sentence.text) or _TWO(before) or _A_AND_B(sentence.text) or "following" in sentence.text.lower()
        if _MORE(sentence.text) or not two:
            continue
        text = "The response gives two different answers separated by six asterisks: ******."
        yield Found("ifeval:combination:two_responses", text, sentence.start, sentence.start + len(sentence.text))
        return


def _repeated(page: Page) -> Iterator[Found]:
    for number, sentence in enumerate(page.sentences):
        hit = _REPEAT.hit(sentence.text)
        around = " ".join(near.text for near in page.sentences[number : number + 3])
        if not hit or _CHANGED(sentence.text) or not _VERBATIM(around) or not _FIRST(around):
            continue
        if not directed(sentence.text, hit.start, hit.end):
            continue
        request = _request(page, sentence, hit)
        if request:
            text = "The response first repeats the request word for word."
            args: dict[str, JsonValue] = {"prompt_to_repeat": request}
            yield Found("ifeval:combination:repeat_prompt", text, *_at(sentence, hit), args)
            return


def _request(page: Page, sentence: Sentence, hit: Hit) -> str:
    """The words to repeat: the quoted ones, what stands below the order, or what stands above it."""
    if hit["quoted"]:
        start, end = (sentence.start + offset for offset in hit.groups["quoted"])
        return page.words(start, end).strip(" \"'“”‘’`")
    if "first line" in hit["what"].lower():
        return page.text.lstrip().split("\n")[0].strip()
    head = page.text[: sentence.start].strip()
    below = "below" in hit.text.lower() or "following request" in hit.text.lower() or not head
    if not below:
        return head
    blank = re.compile(r"\n[ ]*\n").search(page.text, sentence.start)
    return page.text[blank.end() :].strip() if blank else ""


def _choices(page: Page) -> Iterator[Found]:
    """The official family knows one set of choices: yes, no, maybe."""
    choice = _CHOICE.hit(page.text)
    if not choice:
        return
    before = page.text[max(0, choice.start - 120) : choice.start]
    order = _CHOOSE.hit(before)
    if order:
        text = 'The response contains "My answer is yes.", "My answer is no." or "My answer is maybe."'
        start = max(0, choice.start - 120) + order.start
        yield Found("ifeval:detectable_format:constrained_response", text, start, choice.end)
