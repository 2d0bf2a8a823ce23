"""Access to judge models: any OpenAI-compatible server, a gguf file, or replies from a script."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from skillrm.backends.budget import Budget
from skillrm.backends.caching import CachingBackend, ReplyCache
from skillrm.backends.chat import Backend, ChatReply, ChatRequest, ChatUsage, ToolCall
from skillrm.backends.opening import open_backend
from skillrm.backends.recording import RecordingBackend
from skillrm.backends.scripted import ScriptedBackend

if TYPE_CHECKING:
    from skillrm.backends.openai import OpenAIBackend

__all__ = [
    "Backend",
    "Budget",
    "CachingBackend",
    "ChatReply",
    "ChatRequest",
    "ChatUsage",
    "OpenAIBackend",
    "RecordingBackend",
    "ReplyCache",
    "ScriptedBackend",
    "ToolCall",
    "open_backend",
]


def __getattr__(name: str) -> Any:
    if name == "OpenAIBackend":  # the HTTP client takes 30 ms to import, and verifiers alone never need it
        from skillrm.backends.openai import OpenAIBackend

        return OpenAIBackend
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
