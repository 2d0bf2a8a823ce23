"""What a judge model is asked and what it gives back: the contract that every backend keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One tool call of a reply. `id` is never empty and unique within the reply."""

    id: str
    name: str
    arguments: str
    """Raw JSON text as the model wrote it; may be broken JSON, or empty when the model sent none."""


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One chat completion, in the OpenAI shape. None leaves a field out, so that the server's default holds."""

    messages: tuple[Mapping[str, Any], ...]
    tools: str | None = None
    """JSON array of tool schemas, already serialised: it is constant and goes into the body as it is."""
    tool_choice: str | Mapping[str, Any] | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    seed: int | None = None
    response_format: Mapping[str, Any] | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Further body fields, such as `chat_template_kwargs`. They win over all others; None removes a field."""


@dataclass(frozen=True, slots=True)
class ChatUsage:
    """What one call has used, as the server counts; 0 where it says nothing."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    """Prompt tokens that came out of the server's prefix cache; part of `prompt_tokens`."""
    cost_usd: float | None = None
    """None unless the backend was given prices."""


@dataclass(frozen=True, slots=True)
class ChatReply:
    """One assistant message. Strings hold no lone surrogates, so they can be written anywhere."""

    text: str | None = None
    reasoning: str | None = None
    """What the server split off as `reasoning_content` or `reasoning`; never part of `text`."""
    tool_calls: tuple[ToolCall, ...] = ()
    finish_reason: str | None = None
    usage: ChatUsage = ChatUsage()
    attempts: int = 1
    """HTTP requests made, the last and good one included."""
    ms: float = 0.0
    """Wall milliseconds from the first request to the reply, waits between attempts included."""
    model: str | None = None
    """The name that the server gives its model."""
    cached: bool = False
    """It comes out of a cache: `usage` is what it cost once, not now."""

    @property
    def truncated(self) -> bool:
        """The reply ran into `max_tokens`: text and arguments may break off anywhere."""
        return self.finish_reason == "length"


class Backend(Protocol):
    """Access to one judge model. Safe for any number of concurrent calls."""

    @property
    def model(self) -> str:
        """The name that goes into every judgment."""
        ...

    async def chat(self, request: ChatRequest, *, deadline: float | None = None) -> ChatReply:
        """One reply. `deadline` is in `time.monotonic()` seconds and bounds everything, waits included.

        Raises `BackendError` (see `skillrm.errors`) or `DeadlineExceeded`, and nothing else; cancelling the task
        ends the request at the server too.
        """
        ...

    async def aclose(self) -> None:
        """Give back connections, threads and memory; a second call does nothing."""
        ...
