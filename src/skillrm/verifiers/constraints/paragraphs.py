"""How many paragraphs or parts, what divides them, and the word that one of them begins with."""

from __future__ import annotations

import re
from collections.abc import Iterator

from skillrm.verifiers.constraints.directives import asked, directed
from skillrm.verifiers.constraints.found import Found, place
from skillrm.verifiers.constraints.lengths import NOT_A_LENGTH, measured, measures
from skillrm.verifiers.constraints.numbers import NUMBER, Bound, bound_of, counted, number_of
from skillrm.verifiers.constraints.phrases import BARE, Hit, Phrase
from skillrm.verifiers.constraints.reading import Page

_PARAGRAPHS = counted(
    r"paragraphs?", between=r"(?:(?:short|long|distinct|well-structured|separate|different|concise|brief) ){0,2}"
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
        rf"\b{_NTH} paragraph,? (?:must|should|needs to|has to|to|will)?"
        r" ?(?:start|begin|starts|begins|starting|beginning) with (?:the )?(?:exact )?(?:word )?"
        rf"(?P<value><Q>|(?:word )?{BARE})"
    ),
    Phrase(
        rf"\bparagraph (?P<number>{NUMBER}),? (?:must|should|needs to|has to|to|will)?"
        rf" ?(?:start|begin|starts|begins) with (?:the )?(?:word )?(?P<value><Q>|{BARE})"
    ),
    Phrase(
        rf"\b(?:start|begin) (?:the |your )?(?:very )?{_NTH} paragraph with (?:the )?(?:exact )?(?:word )?"
        rf"(?P<value><Q>|{BARE})"
    ),
    Phrase(
        rf"\bfirst word of (?:the |your )?(?:very )?{_NTH} paragraph "
        rf"(?:must be|should be|is|must read|has to be|needs to be) (?:the word )?(?P<value><Q>|{BARE})"
    ),
)


def find(page: Page) -> Iterator[Found]:
    """How many paragraphs, and the first words of theirs that are prescribed."""
    divided = _divided(page)
    if divided:
        yield divided
    found: list[tuple[Bound, tuple[int, int]]] = []
    for sentence, hit in asked(page, _PARAGRAPHS, "paragraph", "whole"):
        bound = bound_of(hit)
        if (
            bound is None
            or (bound.bare and not _bare_count(hit, bound))
            or NOT_A_LENGTH(hit.text[hit.end : hit.end + 40])
        ):
            continue
        found.append((bound, place(sentence, hit)))
    count = next((bound.low for bound, _ in reversed(found) if bound.exact), None)
    begun = list(_first_word(page, count)) if count is not None else []
    yield from begun
    if not divided and not begun and not _SPACED_STARS.search(page.masked):  # `* * *` has no checker
        for bound, at in found:
            yield from measured("paragraphs", bound, f"The response has {bound.words('paragraph')}.", at)


def _bare_count(hit: Hit, bound: Bound) -> bool:
    return measures(hit, bound) or _PRODUCE(hit.text[: hit.groups["a"][0]])


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
