"""Row shapes that people already have, turned into the one shape of a `Sample`.

Works on plain mappings only, so that every border (files, HTTP, trainers) can share it:

- `{"prompt", "candidates": [...]}`            our own
- `{"prompt", "response"}`                     one answer (also `completion`, `answer`, `output`)
- `{"prompt", "chosen", "rejected"}`           a pair, labelled A and B: which is which is not told to the judge
- `{"prompt", "responses": [...]}`             a group (also `completions`, `outputs`)
- `{"messages": [..., {"role": "assistant"}]}` OpenAI chat: the last assistant turn is the answer
- beside any of them `reference`, `checklist`, `tests`, `instruction_id_list` + `kwargs`
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from skillrm.errors import Fault, SampleError

PROMPT_KEYS = ("prompt", "question", "instruction", "input")
ANSWER_KEYS = ("response", "completion", "answer", "output")
GROUP_KEYS = ("candidates", "responses", "completions", "outputs")
_OWN_KEYS = ("id", "prompt", "candidates", "resources", "criteria", "tags")


def normalise(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row as keyword arguments of `Sample`. Raises `SampleError` when it holds no prompt or no answer."""
    if not isinstance(row, Mapping):
        raise SampleError(
            Fault(f"a row must be a JSON object, this is {_kind(row)}", mend='write {"prompt": ..., "response": ...}')
        )
    prompt, turns = _prompt(row)
    sample: dict[str, Any] = {
        "id": _identity(row),
        "prompt": prompt,
        "candidates": _candidates(row, turns),
        "resources": list(_listed(row, "resources")),
        "criteria": list(_listed(row, "criteria")),
        "tags": list(_listed(row, "tags")),
    }
    _mount_conveniences(row, sample)
    return sample


def _kind(value: object) -> str:
    return {dict: "an object", list: "a list", str: "a string", type(None): "null"}.get(
        type(value), f"a {type(value).__name__}"
    )


def _identity(row: Mapping[str, Any]) -> str:
    for key in ("id", "key", "sample_id", "question_id", "task_id"):
        if row.get(key) is not None:
            return str(row[key])
    return ""


def _prompt(row: Mapping[str, Any]) -> tuple[Any, Any]:
    """The prompt, and the answer turns when the row is a chat that already ends with the assistant."""
    messages = row.get("messages")
    if messages is not None and not any(row.get(key) is not None for key in PROMPT_KEYS):
        if not isinstance(messages, Sequence) or isinstance(messages, str) or not messages:
            raise SampleError(
                Fault(f"must be a non-empty list of chat messages, this is {_kind(messages)}", field="messages")
            )
        cut = len(messages)
        while cut and isinstance(messages[cut - 1], Mapping) and messages[cut - 1].get("role") in ("assistant", "tool"):
            cut -= 1
        return list(messages[:cut]), list(messages[cut:])
    for key in PROMPT_KEYS:
        if key in row:
            if row[key] is None:
                raise SampleError(
                    Fault("is null", field=key, mend="give the text or the chat messages that were answered")
                )
            return row[key], None
    raise SampleError(
        Fault(
            "no prompt in this row",
            field="prompt",
            mend=f"one of {', '.join(PROMPT_KEYS)} or messages; found {_found(row)}",
        )
    )


def _found(row: Mapping[str, Any]) -> str:
    return ", ".join(sorted(map(str, row))[:12]) or "no field at all"


def _candidates(row: Mapping[str, Any], turns: Any) -> list[Any]:
    for key in GROUP_KEYS:
        if row.get(key) is not None:
            group = row[key]
            if not isinstance(group, Sequence) or isinstance(group, str):
                raise SampleError(Fault(f"must be a list of answers, this is {_kind(group)}", field=key))
            if not group:
                raise SampleError(Fault("is empty: nothing to judge", field=key, mend="give at least one answer"))
            return [_candidate(answer, index, key) for index, answer in enumerate(group)]
    if "chosen" in row or "rejected" in row:
        missing = [key for key in ("chosen", "rejected") if key not in row]
        if missing:
            raise SampleError(Fault("a pair needs both chosen and rejected", field=missing[0]))
        return [_candidate(_answer_turns(row[key]), index, key) for index, key in enumerate(("chosen", "rejected"))]
    for key in ANSWER_KEYS:
        if key in row:
            return [_candidate(_answer_turns(row[key]), 0, key)]
    if turns:
        return [{"label": "A", "text": turns}]
    raise SampleError(
        Fault(
            "no answer in this row",
            field="response",
            mend=f"one of {', '.join(ANSWER_KEYS)}, chosen + rejected, {', '.join(GROUP_KEYS)}; found {_found(row)}",
        )
    )


