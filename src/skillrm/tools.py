"""What the judge may do: tool schemas (constant for a package version), checked arguments, and the calls in a reply."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any

import msgspec
from pydantic import Field, TypeAdapter, ValidationError

from skillrm.backends import ChatReply
from skillrm.prompts import TOOL_TEXT
from skillrm.types import Criterion
from skillrm.validation import faults

Json = dict[str, Any]
READING = ("read_resource", "run_resource", "run_python")
LOOKING = frozenset((*READING, "list_resources"))
RECORDING = ("record_evidence", "submit")
PLANNING = ("propose_criteria",)
INDEXED = ("list_resources", *READING, *RECORDING)
STANDARD = (*READING, *RECORDING)
DECISIONS = ("satisfied", "violated", "unknown")
_MAX_ARGUMENTS = 400_000
_MAX_CALLS = 64


@dataclass(frozen=True, slots=True)
class ReadResource:
    id: str


@dataclass(frozen=True, slots=True)
class ListResources:
    kind: str | None = None
    query: str | None = None


@dataclass(frozen=True, slots=True)
class RunResource:
    id: str
    candidates: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class RunPython:
    code: str


@dataclass(frozen=True, slots=True)
class CandidateDecision:
    candidate: str
    decision: str | int | bool


@dataclass(frozen=True, slots=True)
class CandidateQuote:
    candidate: str
    quote: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One criterion for every candidate: the reason first, then what was seen, then the decisions."""

    criterion: str
    reason: str = ""
    observations: tuple[str, ...] = ()
    applies: bool | None = None
    decisions: tuple[CandidateDecision, ...] = ()
    quotes: tuple[CandidateQuote, ...] | None = None


@dataclass(frozen=True, slots=True)
class RecordEvidence:
    entries: tuple[Annotated[Entry | Any, Field(union_mode="left_to_right")], ...]
    """What is no `Entry` is kept as it came (`entry` tells its faults), so that one bad entry costs only itself."""


@dataclass(frozen=True, slots=True)
class SoundEvidence(RecordEvidence):
    """Every entry is one."""

    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Submit:
    reason: str = ""
    preference: tuple[tuple[str, ...] | str, ...] | None = None


@dataclass(frozen=True, slots=True)
class ProposedCriterion:
    text: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ProposeCriteria:
    criteria: tuple[ProposedCriterion, ...]


Arguments = ReadResource | ListResources | RunResource | RunPython | RecordEvidence | Submit | ProposeCriteria
ARGUMENTS: Mapping[str, Any] = {
    "read_resource": ReadResource,
    "list_resources": ListResources,
    "run_resource": RunResource,
    "run_python": RunPython,
    "record_evidence": RecordEvidence,
    "submit": Submit,
    "propose_criteria": ProposeCriteria,
}


def _object(**properties: Json) -> Json:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _list(items: Json, *, null: bool = False) -> Json:
    return {"type": ["array", "null"] if null else "array", "items": items}


_TEXT: Json = {"type": "string"}
_MAYBE_TEXT: Json = {"type": ["string", "null"]}
_DECISION: Json = {"type": "string", "enum": [*DECISIONS, *map(str, range(1, 11))]}
_PARAMETERS: Mapping[str, Json] = {
    "read_resource": _object(id=_TEXT),
    "list_resources": _object(kind=_MAYBE_TEXT, query=_MAYBE_TEXT),
    "run_resource": _object(id=_TEXT, candidates=_list(_TEXT, null=True)),
    "run_python": _object(code=_TEXT),
    "record_evidence": _object(
        entries=_list(
            _object(
                criterion=_TEXT,
                reason=_TEXT,
                observations=_list(_TEXT),
                applies={"type": "boolean"},
                decisions=_list(_object(candidate=_TEXT, decision=_DECISION)),
                quotes=_list(_object(candidate=_TEXT, quote=_TEXT), null=True),
            )
        )
    ),
    "submit": _object(reason=_TEXT, preference=_list(_list(_TEXT), null=True)),
    "propose_criteria": _object(criteria=_list(_object(reason=_TEXT, text=_TEXT))),
}


@lru_cache(maxsize=16)
def schemas(names: tuple[str, ...]) -> str:
    """The tools as one JSON array, ready to be spliced into a request. `strict` is what makes vLLM obey them."""
    return json.dumps(
        [
            {
                "type": "function",
                "function": {
                    "name": name,
                    "description": TOOL_TEXT[name],
                    "parameters": _PARAMETERS[name],
                    "strict": True,
                },
            }
            for name in names
        ],
        ensure_ascii=False,
    )


@lru_cache(maxsize=16)
def signatures(names: tuple[str, ...]) -> str:
    """The same tools in prose, for models that call them by JSON in text."""
    return "\n".join(f"- {name} {json.dumps(_PARAMETERS[name]['properties'])}: {TOOL_TEXT[name]}" for name in names)


@dataclass(frozen=True, slots=True)
class Call:
    """One tool call of a reply: checked arguments, or the fault that is told to the judge."""

    id: str
    name: str
    raw: str
    arguments: Arguments | None = None
    fault: str | None = None


def calls_in(reply: ChatReply, allowed: tuple[str, ...]) -> tuple[Call, ...]:
    """The calls of a reply, native or as JSON in its text; whichever holds content. Empty for prose."""
    if reply.tool_calls:
        return tuple(_check(call.id, call.name, call.arguments, allowed) for call in reply.tool_calls[:_MAX_CALLS])
    found = text_calls(reply.text or "")
    return tuple(
        _check(f"call-{number}", name, arguments, allowed)
        for number, (name, arguments) in enumerate(found[:_MAX_CALLS], start=1)
    )


