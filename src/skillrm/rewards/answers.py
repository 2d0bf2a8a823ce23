"""Answers as trainers hand them over: made plain, told apart, and each refused for itself."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

import msgspec

from skillrm.errors import SampleError
from skillrm.shapes import ANSWER_KEYS, GROUP_KEYS, plain
from skillrm.types import Sample

Row = Mapping[str, Any]
"""A prompt and what the sample brings (`reference`, `tests`, `checklist`, ...), without answers."""
_ANSWERS = frozenset((*GROUP_KEYS, *ANSWER_KEYS, "chosen", "rejected"))


def sample_of(row: Row, answers: Sequence[Any]) -> Sample:
    """The sample of these answers, labelled in their order; what the row says of answers counts for nothing.

    Raises `SampleError`.
    """
    asked = {key: value for key, value in row.items() if key not in _ANSWERS}
    return Sample.parse({**asked, "responses": [_unlabelled(answer) for answer in answers]})


def sifted(row: Row, answers: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """The answers that make a sample with this row, and why the others do not."""
    usable, refused = {}, {}
    for key, answer in answers.items():
        try:
            sample_of(row, (answer,))
            usable[key] = answer
        except SampleError as error:
            refused[key] = str(error)
    return usable, refused


def key_of(value: Any) -> str:
    """Equal for equal values, of fixed length. What cannot be written as JSON equals nothing, itself included."""
    if isinstance(value, str):
        return "t" + blake2b(value.encode("utf-8", "surrogatepass"), digest_size=24).hexdigest()
    try:
        written = msgspec.json.encode(plain(value, "row"), order="deterministic")
    except (TypeError, ValueError, RecursionError, SampleError):
        return "?" + uuid.uuid4().hex
    return "j" + blake2b(written, digest_size=24).hexdigest()


def _unlabelled(answer: Any) -> Any:
    """A group names its answers itself."""
    if isinstance(answer, Mapping) and "label" in answer:
        return {key: value for key, value in answer.items() if key != "label"}
    return answer