def _answer_turns(value: Any) -> Any:
    """A whole conversation given as an answer (UltraFeedback style): only its last assistant turns are the answer."""
    if not isinstance(value, list) or not all(isinstance(turn, Mapping) for turn in value):
        return value
    cut = len(value)
    while cut and value[cut - 1].get("role") in ("assistant", "tool"):
        cut -= 1
    return value[cut:] or value


def letter(index: int) -> str:
    """0 -> A, 25 -> Z, 26 -> AA: the label of the index-th answer."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def _candidate(answer: Any, index: int, field: str) -> dict[str, Any]:
    if isinstance(answer, Mapping) and ("text" in answer or "label" in answer):
        return {"label": letter(index), **answer}
    if isinstance(answer, Mapping):
        content = next((answer[key] for key in ("content", "response", *ANSWER_KEYS[1:]) if key in answer), Ellipsis)
        if content is Ellipsis:
            raise SampleError(
                Fault(f"answer {index + 1} has no text", field=field, mend="give a string, or an object with text")
            )
        return {"label": letter(index), "text": content}
    if answer is None or isinstance(answer, (str, list, tuple)):
        return {"label": letter(index), "text": answer}
    raise SampleError(Fault(f"answer {index + 1} must be text, this is {_kind(answer)}", field=field))


def _listed(row: Mapping[str, Any], key: str) -> Sequence[Any]:
    value = row.get(key)
    if value is None:
        return ()
    if isinstance(value, str) and key == "tags":
        return (value,)
    if not isinstance(value, (list, tuple)):
        raise SampleError(Fault(f"must be a list, this is {_kind(value)}", field=key))
    return value


def _mount_conveniences(row: Mapping[str, Any], sample: dict[str, Any]) -> None:
    """`reference`, `checklist`, `tests` and official IFEval columns become sample resources and criteria."""
    taken = {resource.get("id") for resource in sample["resources"] if isinstance(resource, Mapping)}
    for key, kind in (("reference", "reference"), ("tests", "tool")):
        value = row.get(key)
        if value is not None and value != "" and key not in taken:
            text = (
                value
                if isinstance(value, str)
                else "\n".join(map(str, value))
                if isinstance(value, list)
                else str(value)
            )
            sample["resources"].append({"id": key, "kind": kind, "text": text, "access": "sample"})
    for number, item in enumerate(_listed(row, "checklist"), start=1):
        text = (
            item if isinstance(item, str) else str(item.get("text", item)) if isinstance(item, Mapping) else str(item)
        )
        sample["criteria"].append({"id": f"check-{number}", "text": text, "origin": "sample"})
    names = row.get("instruction_id_list")
    if names:
        _mount_instructions(names, row.get("kwargs"), sample)


def _mount_instructions(names: Any, kwargs: Any, sample: dict[str, Any]) -> None:
    arguments = kwargs if isinstance(kwargs, list) else [{}] * len(names)
    if len(arguments) != len(names):
        raise SampleError(
            Fault(f"{len(names)} instructions but {len(arguments)} kwargs", field="kwargs", mend="one object each")
        )
    for number, (name, given) in enumerate(zip(names, arguments, strict=True), start=1):
        identity = f"instruction-{number}"
        args = {key: value for key, value in (given or {}).items() if value is not None}
        sample["criteria"].append({"id": identity, "text": f"Follows {name} {args or ''}".strip(), "origin": "sample"})
        sample["resources"].append(
            {
                "id": f"verify-{number}",
                "kind": "verifier",
                "verifier": f"ifeval:{name}",
                "args": args,
                "access": "sample",
                "decides": [identity],
                "hard": True,
            }
        )
