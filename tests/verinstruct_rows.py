"""Rows as a data set of checkable instructions has them."""

from __future__ import annotations

import json
import os
from typing import Any

LONG = "def words(text):\n    return text.split()\n\n"
LONG += "def check_following(instruction, response):\n    return len(words(response)) >= 3\n"
COMMA = "import re\n\ndef check_following(instruction, response):\n    return not re.search('[,，]', response)\n"


def row(**changes: Any) -> dict[str, Any]:
    """Two items by function, one by the judge."""
    return {
        "id": "r1",
        "prompt": "Name a bird. At least three words, no comma, friendly.",
        "checkers": ["[rule] At least three words.", "[rule] No comma.", "[llm] It is friendly."],
        "functions": [LONG, COMMA, ""],
        **changes,
    }


def in_verl(given: dict[str, Any]) -> dict[str, Any]:
    """The same row as verl has it."""
    held = {key: given[key] for key in ("checkers", "functions")}
    return {
        "data_source": "crab-verif",
        "prompt": [{"role": "user", "content": given["prompt"]}],
        "ability": "if",
        "reward_model": {"style": "rm", "ground_truth": json.dumps(held)},
        "extra_info": {"split": "test", "index": 7},
    }


def ending(sources: list[str], entry: str) -> list[None]:
    """Stands in for a parser that a source can end."""
    if "end" in sources:
        os._exit(3)
    return [None] * len(sources)
