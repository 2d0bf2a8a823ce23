"""What a converted row is: a prompt, and what an answer to it is judged by."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Remark:
    """Something of a row that is used otherwise than the row says, and why."""

    field: str
    reason: str
    """The same words wherever the same is the matter."""
    detail: str = ""
    hindered: bool = False
    """A function that cannot run here: the judge decides its item."""

    def __str__(self) -> str:
        return f"{self.field}: {self.reason}" + (f" ({self.detail})" if self.detail else "")


@dataclass(frozen=True, slots=True)
class Task:
    """One prompt with everything of a sample but its answers."""

    id: str
    index: int
    """Position in the input, from 0."""
    prompt: str | list[dict[str, str]]
    """Text, or chat turns of role and content."""
    fields: Mapping[str, Any]
    """Of a skillrm row: criteria, resources, tags."""
    checkers: tuple[str, ...]
    """As they stand in the source, for people who look at a log."""
    by_function: int
    """Criteria that a function decides."""
    by_judge: int
    """Criteria that only a judge model can decide."""
    remarks: tuple[Remark, ...] = ()
    data_source: str = ""
    ability: str = ""
    split: str = ""

    @property
    def turns(self) -> list[dict[str, str]]:
        """The prompt as chat turns."""
        return [{"role": "user", "content": self.prompt}] if isinstance(self.prompt, str) else self.prompt

    @property
    def row_fields(self) -> str:
        """`fields` as JSON: one text column, whatever they hold."""
        return json.dumps(self.fields, ensure_ascii=False, separators=(",", ":"))
