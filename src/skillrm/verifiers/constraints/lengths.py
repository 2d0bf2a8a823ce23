"""How long: words, sentences, paragraphs, bullets, characters, and the first word of a paragraph."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydantic import JsonValue

from skillrm.verifiers.constraints.directives import asked, directed
from skillrm.verifiers.constraints.found import Found
from skillrm.verifiers.constraints.numbers import NUMBER, Bound, bound_of, counted, number_of, number_of_them
from skillrm.verifiers.constraints.phrases import BARE, Hit, Phrase
from skillrm.verifiers.constraints.reading import Page, Sentence

_WORDS = counted(r"words?")
_WORD_COUNT = Phrase(
    rf"(?:(?P<max>max(?:imum)? )|(?P<min>min(?:imum)? ))?word[ -](?:(?P<limit>limit)|count|length)(?: (?:of|is|"
    rf"must be|should be|to be|at|to|should not|must not))*\s?:? "
    rf"(?:(?P<ge>at least|no less than|minimum|over|above)|(?P<le>at most|no more than|under|below|exceed|"
    rf"within|maximum) )?(?P<a>{NUMBER})(?: words)?\b"
)
_N_WORD_LIMIT = Phrase(rf"\b(?P<a>{NUMBER})[ -]words?[ -](?:(?P<le>limit|maximum|max|cap)|(?P<ge>minimum|min))\b")
_NOT_A_LENGTH = Phrase(
    r"^(?: (?:or (?:phrases?|expressions?)|that|which|who|of (?:the|your|his|her|wisdom)|from|starting|"
    r"beginning|ending|containing|related|such as|like|rhym\w+|"
    r"describing|to (?:describe|highlight|use|express|explain)|(?:in|with|using) (?:all |only )?(?:bold|"
    r"italics?|capital|caps|upper|lower|the letter|letters)|explaining|per|apart|ago)\b|\s*[:=/(]\s*[\x01\"])"
)
_TOTAL_WORDS = number_of_them(r"(?:total )?number of words|word count|length in words")
_TOTAL_SENTENCES = number_of_them(r"(?:total )?number of sentences|sentence count")
_PIECES = Phrase(r"\b(?:include|add|mention|highlight|bold|italici[sz]e|insert|with at least|contain\w*)\b")
_SHORT_THING = Phrase(
    r"\b(?:names?|titles?|slogans?|taglines?|nicknames?|headlines?|captions?|usernames?|passwords?|hashtags?|"
    r"phrases?|"
    r"labels?|keywords?|queries|query)\b[^,;:.]*$"
)
_OWN_LENGTH = Phrase(r"\b(?:response|answer|reply|essay|story|long|length|write|respond)\b")
_SENTENCES = counted(r"sentences?", between=r"(?:(?:short|long|complete|full|simple|very|concise|brief|total) ){0,2}")
_PARAGRAPHS = counted(
    r"paragraphs?", between=r"(?:(?:short|long|distinct|well-structured|separate|different|concise|brief) ){0,2}"
)
_BULLETS = counted(
    r"bullets|bullet[ -]?points?|bulleted (?:points|items)",
    between=r"(?:(?:short|very|markdown|main|key|concise|brief|clear|distinct|detailed) ){0,2}",
)
_AS_BULLETS = counted(r"[\w' -]{2,60}? (?:in|using|as|with|in the form of) (?:markdown )?bullet(?:ed)?[ -]?points")
_CHARACTERS = counted(r"characters?")
_ABOUT = Phrase(r"^ (?:about|on|explaining|describing|for)\b")
_AS_LENGTH = Phrase(
    r"\b(?:in|into|to|use|using|limit\w*|contain\w*|have|has|is|be|includ\w+|consists? of|with) ?(?:only|just|a "
    r"total of)?\s*$"
)
_PRODUCE = Phrase(r"\b(?:write|compose|give|provide|draft|create|produce|generate)(?: me)? (?:an? )?$")
_STARS = Phrase(r"(?:^|[^*])\*\*\*(?:$|[^*])|\b(?:3|three) (?:asteri|aster|star|\"?\*)")
_SPLIT = Phrase(r"\b(?:separat\w+|divid\w+|delimit\w*|split\w*|break|parted)\b")
_PIECE_COUNT = counted(
    r"(?:paragraphs?|sections?|stanzas?|parts?|steps?|verses?|chapters?|scenes?|pieces?|blocks?)",
    between=r"(?:(?:short|long|distinct|different|separate|main|first|basic) ){0,2}",
)
_A_AND_B = Phrase(
    r"\bseparat\w+ (?:the |your |these )?(?:[\w-]+ ){1,3}and (?:the |your )?(?:[\w-]+ ){0,4}?(?:with|by|using)\b"
)
_FORMAT = Phrase(r"\b(?:exact |following |this )format(?: below)?\b")
_SPACED_STARS = re.compile(r"\* \* \*")
_DIVIDER_LINE = re.compile(r"^[ ]*\*\*\*[ ]*$", re.MULTILINE)
_ELLIPSIS = re.compile(r"^[ ]*(?:\.\.\.|…)", re.MULTILINE)
_ORDINALS = dict(
    zip(
        ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"),
        range(1, 11),
        strict=True,
    )
)
_NTH = rf"(?P<nth>{'|'.join(_ORDINALS)}|[0-9]{{1,2}}(?:st|nd|rd|th)|last|final)"
_FIRST_WORDS = (
    Phrase(
        rf"\b{_NTH} paragraph,? (?:must|should|needs to|has to|to|will)? ?(?:start|begin|starts|begins|starting|"
        rf"beginning) with (?:the )?(?:exact )?(?:word )?(?P<value><Q>|(?:word )?{BARE})"
    ),
    Phrase(
        rf"\bparagraph (?P<number>{NUMBER}),? (?:must|should|needs to|has to|to|will)? ?(?:start|begin|starts|"
        rf"begins) with (?:the )?(?:word )?(?P<value><Q>|{BARE})"
    ),
    Phrase(
        rf"\b(?:start|begin) (?:the |your )?(?:very )?{_NTH} paragraph with (?:the )?(?:exact )?(?:word "
        rf")?(?P<value><Q>|{BARE})"
    ),
    Phrase(
        rf"\bfirst word of (?:the |your )?(?:very )?{_NTH} paragraph (?:must be|should be|is|must read|has to "
        rf"be|needs to be) (?:the word )?(?P<value><Q>|{BARE})"
    ),
)


def find(page: Page) -> Iterator[Found]:
    """Every length constraint of a page, in no particular order."""
    yield from _words(page)
    yield from _sentences(page)
    yield from _paragraphs(page)
    yield from _bullets(page)
    yield from _characters(page)


def official(
    verifier: str,
    bound: Bound,
    args: dict[str, JsonValue],
    names: tuple[str, str],
    text: str,
    at: tuple[int, int],
    slot: str,
) -> Iterator[Found]:
    """One finding per side of the bound, in the relation and number arguments of the official family."""
    for relation, number in bound.official():
        low = relation == "at least"
        yield Found(
            verifier,
            text,
            *at,
            {**args, names[0]: relation, names[1]: number},
            slot,
            "low" if low else "high",
            number - (not low),
        )


def place(sentence: Sentence, hit: Hit) -> tuple[int, int]:
    """Page offsets of the hit, without the character before it that a count may hold."""
    lead = len(hit.text[hit.start : hit.end]) - len(hit.text[hit.start : hit.end].lstrip(" \n(\"'*_[|&>"))
    return sentence.start + hit.start + lead, sentence.start + hit.end


def _words(page: Page) -> Iterator[Found]:
    name = "ifeval:length_constraints:number_words"
    found: list[tuple[tuple[int, int], Bound]] = []
    for sentence, hit in asked(page, _WORDS, "word", "whole"):
        bound = bound_of(hit)
        if bound is None or bound.bare or _NOT_A_LENGTH(hit.text[hit.end : hit.end + 40]) or "just" in hit:
            continue
        small = bound.low is not None and bound.low < 20 and not bound.exact
        if _SHORT_THING(hit.text[max(0, hit.start - 90) : hit.start + 1]):
            continue
        if small and (_PIECES(hit.text[: hit.start]) or not _OWN_LENGTH(hit.text)):
            continue
        if (
            hit["unit"].lower() == "word"
            and "b" not in hit
            and "plus" not in hit
            and bound.low != 1
            and bound.high != 1
        ):
            continue
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
        text = f"The response has {bound.words('word')}."
        yield from official(name, bound, {}, ("relation", "num_words"), text, at, name)


def _sentences(page: Page) -> Iterator[Found]:
    name = "ifeval:length_constraints:number_sentences"
    for phrase in (_SENTENCES, _TOTAL_SENTENCES):
        for sentence, hit in asked(page, phrase, "sentence", "whole"):
            bound = bound_of(hit)
            if bound is None or _NOT_A_LENGTH(hit.text[hit.end : hit.end + 40]) or not _measures(hit, bound):
                continue
            text = f"The response has {bound.words('sentence')}."
            yield from official(name, bound, {}, ("relation", "num_sentences"), text, place(sentence, hit), name)


def _measures(hit: Hit, bound: Bound) -> bool:
    """A bare `three sentences` measures only as `in three sentences`; after `include` it is a piece of the answer."""
    before = hit.text[: hit.groups["a"][0]]
    if not bound.bare:
        return not (_PIECES(before[-60:]) and _ABOUT(hit.text[hit.end :]))
    lead = hit.text[hit.start : hit.groups["a"][0]].strip(" ,(").lower()
    return lead in ("", "only", "just", "a total of") and _AS_LENGTH(before)


def _paragraphs(page: Page) -> Iterator[Found]:
    divided = _divided(page)
    if divided:
        yield divided
    found: list[tuple[Bound, tuple[int, int]]] = []
    for sentence, hit in asked(page, _PARAGRAPHS, "paragraph", "whole"):
        bound = bound_of(hit)
        if (
            bound is None
            or (bound.bare and not _bare_count(hit, bound))
            or _NOT_A_LENGTH(hit.text[hit.end : hit.end + 40])
        ):
            continue
        found.append((bound, place(sentence, hit)))
    count = next((bound.low for bound, _ in reversed(found) if bound.exact), None)
    begun = list(_first_word(page, count)) if count is not None else []
    yield from begun
    if not divided and not begun and not _SPACED_STARS.search(page.masked):  # `* * *` has no checker
        for bound, at in found:
            yield from _measured("paragraphs", bound, f"The response has {bound.words('paragraph')}.", at)


def _bare_count(hit: Hit, bound: Bound) -> bool:
    return _measures(hit, bound) or _PRODUCE(hit.text[: hit.groups["a"][0]])


def _measured(unit: str, bound: Bound, text: str, at: tuple[int, int]) -> Iterator[Found]:
    args: dict[str, JsonValue] = {"unit": unit}
    if bound.low is not None:
        args["min"] = bound.low
    if bound.high is not None:
        args["max"] = bound.high
    yield Found("structure:length", text, *at, args, f"length:{unit}")


def _divided(page: Page) -> Found | None:
    """Pieces separated by `***`: counted in that sentence, else in the nearest one before, else in a template."""
    for number, sentence in enumerate(page.sentences):
        split = _SPLIT.hit(sentence.text)
        if split is None or not _STARS(sentence.text):
            continue
        ordered = directed(sentence.text, split.start, split.end)
        for near in (sentence, *reversed(page.sentences[max(0, number - 8) : number])):
            for hit in _PIECE_COUNT.hits(near.text):
                bound = bound_of(hit)
                counted_by_order = ordered or directed(near.text, hit.start, hit.end)
                if bound is not None and bound.exact and bound.low and counted_by_order:
                    return _pieces(bound.low, (near.start + hit.start, near.start + len(near.text)))
        if ordered and _A_AND_B(sentence.text):
            return _pieces(2, (sentence.start, sentence.start + len(sentence.text)))
    return _template(page)


def _template(page: Page) -> Found | None:
    """A format that is shown, its parts divided by lines of `***`."""
    dividers = [match.start() for match in _DIVIDER_LINE.finditer(page.masked)]
    for sentence, hit in asked(page, _FORMAT, "format"):
        below = [at for at in dividers if at > sentence.start]
        if below and not _ELLIPSIS.search(page.masked, below[0]):
            return _pieces(len(below) + 1, (sentence.start + hit.start, sentence.start + hit.end))
    return None


def _pieces(number: int, at: tuple[int, int]) -> Found:
    return Found(
        "ifeval:length_constraints:number_paragraphs",
        f"The response has exactly {number} parts separated by ***.",
        *at,
        {"num_paragraphs": number},
    )


def _first_word(page: Page, count: int) -> Iterator[Found]:
    for phrase in _FIRST_WORDS:
        for sentence, hit in asked(page, phrase, "paragraph"):
            start, end = hit.groups["value"]
            word = page.words(sentence.start + start, sentence.start + end).split()[-1].strip("\"'“”‘’.,").lower()
            nth = _nth(hit, count)
            if nth is None or nth > count or not word or word in ("a", "an", "the", "word"):
                continue
            yield Found(
                "ifeval:length_constraints:nth_paragraph_first_word",
                f'The response has exactly {count} paragraphs and paragraph {nth} begins with "{word}".',
                sentence.start + hit.start,
                sentence.start + hit.end,
                {"num_paragraphs": count, "nth_paragraph": nth, "first_word": word},
                f"first_word:{nth}",
            )


def _nth(hit: Hit, count: int) -> int | None:
    if "number" in hit:
        return number_of(hit["number"])
    word = hit["nth"].lower()
    if word in ("last", "final"):
        return count
    return _ORDINALS.get(word) or int("".join(filter(str.isdigit, word)) or 0) or None


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
                yield from _measured("bullets", bound, text, at)


def _characters(page: Page) -> Iterator[Found]:
    for sentence, hit in asked(page, _CHARACTERS, "character", "whole"):
        bound = bound_of(hit)
        number = bound and (bound.low or bound.high)
        if bound is None or not number or number < 40 or bound.bare:
            continue
        text = f"The response has {bound.words('character')}."
        yield from _measured("characters", bound, text, place(sentence, hit))
