"""Prompt and answer out of what trainers send: decoded text with special tokens, and Responses API objects."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from skillrm.errors import Fault, SampleError
from skillrm.integrations.templates import SPECIAL, asked

_ENDS = re.compile(rf"(?:\s*(?:{SPECIAL.pattern}))+\s*\Z")
_GAP = re.compile(rf"(?:\s|{SPECIAL.pattern})+")
_SHORTEST_REST = 40
"""Letters by which a query must begin with the end of its prompt, to be taken as one whose front was cut off."""
_LONGEST = 1 << 20
_BEGINNINGS = 64
"""Places in a prompt that are tried for that."""


def answer_of(query: Any, prompt: Any, place: int) -> str:
    """The answer in a query, which is prompt and answer decoded with special tokens. Raises `SampleError`.

    The prompt may have lost or gained special tokens and white space in between, and its front may be cut off.
    """
    if not isinstance(query, str) or not isinstance(prompt, str):
        raise _unreadable(place, "query and prompt must be text")
    if query.startswith(prompt):
        return _ended(query[len(prompt) :])
    if len(prompt) > _LONGEST:
        raise _unreadable(place, f"does not begin with its prompt of more than {_LONGEST} characters, letter by letter")
    forms = dict.fromkeys((prompt, unicodedata.normalize("NFC", prompt), unicodedata.normalize("NFKC", prompt)))
    letters = ["".join(SPECIAL.sub("", form).split()) for form in forms]  # tokenizers may normalise what they read
    whole = (_after(query, wanted) for wanted in letters)
    for end in itertools.chain(whole, (_after_rest(query, wanted) for wanted in letters)):
        if end is not None:
            return _ended(query[end:])
    raise _unreadable(place, "does not begin with its prompt")


def answered(row: Mapping[str, Any], answer: Any) -> tuple[dict[str, Any], Any]:
    """A row whose prompt is rendered text with the turns that it was rendered from, and the answer without the special
    tokens that end it, with what the template began of it: `<think>` before reasoning that may never be closed.
    """
    prompt, opening = row.get("prompt"), ""
    if isinstance(prompt, str):
        question = asked(prompt)
        prompt, opening = question.prompt, question.opening
    return {**row, "prompt": prompt}, opening + _ended(answer) if isinstance(answer, str) else answer


def _ended(answer: str) -> str:
    """Without the special tokens that end it; only the tail is searched, and what is inside stays."""
    closing = _ENDS.search(answer, max(0, len(answer) - 1000))
    return answer[: closing.start()] if closing is not None else answer


def _after_rest(query: str, wanted: str) -> int | None:
    """Where these letters end in the query, if only their front was cut off: trainers do so to long prompts."""
    begins = "".join(SPECIAL.sub("", query[: 2 * len(wanted)]).split())[: len(wanted)]
    rest = _overlap(wanted, begins)
    return _after(query, wanted[-rest:]) if rest else None


def _overlap(prompt: str, query: str) -> int:
    """The length of the longest end of `prompt` that `query` begins with; 0 for a short one. Gives up on texts that
    begin anew too often, so that the time stays linear.
    """
    head, at = query[:_SHORTEST_REST], -1
    for _ in range(_BEGINNINGS if len(head) == _SHORTEST_REST else 0):
        at = prompt.find(head, at + 1)
        if at < 0:
            break
        if query.startswith(prompt[at:]):
            return len(prompt) - at
    return 0


def _after(query: str, wanted: str) -> int | None:
    """Where these letters end in the query, special tokens and white space left out. Takes linear time."""
    if not "".join(SPECIAL.sub("", query).split()).startswith(wanted):
        return None
    at = found = 0
    while found < len(wanted):
        gap = _GAP.match(query, at)
        at = gap.end() if gap is not None else at
        following = _GAP.search(query, at)
        end = following.start() if following is not None else len(query)
        piece = query[at : min(end, at + len(wanted) - found)]
        at, found = at + len(piece), found + len(piece)
    while special := SPECIAL.match(query, at):
        at = special.end()
    return at


def _unreadable(place: int, words: str) -> SampleError:
    mend = "send prompts as they were given to the policy"
    return SampleError(Fault(words, field=f"query.{place}", mend=mend))


def asked_and_answered(body: Mapping[str, Any]) -> tuple[Any, Any]:
    """Prompt and answer of a NeMo Gym row: `responses_create_params.input`, and what the policy said in `response`."""
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
    return turns, _answer(output)


def _answer(output: list[Any]) -> Any:
    """The text of the last message that the policy wrote; as turns where it thought or wrote more before: a cap on the
    length of everything that was said counts it. Others' messages (a user's, a tool's) are not its own.
    """
    said: list[dict[str, Any]] = []
    thought: list[str] = []
    for item in output:
        if _is_message(item):
            if item.get("role", "assistant") == "assistant":
                said.append({"role": "assistant", "content": _said(item), "reasoning_content": "\n".join(thought)})
                thought = []
        elif item.get("type") == "reasoning":
            parts = [
                part for key in ("summary", "content") for part in item.get(key) or () if isinstance(part, Mapping)
            ]
            thought += [part["text"] for part in parts if isinstance(part.get("text"), str)]
    if said and thought:
        said[-1]["reasoning_content"] = "\n".join(filter(None, (said[-1]["reasoning_content"], *thought)))
    if len(said) == 1 and not said[0]["reasoning_content"]:
        return said[0]["content"]
    return said or ""


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
