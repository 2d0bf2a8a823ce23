"""Row shapes that people already have, turned into the one shape of a `Sample`.

Works on mappings of plain values (numpy arrays and tuples become lists), so that every border (files, HTTP, trainers)
can share it:

- `{"prompt", "candidates": [...]}`            our own
- `{"prompt", "response"}`                     one answer (also `completion`, `answer`, `output`)
- `{"prompt", "chosen", "rejected"}`           a pair, labelled A and B: which is which is not told to the judge
- `{"prompt", "responses": [...]}`             a group (also `completions`, `outputs`)
- `{"messages": [..., {"role": "assistant"}]}` OpenAI chat: the last assistant turn is the answer
- beside any of them `reference`, `checklist`, `tests`, `instruction_id_list` + `kwargs`

Other keys are the caller's own and are not looked at.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from skillrm.errors import Fault, SampleError
from skillrm.validation import kind_of

PROMPT_KEYS = ("prompt", "question", "instruction", "input")
ANSWER_KEYS = ("response", "completion", "answer", "output")
GROUP_KEYS = ("candidates", "responses", "completions", "outputs")
_ID_KEYS = ("id", "key", "sample_id", "question_id", "task_id")
_BROUGHT_KEYS = ("reference", "tests", "checklist", "instruction_id_list", "kwargs")
_READ = {
    *PROMPT_KEYS,
    *ANSWER_KEYS,
    *GROUP_KEYS,
    *_ID_KEYS,
    *_BROUGHT_KEYS,
    *("messages", "chosen", "rejected", "resources", "criteria", "tags"),
}
Delimiters = tuple[tuple[str, str], ...]
THINK: Delimiters = (
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
)
_ASKING = {"user", "system", "developer"}
_SURROGATE = re.compile("[\ud800-\udfff]")
DEEPEST = 100
"""Levels of nesting that a row may have."""
_CANONICAL = msgspec.json.Encoder(order="sorted")


def mended(text: str) -> str:
    """A lone surrogate cannot be written to any file or wire; it becomes U+FFFD here, once."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def split_reasoning(text: str, delimiters: Delimiters = THINK) -> str:
    """`text` without the reasoning that opens it. Only a leading block counts: nothing can be hidden further down."""
    head = text.lstrip()
    for opening, closing in delimiters:
        if head.startswith(opening):
            end = head.find(closing)
            return "" if end < 0 else head[end + len(closing) :].lstrip()
        end = head.find(closing) if closing[:1] in head else -1  # one character is found far faster than several
        if end >= 0 and opening not in head[:end]:  # chat templates often write the opening tag into the prompt
            return head[end + len(closing) :].lstrip()
    return text


