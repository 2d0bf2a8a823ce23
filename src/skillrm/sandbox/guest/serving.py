"""The guest that holds the code under test: calls come in by name, plain data goes out. It never sees a test."""

from __future__ import annotations

import inspect
from typing import Any

from skillrm.sandbox.guest import frames, wire
from skillrm.sandbox.guest.peer import Peer, Raised, raised

_MUTABLE = (list, dict, set)


class Callback:
    """A function that lives with the tests."""

    def __init__(self, number: int, served: Served) -> None:
        self.number = number
        self._served = served

    def __call__(self, *args: Any) -> Any:
        served = self._served
        reply = served.peer.ask(do="callback", on=self.number, args=[served.out(arg) for arg in args])
        if "raise" in reply:
            raise served.errors.build(reply["raise"])
        return served.back(reply["value"])


class Served:
    """The names of the code, and the objects of it that the tests hold by handle."""

    def __init__(self, fd: int, names: dict[str, Any]) -> None:
        self.names = names
        self.objects: list[Any] = []
        self.errors = Raised()
        self.peer = Peer(fd, self.answer)

    def out(self, value: Any) -> Any:
        return wire.encode(value, self._handle)

    def back(self, value: Any) -> Any:
        return wire.decode(value, self._held)

    def _handle(self, value: Any) -> dict[str, Any]:
        if isinstance(value, Callback):
            return {"t": "callback", "v": value.number}
        self.objects.append(value)
        return {"t": "object", "v": len(self.objects) - 1, "of": type(value).__name__}

    def _held(self, tagged: dict[str, Any]) -> Any:
        return Callback(tagged["v"], self) if tagged["t"] == "callback" else self.objects[tagged["v"]]

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """call / get / set / value, on a name or a handle."""
        try:
            on = request["on"]
            target = self.names[on] if isinstance(on, str) else self.objects[on]
            attribute: Any = request.get("attr")
            if request["do"] == "call":
                return self._call(target if attribute is None else getattr(target, attribute), request)
            if request["do"] == "set":
                setattr(target, attribute, self.back(request["value"]))
                return {"value": None}
            return {"value": self.out(target if attribute is None else getattr(target, attribute))}
        except BaseException as error:
            return raised(error)

    def _call(self, function: Any, request: dict[str, Any]) -> dict[str, Any]:
        args = [self.back(arg) for arg in request["args"]]
        kwargs = {key: self.back(arg) for key, arg in request["kwargs"].items()}
        value = function(*args, **kwargs)
        if inspect.iscoroutine(value):
            import asyncio  # too much to be in every guest

            value = asyncio.run(value)
        reply = {"value": self.out(value)}
        if any(isinstance(arg, _MUTABLE) for arg in args):
            after = [self.out(arg) if isinstance(arg, _MUTABLE) else None for arg in args]
            pairs = enumerate(zip(after, request["args"], strict=True))
            changed = [[at, new] for at, (new, old) in pairs if new is not None and new != old]
            if changed:
                reply["changed"] = changed
        return reply


def _kind(value: Any) -> Any:
    """What the tests' side needs to know about a name: callable, an exception's class names, or data."""
    if isinstance(value, type) and issubclass(value, Exception):
        return [kind.__name__ for kind in value.__mro__][:10]
    return "callable" if callable(value) else "data"


def serve_calls(fd: int, names: dict[str, Any], failure: str | None, syntax: bool) -> None:
    """Say which names there are, or why there are none, then serve."""
    if failure is not None:
        frames.send(fd, {"failed": failure, "syntax": syntax})
        return
    own = {name: _kind(value) for name, value in names.items() if isinstance(name, str) and not name.startswith("__")}
    frames.send(fd, {"names": own})
    Served(fd, names).peer.serve()
