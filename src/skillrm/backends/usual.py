"""Replies in the shape that nearly all servers send, read in one go; whatever departs from it is left to `decode`."""

from __future__ import annotations

from typing import Annotated

import msgspec

from skillrm.backends.chat import ChatReply, ChatUsage, ToolCall
from skillrm.backends.decode import MOST_CALLS, MOST_TOKENS, Prices

_Count = Annotated[int, msgspec.Meta(ge=0, lt=MOST_TOKENS)]


class _Function(msgspec.Struct):
    name: str
    arguments: str


class _Call(msgspec.Struct):
    id: str
    function: _Function


class _Message(msgspec.Struct):
    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    refusal: str | None = None
    tool_calls: list[_Call] | None = None
    function_call: None = None


class _Choice(msgspec.Struct):
    message: _Message
    finish_reason: str | None = None


class _Details(msgspec.Struct):
    cached_tokens: _Count = 0


class _Usage(msgspec.Struct):
    prompt_tokens: _Count = 0
    completion_tokens: _Count = 0
    prompt_tokens_details: _Details | None = None


class _Usual(msgspec.Struct):
    choices: list[_Choice]
    usage: _Usage
    model: str | None = None


_DECODER = msgspec.json.Decoder(_Usual)


def usual_reply(content: bytes, *, attempts: int, ms: float, prices: Prices | None) -> ChatReply | None:
    """What `decode.reply_from` makes of the body, at half its cost; None where it is not of the usual shape."""
    try:
        body = _DECODER.decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if not body.choices:
        return None
    choice, usage = body.choices[0], body.usage
    message = choice.message
    calls: tuple[ToolCall, ...] = ()
    if message.tool_calls:
        listed = message.tool_calls
        if (
            not all(call.id for call in listed)
            or len({call.id for call in listed}) < len(listed)
            or len(listed) > MOST_CALLS
        ):
            return None
        calls = tuple([ToolCall(call.id, call.function.name, call.function.arguments) for call in listed])
    prompt, completion, details = usage.prompt_tokens, usage.completion_tokens, usage.prompt_tokens_details
    return ChatReply(
        message.content if calls or message.content is not None else message.refusal,
        message.reasoning_content or message.reasoning,
        calls,
        choice.finish_reason,
        ChatUsage(
            prompt,
            completion,
            details.cached_tokens if details is not None else 0,
            None if prices is None else (prompt * prices[0] + completion * prices[1]) / 1e6,
        ),
        attempts,
        ms,
        body.model,
    )
