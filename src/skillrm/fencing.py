"""Data stays data: everything that comes from a sample or a tool is fenced, and whatever could pass for a fence, a tool
result or a chat template's own token is neutralised, reversibly.

A fence is `⟪o2 candidate A · 7f3a9c21e0⟫ ... ⟪end o2 · 7f3a9c21e0⟫`. The brackets never occur inside (they are
escaped), and the marker is drawn from the prompt: it stands only after the stable prefix, the same for all answers.
"""

from __future__ import annotations

import hashlib
import re

import re2

ESCAPE = "\u241b"
OPENING, CLOSING = "⟪", "⟫"

# Tokens by which chat templates mark turns, tools and reasoning. Longest alternatives first.
_TOKEN = re.compile(
    r"<\|[^\s|<>]{1,40}\|>"
    r"|<｜[^｜<>]{1,40}｜>"
    r"|</?(?:s|bos|eos|think|thinking|system|user|assistant|tool|tool_call|tool_calls|tool_response|tool_result|function_call"
    r"|function_calls|function_results|invoke|start_of_turn|end_of_turn|start_of_image|unused\d{1,3})(?:\s[^<>]{0,80})?>"
    r"|\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|IMG|B_SYS|E_SYS)\]"
    r"|<</?SYS>>",
    re.IGNORECASE,
)
_NEUTRALISE = re.compile(f"{ESCAPE}|{OPENING}|{CLOSING}|{_TOKEN.pattern}", re.IGNORECASE)
_RESTORE = re.compile(f"{ESCAPE}([{ESCAPE}()]?)")
_ESCAPED = {ESCAPE: ESCAPE + ESCAPE, OPENING: ESCAPE + "(", CLOSING: ESCAPE + ")"}
_RESTORED = {ESCAPE: ESCAPE, "(": OPENING, ")": CLOSING, "": ""}

# Words by which an answer tries to speak to its judge. Flagged and reported; they weigh nothing.
_ADDRESSED = re2.compile(
    r"(?i)\b(?:dear|attention|note to|message to|instructions? (?:to|for)) (?:the )?"
    r"(?:judges?|graders?|evaluators?|reviewers?|rating model)\b"
    r"|\bas the (?:judge|grader|evaluator)\b"
    r"|\b(?:ignore|disregard|forget) (?:all |any )?(?:the )?(?:previous|prior|above|earlier) "
    r"(?:instructions?|prompts?|criteria|rubrics?)"
    r"|\b(?:final|my) (?:verdict|judgment|judgement|decision) *(?:is)? *[:=]"
    r"|\[\[ *[A-J] *\]\]"
    r"|\b(?:this|my|the (?:first|above)) (?:answer|response|candidate) (?:should|must|deserves to) "
    r"(?:be (?:rated|scored|graded|preferred|chosen)|win|receive)"
    r"|\b(?:award|assign|give) (?:this|it|me|candidate [A-Z]|response [A-Z]) (?:a |the )?"
    r"(?:full|maximum|highest|perfect|top)\b"
    r"|\brecord_evidence\b|\bsubmit\("
)
_ADDRESS_LIMIT = 200_000


def marker(prompt: str) -> str:
    """Ten hex digits drawn from the prompt: the same for a whole rollout group."""
    return hashlib.sha256(b"skillrm fence\0" + prompt.encode("utf-8", "replace")).hexdigest()[:10]


def neutralise(text: str) -> str:
    """`text` with fences and template tokens broken by an escape mark; `restore` is its inverse."""
    suspect = "<" in text or "[" in text  # whatever is neutralised begins with one of these, or is one of ours
    ours = not text.isascii() and (ESCAPE in text or OPENING in text or CLOSING in text)
    return _NEUTRALISE.sub(_break, text) if suspect or ours else text


def _break(match: re.Match[str]) -> str:
    found = match[0]
    return _ESCAPED.get(found) or f"{found[0]}{ESCAPE}{found[1:]}"


def restore(text: str) -> str:
    """What `neutralise` was given."""
    return _RESTORE.sub(lambda match: _RESTORED[match[1]], text) if ESCAPE in text else text


def fence(name: str, text: str, mark: str) -> str:
    """`text`, neutralised, between two fences that carry `name` and the marker."""
    identity = name.split(" ", 1)[0]
    return f"{OPENING}{name} · {mark}{CLOSING}\n{neutralise(text)}\n{OPENING}end {identity} · {mark}{CLOSING}"


def unfence(rendered: str, name: str, mark: str) -> str | None:
    """The text that was fenced under `name`, exactly; None when there is no such fence."""
    opening = f"{OPENING}{name} · {mark}{CLOSING}\n"
    start = rendered.find(opening)
    end = rendered.find(f"\n{OPENING}end {name.split(' ', 1)[0]} · {mark}{CLOSING}", start)
    return restore(rendered[start + len(opening) : end]) if start >= 0 and end >= 0 else None


def shorten(text: str, limit: int) -> tuple[str, bool]:
    """Head and tail of a text longer than `limit` characters, with a note between; and whether it was cut."""
    if len(text) <= limit:
        return text, False
    head, tail = limit * 2 // 3, limit - limit * 2 // 3
    return f"{text[:head]}\n[... {len(text) - limit} of {len(text)} characters not shown ...]\n{text[-tail:]}", True


def suspicions(text: str) -> tuple[str, ...]:
    """What in a candidate looks addressed to the judge or to the chat template; empty for ordinary text."""
    head = text[:_ADDRESS_LIMIT]
    seen = [match[0] for match in _ADDRESSED.finditer(head)]
    if "<" in head or "[" in head:
        tokens = (match[0] for match in _TOKEN.finditer(head))
        seen += [token for token in tokens if not token.lower().lstrip("</").startswith("think")]
    seen += [bracket for bracket in (OPENING, CLOSING) if bracket in text]
    return tuple(dict.fromkeys(seen))[:8]
