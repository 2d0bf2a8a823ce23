"""A backend that plays prepared replies: the double that skillrm's own tests use, for yours too."""

from __future__ import annotations

import inspect
import time
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

from skillrm.backends.chat import ChatReply, ChatRequest
from skillrm.errors import BackendReplyError, DeadlineExceeded

Answer = ChatReply | str | BaseException
"""A reply, the text of one, or an error to raise."""
Script = Callable[[ChatRequest], Answer | Awaitable[Answer]]


class ScriptedBackend:
    """Replies in the given order, or whatever a function of the request returns; `requests` holds what was asked.

    A script that runs out raises `BackendReplyError`. `closed` tells whether `aclose` was called.

    >>> backend = ScriptedBackend(["first", ChatReply(text="second")])
    >>> backend = ScriptedBackend(lambda request: f"{len(request.messages)} messages")
    """

    def __init__(self, replies: Iterable[Answer] | Script, *, model: str = "scripted") -> None:
        self.model = model
        self.requests: list[ChatRequest] = []
        self.closed = False
        self._script: Script = replies if callable(replies) else _in_order(replies)

    @classmethod
    def from_file(cls, path: str | Path) -> ScriptedBackend:
        """Replays what a `RecordingBackend` wrote: an equal request gets its recorded reply or error.

        A request that was recorded several times gets the replies in the order of recording, then the last one for
        ever. One that was never recorded raises `BackendReplyError`. Raises `InputError` for a file that is no
        recording.
        """
        from skillrm.backends.recording import replayed

        model, script = replayed(Path(path))
        return cls(script, model=model)

    async def chat(self, request: ChatRequest, *, deadline: float | None = None) -> ChatReply:
        """The next reply of the script; see `Backend.chat`."""
        if deadline is not None and time.monotonic() >= deadline:
            raise DeadlineExceeded("no time is left for a call")
        self.requests.append(request)
        answer = self._script(request)
        if inspect.isawaitable(answer):
            answer = await answer
        if isinstance(answer, BaseException):
            raise answer
        return ChatReply(text=answer) if isinstance(answer, str) else answer

    async def aclose(self) -> None:
        self.closed = True


def _in_order(replies: Iterable[Answer]) -> Script:
    rest = iter(replies)

    def script(request: ChatRequest) -> Answer:
        for answer in rest:
            return answer
        return BackendReplyError("the script has no reply left")

    return script
