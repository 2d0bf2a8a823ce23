"""A chat request as the bytes of an HTTP body."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec

from skillrm.backends.chat import ChatRequest
from skillrm.errors import BackendRequestError

ADAPTABLE: Mapping[str, str] = {
    "max_tokens": "sent as max_completion_tokens",
    "temperature": "left out",
    "seed": "left out",
}
"""Fields that some servers refuse, and what becomes of them there."""
_PLAIN = ("tool_choice", "temperature", "max_tokens", "seed", "response_format")


def body_of(
    model: str, request: ChatRequest, extra: Mapping[str, Any], unsupported: frozenset[str] = frozenset()
) -> bytes:
    """The body of `request` for `model`; `extra` are the backend's own fields, which the request's fields win over, and
    `unsupported` the `ADAPTABLE` fields that this server refuses.

    Lone surrogates become U+FFFD and NaN null: no server could read them. Raises `BackendRequestError` for what JSON
    cannot hold, and for `stream`, because replies are read as a whole.
    """
    body: dict[str, Any] = {"model": model, "messages": request.messages, **extra}
    if request.tools is not None:
        body["tools"] = _raw(request.tools)
    for name in _PLAIN:
        value = getattr(request, name)
        if value is not None:
            body[name] = value
    if request.extra:
        body.update(request.extra)
    for name in unsupported:
        value = body.pop(name, None)
        if name == "max_tokens" and value is not None:
            body.setdefault("max_completion_tokens", value)
    if None in body.values():
        body = {name: value for name, value in body.items() if value is not None}
    if body.get("stream"):
        raise BackendRequestError("stream=true cannot be used: replies are read as a whole")
    try:
        return _ENCODER.encode(body)
    except UnicodeEncodeError:
        return _mended(body)
    except (TypeError, ValueError, RecursionError) as error:
        raise BackendRequestError(f"the request cannot be written as JSON: {error}"[:300]) from None


def whole(text: str) -> str:
    """`text` with each surrogate pair joined and each lone surrogate as U+FFFD."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def _mended(body: dict[str, Any]) -> bytes:
    tools = body.pop("tools", None)
    text = whole(json.dumps(body, ensure_ascii=False, default=_plain))
    if tools is not None:
        tools_text = bytes(tools).decode() if isinstance(tools, msgspec.Raw) else whole(json.dumps(tools))
        text = f'{text[:-1]},"tools":{tools_text}}}'
    return text.encode()


@lru_cache(maxsize=64)
def _raw(tools: str) -> msgspec.Raw:
    return msgspec.Raw(whole(tools).encode())


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


_ENCODER = msgspec.json.Encoder(enc_hook=_plain)
