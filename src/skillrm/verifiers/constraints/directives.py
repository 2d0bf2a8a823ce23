"""Is a phrase an order about the answer? Mentions, permissions, suppositions, stories and other people's texts are not.

The test looks at the words of the sentence before the phrase, and a little after it. It errs towards "no".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from skillrm.verifiers.constraints.phrases import Hit, Phrase
from skillrm.verifiers.constraints.reading import Page, Sentence

Scope = Literal["whole", "mention"]
"""`whole`: the demand measures the whole answer, so it must not speak of a part. `mention`: it holds wherever."""

_VERBS = (
    r"write|give|compose|create|draft|generate|produce|provide|answer|respond|reply|explain|describe|"
    r"summari[sz]e|include|"
    r"use|put|wrap|make|tell|list|name|start|begin|end|finish|conclude|close|highlight|italicize|bold|mark|"
    r"separate|divide|"
    r"format|mention|repeat|add|avoid|limit|keep|restrict|invent|brainstorm|design|prepare|outline|suggest|"
    r"recommend|rewrite|"
    r"re-?write|re-?create|rephrase|paraphrase|translate|expand|elaborate|complete|continue|compare|discuss|"
    r"develop|say|present|"
    r"structure|organi[sz]e|split|break|do|don't|never|ensure|help|craft|analy[sz]e|review|edit|improve|think|"
    r"have|contain|"
    r"choose|place|insert|enclose|surround|incorporate|refrain|omit|exclude|come|show|emphasi[sz]e|express|speak|"
    r"aim|cap|capitali[sz]e|render|state|share|offer|be|stick|return|output|convert|change|turn|ask|control|"
    r"extend|restate|"
    r"imitate|narrate|introduce|detail|construct|propose|plan|build|pitch|report|define|argue|justify|reformat|"
    r"assume|follow|adhere|match|ban|count"
)
_ORDER = Phrase(
    r"\b(?:must|should|shall|ha(?:s|ve) to|needs? to|ought to|is to|are to|make sure|making sure|ensur(?:e|es|"
    r"ing)|be sure|"
    r"required?|requires|not allowed|can't|cannot|can not|not|don't|never|avoid|refrain|without|please|kindly|i "
    r"want|i need|i'd like|"
    r"i would like|let's|(?:can|could|would|will) you|remember|i expect|will be)\b"
)
_IMPERATIVE = Phrase(
    r"(?:^|[,;:\"\x01)(*#-]\s*| and | then | but | also | first | finally | next | please | to | by |from "
    r"(?:now|here) on |going forward |at the "
    rf"(?:very )?(?:end|beginning|start) of (?:the|your) (?:<WHOLE> )?<ANSWER> |in your (?:<WHOLE> )?<ANSWER> "
    rf")(?:(?:just|simply|only|always|also|please|[a-z]+ly) )?(?:{_VERBS})\b"
)
_LEAD_IN = Phrase(
    r"^[\s\"*_(#-]*(?:(?:and|but|also|with|in|using|use|of|length|format|language|style|tone|additionally|"
    r"finally|word count|words|"
    r"constraints?|requirements?|rules?|output|note|important|your|response|answer|the|a|an|all|just|only|"
    r"[:,-])[\s:,-]*){0,5}$"
)
_RELEASED = Phrase(
    r"\b(?:you (?:can|may|could|might|are free)|feel free|optional(?:ly)?|if (?:possible|you (?:like|want|wish|"
    r"prefer|need))|ideally|preferabl[ey]|"
    r"not (?:necessarily|necessary|required|needed|mandatory|obliged|restricted|limited)|need(?:n't| not)|"
    r"(?:don't|do not|doesn't|does not|didn't|won't|never) (?:really |actually |strictly )?(?:need|have to|has "
    r"to|matter|worry|mind|care|require|want you to|bother|feel)|"
    r"no need|no longer|instead of|rather than|as opposed to|for (?:example|instance)|e\.g\.?|imagine|suppose|"
    r"supposing|pretend|"
    r"hypothetical(?:ly)?|try(?:ing)? to|"
    r"last time|yesterday|it is (?:said|believed)|known for|famous for|is called|are called|forget (?:about|the)|"
    r"ignore|"
    r"disregard|no matter|not sure|"
    r"whether|unless|whenever|either way|should i|do i|can i|may i|must i|shall i|how (?:to|do i|can i|should "
    r"i) (?:write|use|say|make|create|compose|avoid|produce)|i'm allowed|"
    r"(?:were|was) (?:asked|told|supposed))\b"
)
_RELEASED_HERE = Phrase(
    r"\b(?:would (?:be|have|normally)|might|usually|typically|often|generally|used to|previously)\b"
)
_CONDITION = Phrase(r"\b(?P<as>as |even |what |see |and |or )?(?:if|when)\b(?P<you> you (?:can|could|would))?")
_PERSON = Phrase(
    r"\b(?:who|whose|whom|someone|somebody|anyone|people|characters?|the (?:man|woman|author|writer|user|"
    r"customer|speaker)) [^,]{0,60}$"
)
_ORDER_TO_YOU = Phrase(
    r"\b(?:must|should|shall|make sure|ensure|be sure|please|i want|i need|i'd like|without|with|in|using|and|"
    r"but|of|at|containing)\b"
)
_PAST = Phrase(
    r"\b(?:was|were|had|did|wrote|said|claimed|argued|complained|told|received|submitted|read that|thinks?|"
    r"believes?|says)\b"
)
_HOPING = Phrase(r"\bi (?:was|were|had) (?:hoping|wondering|thinking|looking)\b")
_NOT_ASKING = Phrase(
    r"^(?:is|are|was|were|do|does|did|has|have|what|why|how|when|where|which|who|should i|can i|may i)\b"
)
_POLITE = Phrase(r"\b(?:can|could|would|will) you\b|\bplease\b|\bi want\b")
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
    r"^\W{0,3}(?:in|for|per|of)? ?(?:each|every|apiece|per (?:section|paragraph|line|bullet|item|point|"
    r"sentence)|(?:the|your) (?:first|last|second|intro\w*|title|conclusion|opening|heading))\b"
)
_EACH_SEPARATED = Phrase(r"^\W{0,3}each (?:\w+ ){0,3}separated\b")
_THE_WHOLE = Phrase(
    r"(?:^|[,;:]| and | sure| that) ?(?:your|the|<WHOLE>) (?:<WHOLE> )?<ANSWER> (?:must|should|has|needs|is|"
    r"shall|contains?|to)\b"
)
_OTHER_AFTER = Phrase(
    r"^(?: [\w-]+){0,2} (?:was|were|had been|is (?:too|a|an|not)|has been|are (?:too|not)|isn't|is fine|is "
    r"ok(?:ay)?|would be|is required to (?:get|be)|if (?:you|possible|needed))\b"
)
_SUBJECT = Phrase(
    r"(?:^|[,;:.(]\s*| and | that | sure | ensure )(?:the|a|an|his|her|their|its|all|any|this|these|those|"
    r"each)(?P<noun>(?: [\w'-]+){1,5}) "
    r"(?:must|should|shall|has to|have to|needs? to|can|cannot|can't|are to|is to|will)\b"
)
_DOC = Phrase(r"\b<GENRE>s?\b")


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
    clause = before[max(before.rfind(mark) for mark in (",", ";", ":", "(", ")", " and ", " but ")) + 1 :]
    if _RELEASED(before) or _RELEASED_HERE(clause) or _conditional(before) or _OTHER_AFTER(after):
        return False
    if _PAST(clause) and not _HOPING(clause):
        return False
    if (person := _PERSON.hit(clause)) and not _ORDER_TO_YOU(clause[person.start :]):
        return False
    if _NOT_ASKING(sentence) and sentence.rstrip().endswith("?") and not _POLITE(before):
        return False
    if not (_ORDER(sentence[:end]) or _IMPERATIVE(sentence[:end]) or _LEAD_IN(before)):
        return False
    subject = _SUBJECT.hit(sentence[:start] + " ".join(sentence[start:end].split()[:1]) + " ")
    if subject and not _DOC(subject["noun"]):
        return False
    return scope == "mention" or _about_the_whole(before, after)


def _conditional(before: str) -> bool:
    return any("as" not in hit and "you" not in hit for hit in _CONDITION.hits(before))


def _about_the_whole(before: str, after: str) -> bool:
    named = max((hit.end for hit in _THE_WHOLE.hits(before)), default=0)
    if _EACH(before[max(named, len(before) - 160) :]) or (_EACH_AFTER(after) and not _EACH_SEPARATED(after)):
        return False
    cut = max(before.rfind(mark) for mark in (",", ";", ":", "(", " and ", " but ", " with "))
    return not _PART(before[cut + 1 :])
