"""Is a phrase an order about the answer? Mentions, permissions, suppositions, stories and other people's texts are not.

The test looks at the words of the sentence before the phrase, and a little after it. It errs towards "no".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from skillrm.verifiers.constraints.disclaimers import disclaimed
from skillrm.verifiers.constraints.phrases import Hit, Phrase
from skillrm.verifiers.constraints.reading import Page, Sentence

Scope = Literal["whole", "mention"]
"""`whole`: the demand measures the whole answer, so it must not speak of a part. `mention`: it holds wherever."""

_VERBS = (
    "write give compose create draft generate produce provide answer respond reply explain describe summari[sz]e "
    "include use put wrap make tell list name start begin end finish conclude close highlight italicize bold mark "
    "separate divide format mention repeat add avoid limit keep restrict invent brainstorm design prepare outline "
    "suggest recommend re-?write re-?create rephrase paraphrase translate expand elaborate complete continue "
    "compare discuss develop say present structure organi[sz]e split break do don't never ensure help craft "
    "analy[sz]e review edit improve think have contain choose place insert enclose surround incorporate refrain "
    "omit exclude come show emphasi[sz]e express speak aim cap capitali[sz]e render state share offer be stick "
    "return output convert change turn ask control extend restate imitate narrate introduce detail construct "
    "propose plan build pitch report define argue justify reformat assume follow adhere match ban count"
)
_ORDER = Phrase(
    r"must|should|shall|ha(?:s|ve) to|needs? to|ought to|(?:is|are) to|will be|required?",
    r"make sure|making sure|ensur(?:e|es|ing)|be sure|please|kindly|remember|let's|(?:can|could|would|will) you",
    r"not|not allowed|can't|cannot|can not|don't|never|avoid|refrain|without",
    r"i (?:want|need|expect|would like)|i'd like",
)
_IMPERATIVE = Phrase(
    r"(?:^|[,;:\"\x01)(*#-]\s*| and | then | but | also | first | finally | next | please | to | by |from "
    r"(?:now|here) on |going forward |at the (?:very )?(?:end|beginning|start) of (?:the|your) (?:<WHOLE> )?"
    r"<ANSWER> |in your (?:<WHOLE> )?<ANSWER> )(?:(?:just|simply|only|always|also|please|[a-z]+ly)"
    rf" )?(?:{'|'.join(_VERBS.split())})\b"
)
_LEAD_IN = Phrase(
    r"^[\s\"*_(#-]*(?:(?:and|but|also|with|in|using|use|of|length|format|language|style|tone|additionally|finally|"
    r"word count|words|constraints?|requirements?|rules?|output|note|important|your|response|answer|the|a|an|all|"
    r"just|only|[:,-])[\s:,-]*){0,5}$"
)
_STATED = Phrase(r"\b(?:appears|occurs|shows up|is|are|was|contains|includes)\b")
_EACH = Phrase(
    r"\b(?:each|every|per|individual|respectively|apiece|(?:first|second|third|fourth|fifth|last|final|opening|"
    r"closing) (?:\w+ )?(?:paragraph|section|sentence|line|stanza|part|bullet|half|response|answer|version|option)|"
    r"one (?:of the|paragraph|section|sentence|line|stanza|of them))\b"
)
_PART = Phrase(
    r"\b(?:paragraphs?|sections?|stanzas?|sentences?|lines?|items?|steps?|bullets?|bullet points?|points?|"
    r"headings?|verses?|columns?|rows?|cells?|parts|versions?|options?|keys?|values?|examples?|questions?|"
    r"introduct\w+|conclusion|titles?|headlines?|headers?|subject line|captions?|chorus|footer|abstract)\b"
)
_EACH_AFTER = Phrase(
    r"^\W{0,3}(?:in|for|per|of)? ?(?:each|every|apiece|per (?:section|paragraph|line|bullet|item|point|sentence)|"
    r"(?:the|your) (?:first|last|second|intro\w*|title|conclusion|opening|heading))\b"
)
_EACH_SEPARATED = Phrase(r"^\W{0,3}each (?:\w+ ){0,3}separated\b")
_THE_WHOLE = Phrase(
    r"(?:^|[,;:]| and | sure| that) ?(?:your|the|<WHOLE>) (?:<WHOLE> )?"
    r"<ANSWER> (?:must|should|has|needs|is|shall|contains?|to)\b"
)


def asked(page: Page, phrase: Phrase, cue: str, scope: Scope = "mention") -> Iterator[tuple[Sentence, Hit]]:
    """Every hit of `phrase` that is an order; `cue` is a piece that any hit holds, in lower case, and saves time."""
    if cue not in page.lower:
        return
    for sentence in page.sentences:
        if cue in sentence.text.lower():
            for hit in phrase.hits(sentence.text):
                if directed(sentence.text, hit.start, hit.end, scope):
                    yield sentence, hit


def directed(sentence: str, start: int, end: int, scope: Scope = "mention") -> bool:
    """Whether the phrase at `start:end` of a masked sentence is an order about the answer to be written."""
    before, after = sentence[:start] + " ", sentence[end : end + 80]
    if disclaimed(sentence, start, end) or not _is_order(sentence, start, end):
        return False
    return scope == "mention" or _about_the_whole(before, after)


def _is_order(sentence: str, start: int, end: int) -> bool:
    if _ORDER(sentence[:end]) or _IMPERATIVE(sentence[:end]):
        return True
    return _LEAD_IN(sentence[:start]) and not _STATED(sentence[start:end])  # a note such as `no commas`


def _about_the_whole(before: str, after: str) -> bool:
    named = max((hit.end for hit in _THE_WHOLE.hits(before)), default=0)
    if _EACH(before[max(named, len(before) - 160) :]) or (_EACH_AFTER(after) and not _EACH_SEPARATED(after)):
        return False
    cut = max(before.rfind(mark) for mark in (",", ";", ":", "(", " and ", " but "))
    return not _PART(before[cut + 1 :])
