"""Two guests that call each other over one socket, with plain data and handles."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any

from skillrm.sandbox.guest import frames, wire

MESSAGE_CHARS = 2000


class Gone(Exception):
    """The other guest died: crash, exit, memory."""


class Peer:
    """Requests to the other side; while one waits, requests from there are served."""

    def __init__(self, fd: int, answer: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        self._fd = fd
        self._answer = answer
        self._count = 0

    def ask(self, **request: Any) -> dict[str, Any]:
        """The reply to one request. Raises `Gone`, and `Foreign` when the other side does not keep to the form."""
        self._count += 1
        number = self._count
        self._send({"ask": number, **request})
        while True:
            frame = self._frame()
            if "ask" in frame:
                self._serve(frame)
            elif frame.get("to") == number:
                return frame
            else:
                raise wire.Foreign("a reply to nothing")

    def serve(self) -> None:
        """Answer until the other side is gone."""
        while True:
            try:
                self._serve(self._frame())
            except Gone:
                return

    def _serve(self, frame: dict[str, Any]) -> None:
        try:
            reply = self._answer(frame)
        except Exception as error:
            reply = raised(error)
        self._send({"to": frame.get("ask"), **reply})

    def _send(self, frame: dict[str, Any]) -> None:
        try:
            frames.send(self._fd, frame)
        except OSError:
            raise Gone("the code under test ended the process") from None

    def _frame(self) -> dict[str, Any]:
        try:
            frame = frames.receive(self._fd)
        except (frames.Closed, ConnectionError):
            raise Gone("the code under test ended the process") from None
        except (ValueError, RecursionError):
            raise wire.Foreign("no frame") from None
        if not isinstance(frame, dict):
            raise wire.Foreign("no frame")
        return frame


def raised(error: BaseException) -> dict[str, Any]:
    """An exception by the names of its classes, with its arguments where they are plain."""
    args: list[Any] = []
    try:
        args = [wire.encode(arg) for arg in error.args]
    except BaseException:
        args = [str(type(error).__name__)]
    return {"raise": {"names": [kind.__name__ for kind in type(error).__mro__][:10], "args": args}}


class Raised:
    """Turns `raised` back into exceptions: built-in ones themselves, others as classes of that name, made once."""

    def __init__(self) -> None:
        self.made: dict[str, type[Exception]] = {}

    def class_of(self, names: list[Any]) -> type[Exception]:
        """The class for a chain of names, nearest first. Never one that is no `Exception`: exiting is failing."""
        base: type[Exception] = Exception
        for name in names:
            known = getattr(builtins, name, None) if isinstance(name, str) else None
            if isinstance(known, type) and issubclass(known, Exception):
                base = known
                break
        name = names[0] if names and isinstance(names[0], str) else "Exception"
        if name == base.__name__:
            return base
        return self.made.setdefault(name, type(name[:80], (base,), {}))

    def build(self, body: Any) -> Exception:
        if not isinstance(body, dict) or not isinstance(body.get("names"), list):
            return wire.Foreign("a malformed exception")
        kind = self.class_of(body["names"])
        try:
            args = [wire.decode(arg) for arg in body.get("args", [])]
            return kind(*[arg[:MESSAGE_CHARS] if isinstance(arg, str) else arg for arg in args])
        except Exception:  # UnicodeDecodeError and its like want arguments of their own
            return RuntimeError(f"{kind.__name__} with arguments of its own")
