"""What a trainer's row brings beside prompt and answer, out of columns, labels and JSON texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from skillrm.errors import Fault, SampleError
from skillrm.shapes import DEEPEST

ROW_FIELDS = ("reference", "tests", "checklist", "instruction_id_list", "kwargs", "resources", "criteria", "tags")
"""The fields of a row that say what decides it (`skillrm.shapes`)."""
PACKED = "skillrm"
"""A column, or a key of `extra_info`, that holds row fields as one JSON text: tables want one type a column."""


def fields_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """The row fields among `given`, and those that its `skillrm` packs. Raises `SampleError`.

    Arrow fills the structs of a table with nulls: keys that are null in a mapping were never there.
    """
    packed = given.get(PACKED)
    found = _unpacked(packed) if packed not in (None, "") else {}
    direct = {key: without_nulls(given[key]) for key in ROW_FIELDS if given.get(key) is not None}
    return {**found, **direct}


def from_label(label: Any) -> dict[str, Any]:
    """What a trainer's label brings: an object of row fields as it is, anything else as the reference.

    Raises `SampleError` for VerInstruct's checkers and functions: they are to be converted first, not to be read out.
    """
    if isinstance(label, str) and label.lstrip().startswith("{"):
        try:
            label = msgspec.json.decode(label)
        except (ValueError, RecursionError):
            return {"reference": label}
    if isinstance(label, Mapping):
        if "checkers" in label and "functions" in label:
            mend = "convert the data: skillrm data verinstruct IN -o OUT --for verl"
            raise SampleError(Fault("holds VerInstruct's checkers and functions", field="label", mend=mend))
        known = {key: without_nulls(label[key]) for key in ROW_FIELDS if label.get(key) is not None}
        return known or {"reference": label}
    return {} if label is None or label == "" else {"reference": label}


def without_nulls(value: Any, depth: int = 0) -> Any:
    """Plain lists and dicts, without the null keys of mappings; what numpy and Arrow hold becomes plain. What is nested
    deeper than any sample may be stays as it is: to refuse it is the sample's business, for each answer by itself.
    """
    if depth > DEEPEST:
        return value
    if isinstance(value, Mapping):
        return {str(key): without_nulls(inner, depth + 1) for key, inner in value.items() if inner is not None}
    if hasattr(value, "tolist"):
        value = value.tolist()
    return [without_nulls(inner, depth + 1) for inner in value] if isinstance(value, (list, tuple)) else value


def worded(prompt: Any) -> Any:
    """A prompt as text or plain chat turns, with only the kind of each picture and sound: trainers put those themselves
    there, and no judge is shown them.
    """
    turns = prompt if isinstance(prompt, str) else without_nulls(prompt)
    if not isinstance(turns, list):
        return turns
    return [{**turn, "content": _parts(turn["content"])} if _has(turn, "content") else turn for turn in turns]


def _parts(content: Any) -> Any:
    if not isinstance(content, list):
        return content
    return [{"type": str(part.get("type", "part"))} if _has_no_text(part) else part for part in content]


def _has(value: Any, key: str) -> bool:
    return isinstance(value, dict) and key in value


def _has_no_text(part: Any) -> bool:
    return isinstance(part, dict) and not isinstance(part.get("text"), str)


def _unpacked(packed: Any) -> dict[str, Any]:
    mend = "a JSON object of row fields, as text"
    if isinstance(packed, (str, bytes)):
        try:
            packed = msgspec.json.decode(packed)
        except (ValueError, RecursionError) as error:
            raise SampleError(Fault(f"is no JSON: {error}", field=PACKED, mend=mend)) from None
    if not isinstance(packed, Mapping):
        raise SampleError(Fault("must be an object", field=PACKED, mend=mend))
    unknown = sorted(str(key) for key in packed if key not in ROW_FIELDS)
    if unknown:
        raise SampleError(
            Fault(f"unknown: {', '.join(unknown)}", field=PACKED, mend=f"row fields are {', '.join(ROW_FIELDS)}")
        )
    return without_nulls(packed)  # type: ignore[no-any-return]
