"""YAML as plain values with the line of each: the subset that cannot surprise.

Parsed from libyaml's events, so nothing is ever constructed and nothing expands: anchors, aliases, tags, duplicate
keys, several documents and deep nesting are faults. Plain scalars follow the YAML 1.2 core schema: `no` is the text
"no", a date is text.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from skillrm.errors import Fault

Place = tuple[str | int, ...]
MAX_DEPTH = 24
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]{1,30}|[0-9]{1,30}(?:\.[0-9]{0,30})?)(?:[eE][-+]?[0-9]{1,4})?")
_WORDS: dict[str, Any] = {"": None, "~": None}
_WORDS |= {spelt: value for word, value in (("null", None), ("true", True), ("false", False))
           for spelt in (word, word.capitalize(), word.upper())}  # fmt: skip


@dataclass(slots=True)
class Document:
    """Plain values, the line (from 1) on which each starts, and what was wrong."""

    file: str
    value: Any = None
    lines: dict[Place, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def line(self, place: Place) -> int | None:
        """Line of the value at `place`, or of the nearest thing around it."""
        for end in range(len(place), -1, -1):
            if place[:end] in self.lines:
                return self.lines[place[:end]]
        return None

    def fault(self, place: Place, message: str, mend: str | None = None) -> None:
        self.faults.append(Fault(message, self.file, self.line(place), dotted(place), mend))


class _Unreadable(Exception):
    pass


def dotted(place: Place) -> str | None:
    """`resources.2.args`, counting from 0; None for the document itself."""
    return ".".join(map(str, place)) or None


def parse(text: str, file: str, first_line: int = 1) -> Document:
    """The one document of `text`. Every fault is collected in it; after a syntax error its value is None."""
    document = Document(file)
    try:
        _Builder(document, text, first_line).build()
    except _Unreadable:
        document.value = None
    except yaml.MarkedYAMLError as error:
        document.value = None
        lines = text.rstrip("\n").split("\n")
        number = next(
            (at.line for at in (error.problem_mark, error.context_mark) if at is not None and at.line < len(lines)), 0
        )  # what is never closed is a problem past the end; its context is where it was opened
        tab = number < len(lines) and "\t" in lines[number]
        document.faults.append(
            Fault(
                f"not YAML: {error.problem or error.context}",
                file,
                first_line + number,
                mend="indent with spaces: YAML takes no tabs" if tab else None,
            )
        )
    except yaml.YAMLError as error:
        document.value = None
        found = re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", text)
        line = first_line + text.count("\n", 0, found.start()) if found else first_line
        document.faults.append(Fault(f"not YAML: {str(error).splitlines()[0]}", file, line))
    return document


class _Builder:
    def __init__(self, document: Document, text: str, first_line: int) -> None:
        self.document, self.first_line = document, first_line
        self.events: Iterator[Any] = iter(yaml.parse(text, Loader=_LOADER))

    def build(self) -> None:
        documents = 0
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._add(event, "a second YAML document starts here", "keep one document to a file")
                    raise _Unreadable
                self.document.value = self._value(next(self.events), ())

    def _add(self, event: Any, message: str, mend: str | None = None, place: Place = ()) -> None:
        line = self._line(event)
        self.document.faults.append(Fault(message, self.document.file, line, dotted(place), mend))

    def _line(self, event: Any) -> int:
        return int(self.first_line + event.start_mark.line)

    def _value(self, event: Any, place: Place) -> Any:
        self.document.lines.setdefault(place, self._line(event))
        if isinstance(event, yaml.AliasEvent):
            self._add(event, "aliases are not read", "write the value out", place)
            return None
        if event.anchor is not None:
            self._add(event, "anchors are not read", "write the value out where it is used", place)
        if event.tag is not None and event.tag != "!":
            self._add(event, f"tags are not read: {event.tag[:60]}", "remove it", place)
        if len(place) > MAX_DEPTH:
            self._add(event, f"nested deeper than {MAX_DEPTH}", place=place[:3])
            raise _Unreadable
        if isinstance(event, yaml.ScalarEvent):
            return scalar(event.value) if event.implicit[0] else event.value
        return self._sequence(place) if isinstance(event, yaml.SequenceStartEvent) else self._mapping(place)

    def _sequence(self, place: Place) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self._value(event, (*place, len(items))))
        return items

    def _mapping(self, place: Place) -> dict[str, Any]:
        values: dict[str, Any] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                self._add(event, "a key must be plain text", place=place)
                raise _Unreadable
            key = event.value
            if key in values:
                first = self.document.lines[(*place, key)]
                self._add(event, f"the key {key!r} stands here a second time; first on line {first}", place=place)
                self._value(next(self.events), (*place, key, "second"))
                continue
            self.document.lines[(*place, key)] = self._line(event)
            values[key] = self._value(next(self.events), (*place, key))
        return values


def scalar(text: str) -> Any:
    """A plain scalar by the YAML 1.2 core schema: null, true, false, finite numbers; everything else is text."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    number = float(text) if _FLOAT.fullmatch(text) else math.inf
    return number if math.isfinite(number) else text
