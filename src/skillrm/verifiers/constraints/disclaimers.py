"""What makes an order none: permission, supposition, a question, or that somebody else is spoken to or of."""

from __future__ import annotations

from skillrm.verifiers.constraints.phrases import Phrase

_RELEASED = Phrase(
    r"you (?:can|may|could|might|are free)|feel free|optional(?:ly)?|i'm allowed",
    r"if (?:possible|you (?:like|want|wish|prefer|need))|ideally|preferabl[ey]|try(?:ing)? to",
    r"not (?:necessarily|necessary|required|needed|mandatory|obliged|restricted|limited)|need(?:n't| not)",
    r"(?:don't|do not|doesn't|does not|didn't|won't|never) (?:really |actually |strictly )?"
    r"(?:need|have to|has to|matter|worry|mind|care|require|want you to|bother|feel)",
    r"no need|no longer|instead of|rather than|as opposed to|no matter|not sure|either way",
    r"for (?:example|instance)|e\.g\.?|imagine|suppose|supposing|pretend|hypothetical(?:ly)?",
    r"last time|yesterday|it is (?:said|believed)|known for|famous for|is called|are called",
    r"forget (?:about|the)|ignore|disregard|whether|unless|whenever",
    r"should i|do i|can i|may i|must i|shall i|(?:were|was) (?:asked|told|supposed)",
    r"how (?:to|do i|can i|should i) (?:write|use|say|make|create|compose|avoid|produce)",
)
_RELEASED_HERE = Phrase(
    r"\b(?:would (?:be|have|normally)|might|usually|typically|often|generally|used to|previously)\b"
)
_CONDITION = Phrase(r"\b(?P<as>as |even |what |see |and |or )?(?:if|when)\b(?P<you> you (?:can|could|would))?")
_PERSON = Phrase(
    r"\b(?:who|whose|whom|someone|somebody|anyone|people|characters?|the "
    r"(?:man|woman|author|writer|user|customer|speaker)) [^,]{0,60}$"
)
_ORDER_TO_YOU = Phrase(
    r"\b(?:must|should|shall|make sure|ensure|be sure|please|i want|i need|i'd like|without|with|in|using|and|but|"
    r"of|at|containing)\b"
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
_OTHER_AFTER = Phrase(
    r"^(?: [\w-]+){0,2} (?:was|were|had been|is (?:too|a|an|not)|has been|are (?:too|not)|isn't|is fine|is "
    r"ok(?:ay)?|would be|(?:is|are) what|is required to (?:get|be)|if (?:you|possible|needed))\b"
)
_TOLD_OTHERS = Phrase(
    r"\b(?:ask|tell|instruct|remind|advis|order|invit|teach|urg|warn)(?:e|es|s|ing)?"
    r" (?:(?:my|the|his|her|their|our|a|an|all|every|your) )?(?:[\w-]+ ){1,2}?(?:not )?to\b"
)
_TOOL = (
    r"(?:programs?|functions?|regex|expression|query|sql|code|methods?|tool|bot|app|application|macro|formula|"
    r"parser|validator|snippet|(?:bash|shell|python|javascript|js) script)"
)
_TEXT_FOR_OTHERS = r"(?:prompts?|policy|instructions?|rules?|guidelines|assignments?(?: sheet)?)"
_READERS = (
    r"(?:students?|pupils|employees|users|participants|staff|customers|guests|children|people|kids|visitors|a class)"
)
_MADE_TO_DO = Phrase(
    rf"\b{_TOOL} (?:[\w-]+ ){{0,2}}?(?:that|which|to)\b",
    rf"\b{_TEXT_FOR_OTHERS} (?:that|which|to|where|in which|(?:[\w-]+ )?for {_READERS})\b",
    r"\b(?:novels?|books?|films?|movies?) (?:[\w-]+ ){0,2}?(?:that|which|where)\b",
    rf"\bin which {_READERS}\b",
    rf"\b(?:wants?|expects?|requires?|asks?|tells?) (?:us|me|them|him|her|{_READERS}) to\b",
)
_OF_OTHERS = Phrase(
    r"\b(?:about|on|of) (?:an?|the|some|two|people|someone) (?:[\w-]+ ){1,4}?(?:that|which|who)\b",
    r"\b(?:scene|story|world|tale|novel|play|town|country|planet|society) (?:where|in which)\b",
    r"\b(?:ban|law|rule|policy|case|argument|petition|protest) (?:against|on|for) \w+ing\b",
    r"^(?:list|name|find|recommend|suggest) (?:me )?(?:[\w-]+ ){1,4}?(?:that|which|who)\b",
)
_WHY_THEY = Phrase(r"\b(?:why|how|that|whether|where) (?:[\w-]+ ){1,3}$")
_FINITE = Phrase(
    r"^(?:use|include|avoid|contain|mention|write|answer|wrap|end|finish|start|begin|repeat|respond|reply)\b"
)
_TOPIC_OF = Phrase(
    r"\b(?:ban|rules?|law|habit|art|practice|idea|point|history|risks?|trend|policy|reasons?|benefits?|advantages?|"
    r"effects?|purpose|difference|importance|challenge|problem) (?:of|on|for|against|to|between|with|about) $"
)
_ALREADY = Phrase(r"\b(?P<be>(?:be|<ANSWER>|<GENRE>|is) )?(?:written|published|composed|made|printed) $")
_SUBJECT = Phrase(
    r"(?:^|[,;:.(]\s*| and | that | sure | ensure )(?:the|a|an|his|her|their|its|all|any|this|these|those|each)"
    r"(?P<noun>(?: [\w'-]+){1,5}) (?:must|should|shall|has to|have to|needs? to|can|cannot|can't|are to|is to|"
    r"will)\b"
)
_PLURAL_SUBJECT = Phrase(
    r"(?:^(?:your )?|[,;:.(]\s*| and | that | which | your )(?P<noun>[\w-]+)"
    r" (?:must|should|shall|has to|have to|needs? to|are to)\b"
)
_YOU = Phrase(r"^(?:you|it|they|this|that|these|those|there|which|i|we|also|and|but|both|one|everything|all)$")
_DOC = Phrase(r"\b<GENRE>s?\b")


def disclaimed(sentence: str, start: int, end: int) -> bool:
    """Whether the words around the phrase at `start:end` say that it is no order about this answer."""
    before, after = sentence[:start] + " ", sentence[end : end + 80]
    clause = before[max(before.rfind(mark) for mark in (",", ";", ":", "(", ")", " and ", " but ")) + 1 :]
    if _RELEASED(before) or _RELEASED_HERE(clause) or _conditional(before) or _OTHER_AFTER(after):
        return True
    if _PAST(clause) and not _HOPING(clause):
        return True
    if _NOT_ASKING(sentence) and sentence.rstrip().endswith("?") and not _POLITE(before):
        return True
    return _of_others(before, clause, sentence[start:end]) or _of_another_subject(sentence, start, end)


def _conditional(before: str) -> bool:
    return any("as" not in hit and "you" not in hit for hit in _CONDITION.hits(before))


def _of_others(before: str, clause: str, phrase: str) -> bool:
    """Somebody else is told to, or another text or tool is described."""
    if (person := _PERSON.hit(clause)) and not _ORDER_TO_YOU(clause[person.start :]):
        return True
    if _TOLD_OTHERS(before + phrase[:8]) or _MADE_TO_DO(before) or _OF_OTHERS(clause) or _TOPIC_OF(before):
        return True
    if (made := _ALREADY.hit(before)) and "be" not in made:
        return True
    return _WHY_THEY(before) and _FINITE(phrase)


def _of_another_subject(sentence: str, start: int, end: int) -> bool:
    """`the password must ...`: what must is no text that could be the answer."""
    lead = sentence[:start] + " ".join(sentence[start:end].split()[:1]) + " "
    subject = _SUBJECT.hit(lead)
    if subject and not _DOC(subject["noun"]):
        return True
    return any(not _YOU(hit["noun"]) and not _DOC(hit["noun"]) for hit in _PLURAL_SUBJECT.hits(lead))
