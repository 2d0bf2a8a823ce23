"""Bodies into plain values: JSON once, by msgspec; what is amiss is told, nothing is guessed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

import msgspec

from skillrm.errors import Fault, SampleError
from skillrm.service.refusing import Refused
from skillrm.shapes import GROUP_KEYS, plain

MOST_ANSWERS, MOST_ASKED, MOST_CELLS = 4096, 1024, 1 << 17
_ASKED = ("criteria", "resources", "checklist", "instruction_id_list", "kwargs")
_DEEP = "the JSON is nested too deeply"
_decode = msgspec.json.Decoder().decode


def decoded(data: bytes) -> Any:
    """The JSON value of a body or a line. Raises `Refused` (400)."""
    try:
        return _decode(data)
    except RecursionError:
        raise Refused(400, _DEEP) from None
    except ValueError as error:
        return _leniently(data, error)


def _leniently(data: bytes, error: ValueError) -> Any:
    """Lone surrogates, which Python's own encoder writes and msgspec refuses, become U+FFFD; the rest is no JSON."""
    words = f"the body is no valid JSON: {error}" if data.strip() else "the body is empty"
    if b"\\ud" not in data and b"\\uD" not in data:
        raise Refused(400, words) from None
    try:
        return plain(json.loads(data, parse_constant=_no_number), "body")
    except ValueError:
        raise Refused(400, words) from None
    except (RecursionError, SampleError):
        raise Refused(400, _DEEP) from None


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def an_object(data: bytes) -> dict[str, Any]:
    """The body as one JSON object. Raises `Refused`."""
    value = decoded(data)
    if not isinstance(value, dict):
        raise Refused(422, "the body must be one JSON object", faults=[Fault("must be an object")])
    return value


def listed(body: Mapping[str, Any], key: str, length: int | None = None) -> list[Any]:
    """A list in the body, of that length if one is given. Raises `Refused`."""
    value = body.get(key)
    if not isinstance(value, list):
        words = f"{key}: is missing" if value is None else f"{key}: must be a list"
        raise Refused(422, words, faults=[Fault(words.partition(": ")[2], field=key)])
    if length is not None and len(value) != length:
        words = f"must hold {length} items, holds {len(value)}"
        raise Refused(422, f"{key}: {words}", faults=[Fault(words, field=key)])
    return value


def bounded(row: Any) -> None:
    """Raises `Refused` for a row whose table would hold everybody else up: judging it takes its turn at once."""
    if not isinstance(row, Mapping):
        return  # which is told elsewhere
    answers = max((len(row[key]) for key in GROUP_KEYS if isinstance(row.get(key), (list, tuple))), default=1)
    asked = sum(len(row[key]) for key in _ASKED if isinstance(row.get(key), list))
    if answers > MOST_ANSWERS:
        words = f"at most {MOST_ANSWERS} answers to a prompt are judged, these are {answers}"
        raise Refused(422, words, faults=[Fault(words)])
    if answers * asked > MOST_CELLS or asked > MOST_ASKED:
        words = f"{answers} answers and {asked} demands and resources make too large a table"
        raise Refused(422, words, faults=[Fault(words, mend=f"at most {MOST_ASKED}, and {MOST_CELLS} cells")])


def rows_of(data: bytes) -> Iterator[Any]:
    """The rows of a batch, a JSON list or NDJSON; a line that is no JSON comes as a `Refused`. Raises `Refused`."""
    head = data.lstrip()[:1]
    if not head:
        raise Refused(400, "the body holds no row", faults=[Fault("is empty", mend="a JSON list, or a row a line")])
    if head == b"[":
        rows = decoded(data)
        yield from rows
        return
    for line in data.splitlines():
        if line.strip():
            try:
                yield decoded(line)
            except Refused as refused:
                yield refused
