"""resources.yaml: the bank as it is declared, read into our types with the line of every fault."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from skillrm.judgment import Readout
from skillrm.skill.folder import Folder
from skillrm.skill.markup import Document, Place, parse
from skillrm.skill.skill import OpenCriteria, Rule, SkillLimits, When
from skillrm.types import Criterion, Resource
from skillrm.validation import near_value, nearest, said

KEYS = ("criteria", "resources", "plan", "readout", "open", "limits")
_BODIES = ("text", "file", "script", "verifier", "endpoint")
_SET_BY_US = {"criteria": "origin"}
_RESOURCE_KEYS = tuple(dict.fromkeys((*Resource.model_fields, "file", "script")))

T = TypeVar("T")


@dataclass(slots=True)
class Declared:
    """What resources.yaml says; each thing with its place in the file."""

    document: Document
    criteria: dict[Place, Criterion] = field(default_factory=dict)
    resources: dict[Place, Resource] = field(default_factory=dict)
    plan: dict[Place, Rule] = field(default_factory=dict)
    readout: Readout = field(default_factory=Readout)
    open: OpenCriteria | None = None
    limits: SkillLimits = field(default_factory=SkillLimits)
    pointed: set[str] = field(default_factory=set)
    """Files of the skill that resources point to."""
    places: dict[tuple[str | int, str], Place] = field(default_factory=dict)
    """Where each id of a list stands first."""
    whole: bool = True
    """Everything could be read, so that what names what can be checked."""


def read(text: str, file: str, folder: Folder) -> Declared:
    """The declaration, as far as it can be read, with every fault in its document."""
    document = parse(text, file)
    declared = Declared(document)
    values = document.value if document.value is not None else {}
    if not isinstance(values, dict):
        document.fault((), "must be a mapping", f"with the keys {', '.join(KEYS)}")
        values = {}
    for key in values:
        if key not in KEYS:
            document.fault((key,), "unknown key", nearest(key, KEYS))
    for place, item in _items(document, values, "criteria"):
        _keep(declared, declared.criteria, place, _checked(document, place, item, Criterion))
    for place, item in _items(document, values, "resources"):
        bound = _bound(declared, place, item, folder)
        _keep(declared, declared.resources, place, _checked(document, place, bound, Resource) if bound else None)
    for place, item in _items(document, values, "plan"):
        _keep(declared, declared.plan, place, _checked(document, place, item, Rule))
    declared.readout = _section(document, values, "readout", Readout) or Readout()
    declared.open = _section(document, values, "open", OpenCriteria)
    declared.limits = _section(document, values, "limits", SkillLimits) or SkillLimits()
    declared.whole = not document.faults
    return declared


def _items(document: Document, values: Mapping[str, Any], key: str) -> Iterator[tuple[Place, dict[str, Any]]]:
    """The mappings of one list of the file, each with its place."""
    listed = values.get(key)
    if listed is None:
        return
    if not isinstance(listed, list):
        document.fault((key,), "must be a list", "put a dash before each entry")
        return
    for n, item in enumerate(listed):
        if isinstance(item, dict):
            yield (key, n), item
        else:
            document.fault((key, n), "must be a mapping", "such as {id: ...}")


def _section(document: Document, values: Mapping[str, Any], key: str, shape: type[T]) -> T | None:
    return _checked(document, (key,), values[key], shape) if values.get(key) is not None else None


def _keep(declared: Declared, kept: dict[Place, T], place: Place, one: T | None) -> None:
    if one is None:
        return
    identity = getattr(one, "id", None)
    twin = declared.places.setdefault((place[0], identity), place) if identity else place
    if twin != place:
        first = declared.document.line((*twin, "id"))
        declared.document.fault((*place, "id"), f"the id {identity} stands here a second time; first on line {first}")
        return
    kept[place] = one


def _checked(document: Document, place: Place, value: Any, shape: type[T]) -> T | None:
    """`value` as a `shape`; None when it is none, with every fault."""
    forbidden = _SET_BY_US.get(str(place[0]))
    if forbidden and isinstance(value, dict) and forbidden in value:
        document.fault((*place, forbidden), "is set by skillrm", "remove it")
        return None
    try:
        return cast(T, _adapter(cast(Any, shape)).validate_python(value))
    except ValidationError as error:
        names = _field_names(shape)
        for item in error.errors(include_url=False):
            where = (*place, *item["loc"])
            if item["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
                known = tuple(When.model_fields) if item["loc"][0] == "when" else names
                document.fault(where, "unknown key", nearest(str(item["loc"][-1]), known))
            elif item["type"] == "missing":
                document.fault(place, f"{item['loc'][-1]} is missing", f"add {item['loc'][-1]}: ...")
            else:
                document.fault(where, said([item]), near_value(item))
        return None


@lru_cache(maxsize=16)
def _adapter(shape: Any) -> TypeAdapter[Any]:
    return TypeAdapter(shape)


def _field_names(shape: Any) -> tuple[str, ...]:
    if shape is Resource:
        return _RESOURCE_KEYS
    return tuple(getattr(shape, "model_fields", None) or shape.__dataclass_fields__)


def _bound(declared: Declared, place: Place, item: dict[str, Any], folder: Folder) -> dict[str, Any] | None:
    """The entry with `file:` and `script:` replaced by what they point to; None when it has no single body."""
    document = declared.document
    declared.pointed |= {str(item[key]).removeprefix("./") for key in ("file", "script") if key in item}
    bodies = [key for key in _BODIES if item.get(key) is not None]
    if len(bodies) != 1:
        said = f"has {' and '.join(bodies)}" if bodies else "has none of them"
        document.fault(place, f"a resource has exactly one of {', '.join(_BODIES)}; this one {said}")
        return None
    entry = {key: value for key, value in item.items() if key not in ("file", "script")}
    if bodies[0] not in ("file", "script"):
        return entry
    text = _pointed(declared, (*place, bodies[0]), item[bodies[0]], folder)
    if text is None:
        return None
    if bodies[0] == "file":
        return {**entry, "text": text}
    args = entry.get("args", {})
    if not isinstance(args, dict) or "source" in args:
        document.fault((*place, "args"), "must be a mapping without `source`: the script is the source")
        return None
    return {**entry, "verifier": "script:python", "args": {**args, "source": text}}


def _pointed(declared: Declared, place: Place, name: Any, folder: Folder) -> str | None:
    """The text of a file of the skill; None, with a fault, when there is no such text."""
    document = declared.document
    if not isinstance(name, str):
        document.fault(place, "must be a path below the skill's folder")
        return None
    if name.startswith(("/", "~")) or "\\" in name or ".." in name.split("/") or name[1:2] == ":":
        document.fault(place, f"{name} leaves the skill's folder", "copy the file into it")
        return None
    plain = name.removeprefix("./")
    if plain not in folder.files:
        if not any(fault.file == folder.name_of(plain) for fault in folder.faults):
            hidden = plain.startswith("tests/") or any(part.startswith(".") for part in plain.split("/"))
            near = get_close_matches(plain, folder.files, n=1)
            mend = (
                "tests/ and dot files are no part of a skill"
                if hidden
                else f"did you mean {near[0]}?"
                if near
                else None
            )
            document.fault(place, f"there is no file {name}", mend)
        return None
    return folder.text(plain)
