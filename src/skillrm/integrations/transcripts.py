"""Prompt and answer out of what trainers send: decoded text with special tokens, and Responses API objects."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from skillrm.errors import Fault, SampleError

_SPECIAL = re.compile(r"<\|[^<>|\s]{1,40}\|>|<｜[^<>｜]{1,40}｜>|</?s>|<(?:bos|eos|pad|unk|start_of_turn|end_of_turn)>")
_ENDS = re.compile(rf"(?:\s*(?:{_SPECIAL.pattern}))+\s*\Z")


def answer_of(query: Any, prompt: Any, place: int) -> str:
    """The answer in a query, which is prompt and answer decoded with special tokens. Raises `SampleError`.

    The prompt may have lost or gained special tokens and white space in between.
    """
    if not isinstance(query, str) or not isinstance(prompt, str):
        raise _unreadable(place, "query and prompt must be text")
    if query.startswith(prompt):
        return _ENDS.sub("", query[len(prompt) :])
    end = _end_of_prompt(query, prompt)
    if end is None:
        raise _unreadable(place, "does not begin with its prompt")
    return _ENDS.sub("", query[end:])


def _end_of_prompt(query: str, prompt: str) -> int | None:
    """Where the prompt ends in the query, letter by letter, special tokens and white space left out of both."""
    wanted = "".join(_SPECIAL.sub("", prompt).split())
    at = found = 0
    while found < len(wanted):
        special = _SPECIAL.match(query, at)
        if special is not None:
            at = special.end()
        elif at >= len(query):
            return None
        elif query[at].isspace():
            at += 1
        elif query[at] == wanted[found]:
            at, found = at + 1, found + 1
        else:
            return None
    while special := _SPECIAL.match(query, at):
        at = special.end()
    return at


def _unreadable(place: int, words: str) -> SampleError:
    mend = "send prompts as they were given to the policy"
    return SampleError(Fault(words, field=f"query.{place}", mend=mend))


def asked_and_answered(body: Mapping[str, Any]) -> tuple[Any, Any]:
    """Prompt and answer of a NeMo Gym row: `responses_create_params.input`, and the text that `response` put out."""
    params, response = body.get("responses_create_params"), body.get("response")
    if not isinstance(params, Mapping) or not isinstance(response, Mapping):
        missing = "response" if isinstance(params, Mapping) else "responses_create_params"
        raise SampleError(Fault("must be an object", field=missing))
    turns = _turns(params.get("input"))
    instructions = params.get("instructions")
    if instructions is not None and not isinstance(instructions, str):
        raise SampleError(Fault("must be text", field="instructions"))
    if instructions:
        turns = [{"role": "system", "content": instructions}, *_as_turns(turns)]
    output = response.get("output")
    if not isinstance(output, list):
        raise SampleError(Fault("must be a list", field="response.output"))
    said = [_said(item) for item in output if _is_message(item)]
    return turns, said[-1] if said else ""


def _turns(given: Any) -> Any:
    """Chat turns, content parts joined; what is no list stays as it is."""
    if not isinstance(given, list):
        return given
    return [{"role": item.get("role"), "content": _said(item)} for item in given if _is_message(item)]


def _as_turns(prompt: Any) -> list[Any]:
    return prompt if isinstance(prompt, list) else [{"role": "user", "content": prompt}]


def _is_message(item: Any) -> bool:
    """Calls, their outputs and reasoning are items too, of other types."""
    if not isinstance(item, Mapping):
        raise SampleError(Fault("must be an object", field="item"))
    return bool(item.get("type", "message") == "message")


def _said(item: Mapping[str, Any]) -> str:
    content = item.get("content")
    if isinstance(content, str):
        return content
    if not isinstance(content, list) or not all(isinstance(part, Mapping) for part in content):
        words = "must be text or a list of content parts"
        raise SampleError(Fault(words, field="content"))
    return "".join(part["text"] for part in content if isinstance(part.get("text"), str))
