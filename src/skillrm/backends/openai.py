"""Chat completions over HTTP: the thin client that every OpenAI-compatible server is reached with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from skillrm.backends.chat import ChatReply, ChatRequest


class OpenAIBackend:
    """A judge model behind one or several OpenAI-compatible servers."""

    def __init__(
        self,
        model: str,
        base_urls: str | Sequence[str],
        api_key: str | None = None,
        *,
        timeout: float = 120.0,
        retries: int = 4,
        concurrency: int | None = None,
        prices: tuple[float, float] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        self.model = model
        raise NotImplementedError

    async def chat(self, request: ChatRequest, *, deadline: float | None = None) -> ChatReply:
        raise NotImplementedError

    async def aclose(self) -> None:
        raise NotImplementedError
