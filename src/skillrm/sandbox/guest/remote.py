"""In the tests' guest: what stands for the functions and objects of the code under test.

A remote object equals nothing but itself, has no order and no arithmetic of its own: `__eq__` of the code under test
decides nothing here. Where two remote objects meet in an operator, nobody can say honestly: `Impassable`.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any, NoReturn

from skillrm.sandbox.guest import wire
from skillrm.sandbox.guest.peer import Peer, Raised

_ASKED = ("__len__", "__getitem__", "__setitem__", "__delitem__", "__contains__", "__iter__", "__next__", "__str__",
          "__repr__", "__int__", "__float__", "__enter__", "__reversed__", "__abs__", "__neg__")  # fmt: skip
_BINARY = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor", "lshift", "rshift")
_ORDER = ("lt", "le", "gt", "ge")


class Impassable(BaseException):
    """A value that would have had to cross, and cannot."""


class World:
    """The code under test as the tests' guest sees it."""

    def __init__(self, fd: int) -> None:
        self.errors = Raised()
        self.functions: list[Callable[..., Any]] = []
        self.peer = Peer(fd, self._answer)

    def _answer(self, request: dict[str, Any]) -> dict[str, Any]:
        value = self.functions[request["on"]](*[self.back(arg) for arg in request["args"]])
        return {"value": self.out(value)}

    def out(self, value: Any) -> Any:
        return wire.encode(value, self._tag)

    def _tag(self, value: Any) -> dict[str, Any]:
        if isinstance(value, Remote):
            return {"t": "object", "v": object.__getattribute__(value, "_on")}
        if callable(value) and not isinstance(value, type):
            self.functions.append(value)
            return {"t": "callback", "v": len(self.functions) - 1}
        raise Impassable(f"the tests hand over a {type(value).__name__}, which is no plain data")

    def back(self, value: Any) -> Any:
        return wire.decode(value, self._untag)

    def _untag(self, tagged: dict[str, Any]) -> Any:
        number = tagged.get("v")
        if not isinstance(number, int):
            raise wire.Foreign("a malformed handle")
        if tagged["t"] == "callback":
            return self.functions[number]
        return Remote(self, number, str(tagged.get("of"))[:80])

    def ask(self, do: str, on: str | int, **fields: Any) -> Any:
        """The value, or the exception that the code raised, raised here. Lists that it changed are changed here."""
        given = fields.get("args", ())
        if do == "call":
            fields["args"] = [self.out(arg) for arg in given]
            fields["kwargs"] = {key: self.out(arg) for key, arg in fields.get("kwargs", {}).items()}
        reply = self.peer.ask(do=do, on=on, **fields)
        if "raise" in reply:
            raise self.errors.build(reply["raise"])
        for at, new in reply.get("changed", ()):
            _overwrite(given[at], self.back(new))
        return self.back(reply.get("value"))

    def bind(self, name: str, kind: Any) -> Any:
        """What stands for a global name of the code."""
        if isinstance(kind, list):
            return self.errors.class_of(kind)
        if kind == "callable":
            return Remote(self, name, "function")
        return self.ask("value", name)


def _overwrite(old: Any, new: Any) -> None:
    if type(old) is not type(new):
        return
    if isinstance(old, list):
        old[:] = new
    elif isinstance(old, (dict, set)):
        old.clear()
        old.update(new)


class Remote:
    """A function, class or object of the code under test."""

    def __init__(self, world: World, on: str | int, of: str) -> None:
        object.__setattr__(self, "_world", world)
        object.__setattr__(self, "_on", on)
        object.__setattr__(self, "_of", of)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name != "__name__":
            raise AttributeError(name)
        return self._world.ask("get", self._on, attr=name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._world.ask("set", self._on, attr=name, value=self._world.out(value))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._world.ask("call", self._on, args=args, kwargs=kwargs)

    def __bool__(self) -> bool:
        if self._of in ("function", "method", "type"):
            return True
        for name in ("__bool__", "__len__"):
            try:
                return bool(self._world.ask("call", self._on, attr=name, args=()))
            except AttributeError:
                continue
        return True

    def __exit__(self, *exception: Any) -> None:
        self._world.ask("call", self._on, attr="__exit__", args=(None, None, None))

    def __eq__(self, other: Any) -> bool:
        if not isinstance(other, Remote) or self._on == other._on:
            return isinstance(other, Remote)
        raise Impassable(f"two objects of the code under test are compared ({self._of}, {other._of})")

    def __hash__(self) -> int:
        return hash(self._on)

    def _no_class(self, other: Any) -> NoReturn:
        raise Impassable("the tests ask for the class of an object of the code under test")

    __instancecheck__ = __subclasscheck__ = __mro_entries__ = _no_class


def _asked(name: str) -> Callable[..., Any]:
    def method(self: Remote, *args: Any) -> Any:
        try:
            return self._world.ask("call", self._on, attr=name, args=args)
        except AttributeError as error:
            if name in str(error):  # what Python raises for an operation that a class does not have
                raise TypeError(f"{self._of!r} object has no {name}") from None
            raise

    return method


def _met(symbol: str) -> Callable[..., Any]:
    def method(self: Remote, other: Any) -> Any:
        if isinstance(other, Remote):
            raise Impassable(f"two objects of the code under test meet in {symbol} ({self._of}, {other._of})")
        return NotImplemented

    return method


for _name in _ASKED:
    setattr(Remote, _name, _asked(_name))
for _name in _BINARY:
    setattr(Remote, f"__{_name}__", _met(_name))
    setattr(Remote, f"__r{_name}__", _met(_name))
for _name in _ORDER:
    setattr(Remote, f"__{_name}__", _met(_name))


def taken(name: str) -> bool:
    """A name the code under test may not give meaning to in the tests' guest."""
    return hasattr(builtins, name) or name.startswith("__")