def text_calls(text: str) -> list[tuple[str, str]]:
    """(tool, raw arguments) of the last JSON object in `text` that is a call or a list of calls."""
    found: list[tuple[str, str]] = []
    for value in _objects(text):
        listed = value.get("calls", value.get("tool_calls"))
        calls = [_named(item) for item in (listed if isinstance(listed, list) else [value])]
        named = [call for call in calls if call is not None]
        if named:
            found = named
    return found


def _named(item: Any) -> tuple[str, str] | None:
    if not isinstance(item, dict):
        return None
    if isinstance(item.get("function"), dict):
        item = item["function"]
    name = item.get("tool", item.get("name"))
    arguments = item.get("arguments", item.get("args", item.get("parameters")))
    if not isinstance(name, str) or name not in ARGUMENTS:
        return None
    return name, arguments if isinstance(arguments, str) else json.dumps(arguments if arguments is not None else {})


def _objects(text: str) -> Iterator[Json]:
    """The top-level JSON objects that stand in a text, in order; bounded."""
    decoder, position, tries = json.JSONDecoder(), text.find("{"), 0
    while position >= 0 and tries < 200:
        tries += 1
        try:
            value, end = decoder.raw_decode(text, position)
        except (ValueError, RecursionError):
            end = position + 1
        else:
            if isinstance(value, dict):
                yield value
        position = text.find("{", end)


def _check(identity: str, name: str, raw: str, allowed: tuple[str, ...]) -> Call:
    if name not in allowed:
        return Call(
            identity, name[:100], raw, fault=f"there is no tool {name[:100]!r} here; the tools are {', '.join(allowed)}"
        )
    try:
        return Call(identity, name, raw, _decoder(name).decode(raw[:_MAX_ARGUMENTS] or "{}"))
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return _mended(identity, name, raw)


@lru_cache(maxsize=16)
def _decoder(name: str) -> msgspec.json.Decoder[Arguments]:
    """Reads arguments that are as they should be."""
    return msgspec.json.Decoder(SoundEvidence if name == "record_evidence" else ARGUMENTS[name])


@lru_cache(maxsize=16)
def _lenient(shape: Any) -> TypeAdapter[Any]:
    """Takes what can be understood, and knows every fault of the rest."""
    return TypeAdapter(shape)


def _mended(identity: str, name: str, raw: str) -> Call:
    """What can be saved of arguments that are not as they should be, or the fault."""
    try:
        value = _decode(raw)
    except (ValueError, RecursionError) as error:
        kept = salvaged(raw) if name == "record_evidence" else []
        if not kept:
            return Call(identity, name, raw, fault=f"the arguments are not valid JSON: {error}"[:300])
        return Call(
            identity, name, raw, RecordEvidence(entries=tuple(kept)), "the arguments broke off; whole entries were kept"
        )
    try:
        return Call(identity, name, raw, _lenient(ARGUMENTS[name]).validate_python(value))
    except ValidationError as error:
        return Call(identity, name, raw, fault="; ".join(map(str, faults(error)))[:1500])


def _decode(raw: str) -> Any:
    if len(raw) > _MAX_ARGUMENTS:
        raise ValueError(f"{len(raw)} characters are too many")
    value = json.loads(raw or "{}")
    if isinstance(value, str):  # some servers encode the arguments twice
        value = json.loads(value)
    if not isinstance(value, dict):
        raise ValueError("they must be a JSON object")
    return value


def salvaged(raw: str) -> list[Any]:
    """The whole entries of a `record_evidence` call whose JSON breaks off."""
    start = raw.find("[", raw.find('"entries"'))
    if '"entries"' not in raw or start < 0 or len(raw) > _MAX_ARGUMENTS:
        return []
    decoder, position = json.JSONDecoder(), start + 1
    entries: list[Any] = []
    while True:
        position = next((i for i in range(position, len(raw)) if raw[i] not in " \t\r\n,"), len(raw))
        try:
            entry, position = decoder.raw_decode(raw, position)
        except (ValueError, RecursionError):
            return entries
        entries.append(entry)


def entry(item: Any) -> Entry:
    """One checked entry of `record_evidence`. Raises `ValueError` with every fault."""
    if isinstance(item, Entry):
        return item
    try:
        checked: Entry = _lenient(Entry).validate_python(item)
        return checked
    except ValidationError as error:
        raise ValueError("; ".join(map(str, faults(error)))[:1500]) from None


def score_of(criterion: Criterion, decision: str | int | bool) -> float | None:
    """The score of a decision word or grade. Raises `ValueError` with what the criterion's scale allows."""
    scores = scores_of(criterion)
    if decision in scores:  # no number nor boolean is: they are words
        return scores[str(decision)]
    if isinstance(decision, bool):
        decision = "satisfied" if decision else "violated"
    word = str(decision).strip().lower().lstrip("0")
    if word in scores:
        return scores[word]
    allowed = "binary: satisfied, violated" if criterion.grades == 2 else f"graded: 1 to {criterion.grades}"
    raise ValueError(f"{criterion.id} is {allowed} or unknown, not {str(decision).strip().lower()[:40]!r}")


def scores_of(criterion: Criterion) -> Mapping[str, float | None]:
    """What each word or grade that its scale allows scores."""
    return _scores(criterion.grades)


@lru_cache(maxsize=16)
def _scores(grades: int) -> Mapping[str, float | None]:
    """What each word or grade of a scale scores."""
    if grades == 2:
        return {"satisfied": 1.0, "violated": 0.0, "unknown": None}
    return {"unknown": None, **{str(grade): (grade - 1) / (grades - 1) for grade in range(1, grades + 1)}}