def normalise(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row as keyword arguments of `Sample`. Raises `SampleError` when it holds no prompt or no answer."""
    if not isinstance(row, Mapping):
        raise SampleError(
            Fault(f"a row must be a JSON object, this is {kind_of(row)}", mend='write {"prompt": ..., "response": ...}')
        )
    row = {key: plain(value, str(key)) if key in _READ else value for key, value in row.items()}
    prompt, turns = _prompt(row)
    _someone_asks(prompt, "messages" if turns is not None else "prompt")
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


def content_digest(value: Any) -> str:
    """SHA-256 of `value` as canonical JSON."""
    try:
        written = _CANONICAL.encode(value)
    except UnicodeEncodeError:  # a lone surrogate
        written = json.dumps(value, sort_keys=True, ensure_ascii=False).encode("utf-8", "replace")
    return hashlib.sha256(written).hexdigest()


def plain(value: Any, field: str, depth: int = 0) -> Any:
    """`value` as what can be written to any file or wire: lists for arrays, U+FFFD for lone surrogates, bounded depth.

    A number that is not one is how data frames write a missing value, so it becomes None. Raises `SampleError`.
    """
    if isinstance(value, str):
        return mended(value)
    if depth > DEEPEST:
        raise SampleError(Fault(f"is nested more than {DEEPEST} levels deep", field=field))
    if isinstance(value, Mapping):
        return {plain(key, field, depth + 1): plain(item, field, depth + 1) for key, item in value.items()}
    if not isinstance(value, (list, tuple)) and hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [plain(item, field, depth + 1) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _identity(row: Mapping[str, Any]) -> str:
    for key in _ID_KEYS:
        if row.get(key) is not None:
            return str(row[key])
    return ""


def _prompt(row: Mapping[str, Any]) -> tuple[Any, Any]:
    """The prompt, and the answer turns when the row is a chat that already ends with the assistant."""
    messages = row.get("messages")
    if messages is not None and not any(row.get(key) is not None for key in PROMPT_KEYS):
        if not isinstance(messages, list) or not messages:
            raise SampleError(
                Fault(f"must be a non-empty list of chat messages, this is {kind_of(messages)}", field="messages")
            )
        cut = len(messages)
        while cut and isinstance(messages[cut - 1], Mapping) and messages[cut - 1].get("role") in ("assistant", "tool"):
            cut -= 1
        if not cut:
            raise SampleError(Fault("no turn comes before the answer", field="messages", mend="add the user's turn"))
        return messages[:cut], messages[cut:]
    if row.get("instruction") and isinstance(row.get("input"), str) and row["input"].strip():
        return f"{row['instruction']}\n\n{row['input']}", None  # the Alpaca shape: what to do, and to what
    for key in PROMPT_KEYS:
        if key in row:
            if row[key] is None or row[key] == []:
                words = "is null" if row[key] is None else "is empty"
                raise SampleError(Fault(words, field=key, mend="give the text or the chat messages that were answered"))
            return row[key], None
    raise SampleError(
        Fault(
            "no prompt in this row",
            field="prompt",
            mend=f"one of {', '.join(PROMPT_KEYS)} or messages; found {_found(row)}",
        )
    )


def _someone_asks(prompt: Any, field: str) -> None:
    """A chat in which no user and no system speaks has its roles misspelt: what it demands would go unread."""
    if not isinstance(prompt, list) or not prompt or not all(isinstance(turn, Mapping) for turn in prompt):
        return
    roles = [role for turn in prompt if isinstance(role := turn.get("role"), str)]
    if len(roles) == len(prompt) and not _ASKING.intersection(roles):
        found = ", ".join(dict.fromkeys(roles))
        raise SampleError(Fault(f"no turn of a user or system; the roles are {found}", field=field, mend="role: user"))


def _found(row: Mapping[str, Any]) -> str:
    return ", ".join(sorted(map(str, row))[:12]) or "no field at all"


def _candidates(row: Mapping[str, Any], turns: Any) -> list[Any]:
    for key in GROUP_KEYS:
        if row.get(key) is not None:
            group = row[key]
            if not isinstance(group, list):
                raise SampleError(Fault(f"must be a list of answers, this is {kind_of(group)}", field=key))
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
    raise SampleError(Fault(f"answer {index + 1} must be text, this is {kind_of(answer)}", field=field))


def _listed(row: Mapping[str, Any], key: str) -> Sequence[Any]:
    value = row.get(key)
    if value is None:
        return ()
    if isinstance(value, str) and key == "tags":
        return (value,)
    if not isinstance(value, (list, tuple)):
        raise SampleError(Fault(f"must be a list, this is {kind_of(value)}", field=key))
    return value


def _mount_conveniences(row: Mapping[str, Any], sample: dict[str, Any]) -> None:
    """`reference`, `checklist`, `tests` and official IFEval columns become sample resources and criteria."""
    taken = {str(resource.get("id")) for resource in sample["resources"] if isinstance(resource, Mapping)}
    for key, kind in (("reference", "reference"), ("tests", "tool")):
        value = row.get(key)
        if value is not None and value != "" and value != [] and key not in taken:
            sample["resources"].append({"id": key, "kind": kind, "text": _as_text(key, value), "access": "sample"})
    for number, item in enumerate(_listed(row, "checklist"), start=1):
        text = item.get("text") if isinstance(item, Mapping) else item
        if not isinstance(text, str) or not text.strip():
            words = f"item {number} must be text, this is {kind_of(item)}" if text != "" else f"item {number} is empty"
            raise SampleError(Fault(words, field="checklist", mend='write ["It names a date.", ...]'))
        sample["criteria"].append({"id": f"check-{number}", "text": text, "origin": "sample"})
    if row.get("instruction_id_list"):
        _mount_instructions(row["instruction_id_list"], row.get("kwargs"), sample)


def _as_text(key: str, value: Any) -> str:
    """A list of tests is one line each; several references and whatever else has structure are JSON."""
    if isinstance(value, list) and all(isinstance(item, (str, int, float)) for item in value):
        written = [str(item) for item in value]
        return written[0] if len(written) == 1 else "\n".join(written) if key == "tests" else _as_json(written)
    return _as_json(value) if isinstance(value, (list, dict)) else str(value)


def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _mount_instructions(names: Any, kwargs: Any, sample: dict[str, Any]) -> None:
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise SampleError(
            Fault(
                f"must be a list of instruction ids, this is {kind_of(names)}",
                field="instruction_id_list",
                mend='write ["punctuation:no_comma", ...]',
            )
        )
    arguments = [{}] * len(names) if kwargs is None else kwargs
    if not isinstance(arguments, list) or not all(given is None or isinstance(given, Mapping) for given in arguments):
        raise SampleError(Fault("must be a list of objects", field="kwargs", mend="one object for each instruction"))
    if len(arguments) != len(names):
        raise SampleError(
            Fault(f"{len(names)} instructions but {len(arguments)} kwargs", field="kwargs", mend="one object each")
        )
    for number, (name, given) in enumerate(zip(names, arguments, strict=True), start=1):
        identity = f"instruction-{number}"
        args = {key: value for key, value in (given or {}).items() if value is not None}
        told = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in args.items())
        text = f"The response follows the instruction {name}" + (f" ({told})." if told else ".")
        sample["criteria"].append({"id": identity, "text": text, "origin": "sample"})
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
