"""What of a prompt is not the asker speaking: quotes, fences, block quotes, pasted text.

Every character is replaced by one character, so offsets into the masked text are offsets into the prompt. A short
quote keeps its marks (all kinds become one straight mark) around `HIDDEN` characters: a rule can then say "a quoted
value stands here" without ever reading inside it. Pasted text becomes `PASTED` and cannot be matched at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

HIDDEN = "\x01"
PASTED = "\x02"
_PLAIN = str.maketrans(
    {
        **dict.fromkeys("“”„‟«»″＂", '"'),
        **dict.fromkeys("‘’‚‛`´", "'"),
        **dict.fromkeys("\u00a0\u2009\u202f\t\x0b\x0c\x01\x02", " "),
        **dict.fromkeys("–—‒−", "-"),
        **dict.fromkeys("\r\u2028\u2029\x85", "\n"),
    }
)
_LONGEST_QUOTE = 8_000
_TRIES = 20
"""Marks that may stand inside a quote before its end is given up; keeps the reading linear."""
_LONGEST_WORD_IN_SINGLE_QUOTES = 120

_KINDS = (
    r"text|passage|article|paragraphs?|e-?mail|letter|essay|story|poem|sentences?|excerpt|document|message|review|"
    r"transcript|conversation|dialogue|code|snippet|function|abstract|(?:blog )?post|report|statement|data|"
    r"description|content|quote|speech|tweet|summary|lyrics|notes?|draft|resume|job description|prompt|chapter|"
    r"information|context|headline|comment|table|recipe|song|script|translation|dataset|material|limerick|blog"
)
_NOT_PASTED = (
    r"rules?|requirements?|constraints?|formats?|instructions?|criteria|structure|conditions?|guidelines?|"
    r"keywords?|words?|phrases?|templates?|restrictions?|specifications?|topics?|points?|sections?|order|letters?|"
    r"options?|layout|way|style"
)
_ANNOUNCED = re.compile(
    rf"\b(?:the following|following|(?:this|these|my|our) (?:[\w-]+ ){{0,3}}(?:{_KINDS})|(?:{_KINDS}) below|"
    rf"here(?:'s| is| are)|(?:the|this) (?:{_KINDS}) is)\b[^\n:.?!\"{PASTED}]{{0,90}}:(?=\s)",
    re.IGNORECASE,
)
_LISTED = re.compile(
    rf"\bfollowing (?!(?:[\w-]+ ){{0,3}}(?:{_KINDS})\b)(?!and\b|in\b|so\b|to\b|as\b|into\b|using\b|from\b)\w",
    re.IGNORECASE,
)
_POINTED_AT = re.compile(
    rf"\b(?:following (?:[\w-]+ ){{0,3}}(?:{_KINDS})|(?:{_KINDS}) (?:given |provided |pasted |attached )?below)\b",
    re.IGNORECASE,
)
_ABOVE = re.compile(rf"\b(?:(?:{_KINDS}) above|above (?:{_KINDS}))\b", re.IGNORECASE)
_REPEAT = re.compile(r"\brepeat\w*\b[^\n]{0,40}$", re.IGNORECASE)
_RESTRICTED = re.compile(rf"\b(?:{_NOT_PASTED})\b[^\n:]{{0,25}}:$", re.IGNORECASE)
_HANDED_OVER = re.compile(rf"(?:{_KINDS}) (?:in|into|to|using|within|with|as|so|and|for)\b", re.IGNORECASE)
_LABEL = re.compile(
    rf"^[ ]*(?:#+ *|\*\*)?(?:(?:the|original|source|input|student(?:'s)?|user(?:'s)?|reference) )?(?:{_KINDS}|"
    r"input|original|source|student|user|assistant|(?:response|answer|output)(?: [A-D0-9])?)(?:\*\*)? ?:(?:\*\*)?",
    re.IGNORECASE | re.MULTILINE,
)
_RESUMES = re.compile(
    r"^[ ]*(?:#+ *|\*\*)?(?:instructions?|task|question|requirements?|constraints?|rules|output format|format|"
    r"guidelines)(?:\*\*)? ?:",
    re.IGNORECASE | re.MULTILINE,
)
_FENCE = re.compile(r"^[ ]{0,8}(```+|~~~+|'''+|\"\"\"+)", re.MULTILINE)
_BLOCK_QUOTE = re.compile(r"^[ ]{0,4}>[^\n]*", re.MULTILINE)
_TAG = re.compile(r"^[ ]*<([A-Za-z][\w-]{0,40})>", re.MULTILINE)
_QUOTE = re.compile(r"[\"'{]")
_SHORT_LINE = 400
_NOT_BLANK = re.compile(r"\S")
_SENTENCE_END = re.compile(r"[.?!](?=\s|$)")
_BLANK_LINE = re.compile(r"\n[ ]*\n")


def mask(text: str) -> str:
    """`text` with everything that is quoted, fenced or pasted hidden; the same length."""
    masked = text.translate(_PLAIN)
    for hide in (_fences, _tags, _block_quotes):
        masked = _cover(masked, hide(text.translate(_PLAIN) if hide is _fences else masked))
    masked = _quotes(masked)
    for hide in (_labelled, _announced, _above):
        masked = _cover(masked, hide(masked))
    return masked


def _cover(text: str, spans: Iterator[tuple[int, int]]) -> str:
    """Pasted-over `text`; line ends stay, so that sentences still end where they did."""
    parts: list[str] = []
    done = 0
    for start, end in spans:
        if end <= done:
            continue
        start = max(start, done)
        parts += [text[done:start], re.sub(r"[^\n]", PASTED, text[start:end])]
        done = end
    return "".join([*parts, text[done:]])


def _fences(text: str) -> Iterator[tuple[int, int]]:
    opening: re.Match[str] | None = None
    for mark in _FENCE.finditer(text):
        if opening is None:
            opening = mark
        elif mark[1].startswith(opening[1]):
            yield opening.start(), mark.end()
            opening = None
    if opening is not None:
        yield opening.start(), len(text)


def _tags(text: str) -> Iterator[tuple[int, int]]:
    done = 0
    for tag in list(_TAG.finditer(text))[:50]:
        if tag.start() >= done and (end := text.find(f"</{tag[1]}>", tag.end())) >= 0:
            done = end
            yield tag.start(), end


def _block_quotes(text: str) -> Iterator[tuple[int, int]]:
    for line in _BLOCK_QUOTE.finditer(text):
        yield line.span()


def _quotes(text: str) -> str:
    """Quotes become `"`, hidden characters, `"`. A quote may cross a blank line only where a colon announces it."""
    out: list[str] = []
    done = 0
    for mark in _QUOTE.finditer(text):
        at = mark.start()
        if at < done or not _opens(text, at):
            continue
        end = _closing(text, at)
        if end is None:
            continue
        out += [text[done:at], '"', HIDDEN * (end - at - 1), '"']
        done = end + 1
    return "".join([*out, text[done:]])


def _opens(text: str, at: int) -> bool:
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    if text[at] == '"':
        return not before.isalnum() and bool(after) and not after.isspace()
    return (not before or before in ' \n([,:;/"-') and after.isalnum()


def _closing(text: str, at: int) -> int | None:
    """Where the quote that opens at `at` ends; an unclosed announced one runs to the end."""
    kind = "}" if text[at] == "{" else text[at]
    announced = text[max(0, at - 40) : at].rstrip().endswith(":")
    limit = min(len(text), at + (_LONGEST_QUOTE if kind == '"' else _LONGEST_WORD_IN_SINGLE_QUOTES))
    if kind != '"' and (line := text.find("\n", at, limit)) >= 0:
        limit = line
    elif kind == '"' and not announced and (blank := _BLANK_LINE.search(text, at, limit)):
        limit = blank.start()
    end = text.find(kind, at + 1, limit)
    for _ in range(_TRIES):
        if end < 0 or kind == "}" or not text[end + 1 : end + 2].isalnum():
            break
        end = text.find(kind, end + 1, limit)
    else:
        return None
    if end >= 0:
        return end
    return len(text) - 1 if kind == '"' and announced and limit == len(text) else None


def _labelled(text: str) -> Iterator[tuple[int, int]]:
    done = 0
    for label in _LABEL.finditer(text):
        if label.start() >= done:
            resumed = _RESUMES.search(text, label.end())
            done = resumed.start() if resumed else len(text)
            yield label.end(), done


def _announced(text: str) -> Iterator[tuple[int, int]]:
    """Text introduced as `the following text: ...`: to the line's end when it starts there, else all that follows."""
    done = 0
    for lead in _ANNOUNCED.finditer(text):
        if lead.start() >= done and (end := _announced_end(text, lead)) is not None:
            done = end
            yield lead.end(), end
    for lead in _POINTED_AT.finditer(text):
        if lead.start() >= done and (start := _pointed_start(text, lead)) is not None:
            resumed = _RESUMES.search(text, start)
            done = resumed.start() if resumed else len(text)
            yield start, done


