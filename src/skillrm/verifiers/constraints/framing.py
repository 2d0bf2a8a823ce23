"""How the answer is framed: quotation marks, closing phrase, the request repeated, two responses, fixed choices."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydantic import JsonValue

from skillrm.verifiers.constraints.directives import asked, directed
from skillrm.verifiers.constraints.found import Found
from skillrm.verifiers.constraints.phrases import Hit, Phrase
from skillrm.verifiers.constraints.reading import Page, Sentence

_MARKS = r"(?:a pair of |the )?(?:double )?(?:quotation marks?|quotes|quote marks)"
_WRAP = r"(?:wrap(?:ped|ping)?|enclosed?|enclosing|surround(?:ed)?|put|placed?|encase[d]?|contained)"
_QUOTATION = Phrase(
    rf"{_WRAP}\b[^.;]{{0,20}}?\b<WHOLE> (?:[\w-]+ ){{0,3}}?(?:(?:is|be|should be|must be) )?(?:{_WRAP} )?<IN> {_MARKS}",
    rf"<WHOLE> (?:[\w-]+ )?<GENRE> (?:<MUST> )?(?:be |is )?(?:{_WRAP} )?<IN> {_MARKS}",
    rf"{_MARKS} around <THE> (?:<WHOLE> )?(?:[\w-]+ )?<GENRE>",
    rf"{_WRAP} (?:everything|<THE> <ANSWER>) <IN> {_MARKS}",
    rf"(?:write|compose|create) (?:me )?(?:an?|your) (?:[\w-]+ ){{0,3}}?<GENRE>[^.;]{{0,80}}?,? and {_WRAP} it "
    rf"<IN> {_MARKS}",
    rf"<GENRE> <MUST>\b[^.;]{{0,60}}? {_WRAP} <IN> {_MARKS}",
    rf"<GENRE> {_WRAP} <IN> {_MARKS}",
    rf"(?:start|begin)\w* and (?:end|finish)\w* <THE> (?:<WHOLE> )?<GENRE> with {_MARKS}",
)
_WITH = r"(?:with|by saying|by writing|with saying)"
_CLOSING = (
    r"(?:(?:this|the|these|exactly|only|exact|following|same|precise|concluding|a|closing|final) )*"
    r"(?:(?:phrase|sentence|words?|question|line|statement|text|remark|quote)s?)?(?: of)?"
)
_SAYS = rf"<MUST> (?:be|read|say)(?: exactly)?(?: like)?(?: {_CLOSING})?\s*:?\s*"
_END = (
    Phrase(
        r"\b(?:end|finish|conclude|close|ends|finishes|concludes|ending|finishing|concluding)"
        r"\b(?: (?:(?:it|off|up|<THE>) ?)?(?:(?:<WHOLE>|very) )?(?:<GENRE>)?)?"
        rf" {_WITH}\b ?{_CLOSING}\s*[:,]?\s*(?P<value><Q>|)"
    ),
    Phrase(rf"\bvery (?:end|last (?:sentence|words?|line)) of <THE> (?:<WHOLE> )?<GENRE> {_SAYS}(?P<value><Q>|)"),
    Phrase(rf"\b(?:last|final) (?:sentence|words?|line) (?:of|in) <THE> (?:<WHOLE> )?<GENRE> {_SAYS}(?P<value><Q>)"),
)
_BOTH_ENDS = Phrase(r"\b(?:start|begin)\w* and ?$")
_SAID_PHRASE = Phrase(r"\b(?:phrase|words?|question|sentence|line|statement)(?: of)?\s*:?\s*$")
_START = Phrase(
    rf"\b(?:start|begin)(?: (?:it|off|<THE>)? ?(?:<WHOLE> )?(?:<ANSWER>)?)? {_WITH} {_CLOSING}\s*[:,]?\s*(?P<value><Q>)"
)
_STARS = Phrase(r"\*{6,7}(?:$|[^*])|\b(?:6|six) (?:asterisks?|stars?|\"?\*)")
_TWO = Phrase(r"\b(?:two|2|both|pair)\b")
_MORE = Phrase(
    r"\b(?:three|four|five|six|seven|eight|nine|ten|[3-9]|[1-9][0-9])"
    r" (?:[\w-]+ ){0,2}(?:responses|answers|versions|options|jokes|poems|parts|sections|items|alternatives|"
    r"stories)\b"
)
_EVERY = Phrase(r"\b(?:each|every|all)\b")
_BETWEEN = Phrase(r"\b(?:separat\w+|divid\w+|delimit\w*|follow(?:ing|ed by)|split|between)\b")
_A_AND_B = Phrase(r"\b(?:separat\w+|between) (?:the |your )?(?:[\w-]+ ){1,3}and (?:the |your )?[\w-]+")
_REQUEST = r"(?:request|prompt|question|sentences?|text|instructions?|query|message|first line|words)"
_REPEAT = Phrase(
    r"\b(?:repeat|copy|restate|reproduce|echo)(?:ing)? (?P<what>(?:the|this|my|that) "
    rf"(?:(?:exact|whole|entire|above|following|original|full|same) )*{_REQUEST}(?: itself| exactly)?|all (?:of )?"
    r"(?:the )?text|(?P<quoted><Q>))(?: (?:above|below))?[^.;]{0,60}"
)
_CHANGED = Phrase(
    r"\b(?:but|and|then) (?:change|replace|modify|add|omit|skip|reverse|translate)"
    r"\b|\bexcept\b|\b(?:changed|paraphras\w+)\b"
)
_VERBATIM = Phrase(
    r"\bword[ -](?:for|by)[ -]word\b|\bwithout (?:any )?chang|\bexactly as (?:it|is|given|written)"
    r"\b|\bverbatim\b|\bdo not (?:change|say)\b|\bexact (?:request|prompt|question|sentence|text|words)"
    r"\b|\bunchanged\b|\bexactly\b"
)
_FIRST = Phrase(r"\bfirst\b|\bbefore\b|\bthen\b|\bat the (?:very )?beginning\b|\b(?:start|begin)\b|\bprior to\b")
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
    text = "The whole response is wrapped in double quotation marks."
    for sentence, hit in asked(page, _QUOTATION, "quot", "whole"):
        yield Found("ifeval:startend:quotation", text, *_at(sentence, hit))


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
            args: dict[str, JsonValue] = {"pattern": r"^\s*[\"'*_#]*(?i:" + re.escape(value) + ")"}
            yield Found("structure:regex", f'The response begins with "{value}".', *_at(sentence, hit), args, "begins")
            return


def _two_responses(page: Page) -> Iterator[Found]:
    for number, sentence in enumerate(page.sentences):
        stars, between = _STARS.hit(sentence.text), _BETWEEN.hit(sentence.text)
        if not stars or not between or not directed(sentence.text, between.start, between.end):
            continue
        before = page.sentences[number - 1].text if number else ""
        two = _TWO(sentence.text) or _TWO(before) or _A_AND_B(sentence.text) or "following" in sentence.text.lower()
        if _MORE(sentence.text) or not two or (_EVERY(sentence.text) and not _TWO(sentence.text)):
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
