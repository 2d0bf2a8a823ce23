"""An HTTP body as a chat reply. The body comes from outside: whatever it holds, it ends as a reply or one error."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from skillrm.backends.chat import ChatReply, ChatUsage, ToolCall
from skillrm.backends.encode import whole
from skillrm.errors import BackendReplyError

MOST_CALLS = 256
MOST_TOKENS = 2**53
_HEAD = 1 << 16
Prices = tuple[float, float]
Hide = Callable[[str], str]
"""Takes secrets out of a text."""


class Body(msgspec.Struct):
    """The parts of a body that anyone looks at; the rest (log probabilities, timings) is skipped unread."""

    choices: Any = None
    usage: Any = None
    model: Any = None
    error: Any = None
    message: Any = None
    detail: Any = None
    object: Any = None


_DECODER = msgspec.json.Decoder(Body)


def read_body(content: bytes, hide: Hide = str) -> Body:
    """The body as JSON. Raises `BackendReplyError` with the head of what came instead, secrets taken out by `hide`."""
    try:
        return _DECODER.decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        pass
    try:  # Python's decoder takes what strict ones refuse: lone surrogates, NaN, a byte order mark
        value = json.loads(content.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError) as error:
        raise BackendReplyError(f"the body is not JSON ({type(error).__name__}): {excerpt(content, hide)}") from None
    if not isinstance(value, dict):
        raise BackendReplyError(f"the body is JSON, but no object: {excerpt(content, hide)}")
    return Body(**{name: value.get(name) for name in Body.__struct_fields__})


def reply_from(body: Body, *, attempts: int = 1, ms: float = 0.0, prices: Prices | None = None) -> ChatReply:
    """The first choice's message. Raises `BackendReplyError` when there is none."""
    choices = body.choices
    choice = choices[0] if isinstance(choices, list) and choices else None
    if not isinstance(choice, dict):
        raise BackendReplyError(f"the reply holds no choice: {_shown(choices)}")
    message = choice.get("message")
    if not isinstance(message, dict):
        raise BackendReplyError(f"the reply holds no message: {_shown(message)}")
    calls = _calls(message)
    text = _text(message.get("content"))
    if text is None and not calls:
        text = _text(message.get("refusal"))
    return ChatReply(
        text=text,
        reasoning=_text(message.get("reasoning_content")) or _text(message.get("reasoning")),
        tool_calls=calls,
        finish_reason=_text(choice.get("finish_reason")),
        usage=_usage(body.usage, prices),
        attempts=attempts,
        ms=ms,
        model=_text(body.model),
    )


def excerpt(content: bytes, hide: Hide = str) -> str:
    """The head of a body, safe in an error or a log."""
    return repr(one_line(content[:_HEAD].decode("utf-8", "replace"), hide, 200)) if content else "nothing"


def one_line(text: str, hide: Hide, limit: int) -> str:
    """`text` without secrets and control characters, cut to `limit` only after the secrets are out."""
    head = hide(whole(text[:_HEAD]))[: 4 * limit]
    return " ".join("".join(c if c.isprintable() else " " for c in head).split())[:limit]


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return whole(value) if value else value
    if not isinstance(value, list):
        return None
    parts = [part.get("text") if isinstance(part, dict) else part for part in value]
    return whole("".join(part for part in parts if isinstance(part, str)))


def _calls(message: Mapping[str, Any]) -> tuple[ToolCall, ...]:
    listed = message.get("tool_calls")
    if not listed or not isinstance(listed, list):
        old = message.get("function_call")
        listed = [{"function": old}] if isinstance(old, dict) else []
    calls: list[ToolCall] = []
    used: set[str] = set()
    for number, call in enumerate(listed[:MOST_CALLS], start=1):
        function = call.get("function") if isinstance(call, dict) else None
        if not isinstance(function, dict):
            continue
        identity = _text(call.get("id")) or f"call_{number}"
        while identity in used:
            identity = f"{identity}_{number}"
        used.add(identity)
        calls.append(ToolCall(identity, _text(function.get("name")) or "", _arguments(function.get("arguments"))))
    return tuple(calls)


def _arguments(value: Any) -> str:
    if isinstance(value, str):
        return whole(value)
    if value is None:
        return ""
    try:  # some servers send the object itself
        return whole(json.dumps(value, ensure_ascii=False))
    except RecursionError:
        return ""


def _usage(value: Any, prices: Prices | None) -> ChatUsage:
    usage = value if isinstance(value, dict) else {}
    details = usage.get("prompt_tokens_details")
    prompt, completion = _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens"))
    return ChatUsage(
        prompt_tokens=prompt,
        completion_tokens=completion,
        cached_tokens=_count(details.get("cached_tokens")) if isinstance(details, dict) else 0,
        cost_usd=None if prices is None else (prompt * prices[0] + completion * prices[1]) / 1e6,
    )


def _count(value: Any) -> int:
    """A token count; anything that is none counts as 0."""
    return value if type(value) is int and 0 <= value < MOST_TOKENS else 0


def _shown(value: Any) -> str:
    if isinstance(value, list | dict):
        return f"a {type(value).__name__} of {len(value)}"
    return repr(value)[:60]