def _announced_end(text: str, lead: re.Match[str]) -> int | None:
    if (_RESTRICTED.search(lead[0]) and not _HANDED_OVER.search(lead[0])) or _is_repeated(text, lead):
        return None
    line_end = text.find("\n", lead.end())
    line_end = len(text) if line_end < 0 else line_end
    rest = text[lead.end() : line_end].strip()
    start = _NOT_BLANK.search(text, lead.end())
    if start is None or start[0] in ('"', PASTED):  # what was announced is hidden already
        return None
    if rest and _LISTED.search(lead[0]):
        stop = _SENTENCE_END.search(text, lead.end(), line_end)
        return stop.start() if stop else line_end
    if rest and len(rest) < _SHORT_LINE:
        return line_end
    resumed = _RESUMES.search(text, lead.end())
    return resumed.start() if resumed else len(text)


def _pointed_start(text: str, lead: re.Match[str]) -> int | None:
    """Where the text begins that is pointed at as `the passage below`: after this paragraph."""
    if _is_repeated(text, lead):
        return None
    blank = _BLANK_LINE.search(text, lead.end())
    paragraph_end = blank.start() if blank else len(text)
    rest = text[lead.end() : paragraph_end]
    if '"' in rest or PASTED in rest or (":" in rest and "\n" not in rest[rest.index(":") :].strip()):
        return None
    start = paragraph_end if blank else text.find("\n", lead.end())
    return start if 0 <= start < len(text) else None


def _is_repeated(text: str, lead: re.Match[str]) -> bool:
    """`repeat the following text` speaks of the prompt itself."""
    return _REPEAT.search(text[max(0, lead.start() - 60) : lead.start()]) is not None


def _above(text: str) -> Iterator[tuple[int, int]]:
    for mention in _ABOVE.finditer(text):
        if not _is_repeated(text, mention):
            yield 0, max(0, text.rfind("\n", 0, mention.start()))
