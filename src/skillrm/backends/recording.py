"""Record what a judge model answered, and replay it without one.

A recording is JSONL: a first line `{"recording": 1, "model": ...}`, then one line per call with the digest of the
request, the request, and the reply or the error. It holds no key and no address.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec

from skillrm import errors
from skillrm.backends.chat import Backend, ChatReply, ChatRequest
from skillrm.errors import BackendError, BackendReplyError, DeadlineExceeded, Fault, InputError, SkillRMError

_ERRORS: Mapping[str, type[SkillRMError]] = {
    kind.__name__: kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, BackendError | DeadlineExceeded)
}


class RecordingBackend:
    """Passes every call on to `inner` and appends it to the JSONL file `path`, errors included.

    Several recorders of one process may not share a file. Replay with `ScriptedBackend.from_file`.
    """

    def __init__(self, inner: Backend, path: str | Path) -> None:
        self.model = inner.model
        self.extra: Mapping[str, Any] = getattr(inner, "extra", {})
        self._inner, self._path, self._lock = inner, Path(path), threading.Lock()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.touch()
        _cut_torn_line(self._path)
        if not self._path.stat().st_size:
            self._append({"recording": 1, "model": self.model})

    async def chat(self, request: ChatRequest, *, deadline: float | None = None) -> ChatReply:
        """The reply of `inner`, recorded before it is returned; see `Backend.chat`."""
        row: dict[str, Any] = {"digest": request_digest(request), "request": asdict(request)}
        try:
            reply = await self._inner.chat(request, deadline=deadline)
        except (BackendError, DeadlineExceeded) as error:
            self._append({**row, "error": {"type": type(error).__name__, "message": str(error)}})
            raise
        self._append({**row, "reply": asdict(reply)})
        return reply

    async def aclose(self) -> None:
        await self._inner.aclose()

    def _append(self, row: Mapping[str, Any]) -> None:
        line = json.dumps(row).encode() + b"\n"  # ASCII: lone surrogates in a request survive as escapes
        with self._lock, self._path.open("ab") as file:
            file.write(line)


def request_digest(request: ChatRequest) -> str:
    """SHA-256 of what is asked, whatever the order of keys."""
    return hashlib.sha256(json.dumps(asdict(request), sort_keys=True).encode()).hexdigest()


def replayed(path: Path) -> tuple[str, Callable[[ChatRequest], ChatReply | SkillRMError]]:
    """The model's name and a script that answers as recorded. Raises `InputError` for what is no recording."""
    lines = path.read_bytes().split(b"\n")[:-1]  # what follows the last newline was cut off while being written
    rows = [_row(path, number, line) for number, line in enumerate(lines, start=1)]
    if not rows or rows[0].get("recording") != 1:
        mend = "make one with RecordingBackend"
        raise InputError(Fault("this is no recording of a judge model", file=str(path), line=1, mend=mend))
    kept: dict[str, list[ChatReply | SkillRMError]] = {}
    for number, row in enumerate(rows[1:], start=2):
        kept.setdefault(str(row.get("digest")), []).append(_answer(path, number, row))
    for answers in kept.values():
        answers.reverse()

    def script(request: ChatRequest) -> ChatReply | SkillRMError:
        answers = kept.get(request_digest(request))
        if not answers:
            return BackendReplyError(f"{path.name} holds no reply to this request")
        return answers.pop() if len(answers) > 1 else answers[0]

    return str(rows[0].get("model", "")), script


def _row(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(Fault(f"not JSON: {error}"[:200], file=str(path), line=number)) from None
    return row if isinstance(row, dict) else {}


def _answer(path: Path, number: int, row: Mapping[str, Any]) -> ChatReply | SkillRMError:
    try:
        if "error" in row:
            return _ERRORS[row["error"]["type"]](row["error"]["message"])
        return msgspec.convert(row["reply"], ChatReply)
    except (KeyError, TypeError, msgspec.ValidationError) as error:
        raise InputError(Fault(f"no reply and no error: {error}"[:200], file=str(path), line=number)) from None


def _cut_torn_line(path: Path) -> None:
    """A process that was killed while writing leaves half a line; whatever follows it must start on its own."""
    whole = path.read_bytes().rfind(b"\n") + 1
    with path.open("r+b") as file:
        file.truncate(whole)
