"""What a VerInstruct row says, in either of its shapes, checked field by field."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from skillrm.errors import Fault, SampleError
from skillrm.shapes import plain
from skillrm.validation import kind_of

_TAG = re.compile(r"\s*\[(llm|rule)\]\s*[:：]?\s*", re.IGNORECASE)
_ROLES = ("system", "developer", "user", "assistant")


@dataclass(frozen=True, slots=True)
class Item:
    """One checker with its function."""

    number: int
    text: str
    tag: str
    """llm, rule, or nothing."""
    source: str
    place: str
    """The field that holds the functions."""


def held_by(row: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
    """What holds checkers and functions, and what its fields begin with in faults. Raises `SampleError`."""
    model = row.get("reward_model")
    if "checkers" in row or not isinstance(model, Mapping):
        return row, ""
    where, held = "reward_model.ground_truth", model.get("ground_truth")
    if isinstance(held, str):
        try:
            held = json.loads(held)
        except (ValueError, RecursionError) as error:
            raise SampleError(Fault(f"is no JSON: {error}"[:200], field=where)) from None
    if not isinstance(held, Mapping):
        raise SampleError(Fault(f"must be an object with checkers and functions, this is {kind_of(held)}", field=where))
    return held, f"{where}."


def prompt_of(row: Mapping[str, Any], faults: list[Fault]) -> str | list[dict[str, str]]:
    """The prompt as text or as turns of role and content; what is wrong with it goes to `faults`."""
    prompt = plain(row.get("prompt"), "prompt")
    if isinstance(prompt, str):
        if not prompt.strip():
            faults.append(Fault("is empty", field="prompt"))
        return prompt
    if not isinstance(prompt, list) or not prompt:
        words = "is missing" if prompt is None else f"must be text or chat turns, this is {kind_of(prompt)}"
        faults.append(Fault("is empty" if prompt == [] else words, field="prompt"))
        return ""
    for number, turn in enumerate(prompt):
        role, content = (turn.get("role"), turn.get("content")) if isinstance(turn, dict) else (None, None)
        if role not in _ROLES or not isinstance(content, str):
            mend = f'{{"role": one of {", ".join(_ROLES)}, "content": text}}'
            faults.append(Fault("is no chat turn with text", field=f"prompt.{number}", mend=mend))
    if not faults and prompt[-1]["role"] == "assistant":
        faults.append(Fault("ends with an answer", field="prompt", mend="drop the assistant's last turn"))
    return [{"role": turn["role"], "content": turn["content"]} for turn in prompt] if not faults else ""


def items_of(held: Mapping[str, Any], where: str, faults: list[Fault]) -> list[Item]:
    """The checkers with their functions; what is wrong with them goes to `faults`."""
    lists: dict[str, list[Any]] = {}
    for key in ("checkers", "functions"):
        value = held.get(key)
        if not isinstance(value, list):
            words = "is missing" if value is None else f"must be a list, this is {kind_of(value)}"
            faults.append(Fault(words, field=f"{where}{key}", mend="one entry for each checker, empty for [llm]"))
            continue
        lists[key] = value
        for number, one in enumerate(value):
            if not isinstance(one, str) and (key == "checkers" or one is not None):
                faults.append(Fault(f"must be text, this is {kind_of(one)}", field=f"{where}{key}.{number}"))
            elif key == "checkers" and isinstance(one, str) and not _TAG.sub("", one, count=1).strip():
                faults.append(Fault("says nothing to check", field=f"{where}{key}.{number}"))
    if len(lists) < 2:
        return []
    checkers, functions = lists["checkers"], lists["functions"]
    if len(checkers) != len(functions):
        words = f"{len(checkers)} checkers but {len(functions)} functions"
        faults.append(Fault(words, field=f"{where}functions", mend="one for each checker, empty for [llm]"))
    elif not checkers:
        faults.append(Fault("is empty: nothing to judge an answer by", field=f"{where}checkers"))
    if faults:
        return []
    return [
        _item(number, plain(text, "checkers"), plain(source or "", "functions"), f"{where}functions.{number}")
        for number, (text, source) in enumerate(zip(checkers, functions, strict=True))
    ]


def _item(number: int, text: str, source: str, place: str) -> Item:
    found = _TAG.search(text)
    tag = found[1].lower() if found else ""
    return Item(number, _TAG.sub(" ", text, count=1).strip(), tag, source if source.strip() else "", place)
