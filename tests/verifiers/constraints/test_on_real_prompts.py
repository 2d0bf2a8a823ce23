"""On real prompts: what is detected is what the official lists say, and ordinary prompts carry next to nothing.

Patterns were written looking at one half of the IFEval prompts (by a hash of the key); the other half is the test.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from skillrm.types import Candidate, Sample
from skillrm.verifiers.constraints import detect
from skillrm.verifiers.registry import Detection, find

pytestmark = pytest.mark.data
EMPTY = (Candidate(label="A"),)


def rows(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def found(prompt: str) -> tuple[Detection, ...]:
    return detect(Sample(prompt=prompt, candidates=EMPTY))


@pytest.mark.parametrize(("held_out", "least_recall"), [(False, 0.95), (True, 0.84)])
def test_detections_are_in_the_official_lists(data_dir: Path, held_out: bool, least_recall: float) -> None:
    right = wrong = recalled = asked = 0
    for row in rows(data_dir / "ifeval" / "prompts.jsonl"):
        if (hashlib.sha256(str(row["key"]).encode()).digest()[0] % 2 == 1) != held_out:
            continue
        official = Counter(row["instruction_id_list"])
        names = Counter(
            (one.resource.verifier or "")[7:]
            for one in found(row["prompt"])
            if "ifeval:" in (one.resource.verifier or "")
        )
        right += sum(count for name, count in names.items() if name in official)
        wrong += sum(count for name, count in names.items() if name not in official)
        recalled += sum((names & official).values())
        asked += sum(official.values())
    assert right / (right + wrong) >= 0.98
    assert recalled / asked >= least_recall


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("judgebench/gpt.jsonl", "prompt"),
        ("gsm8k/example_model_solutions.jsonl", "question"),
        ("rewardbench2/ties.jsonl", "prompt"),
    ],
)
def test_prompts_without_constraints_give_none(data_dir: Path, path: str, key: str) -> None:
    assert [one for row in rows(data_dir / path) for one in found(row[key])] == []


def test_chat_prompts_of_rmbench_give_none(data_dir: Path) -> None:
    prompts = [row["prompt"] for row in json.loads((data_dir / "rmbench" / "chat.json").read_text(encoding="utf-8"))]
    assert [one for prompt in prompts for one in found(prompt)] == []


def test_every_detection_names_a_verifier_that_takes_its_arguments(data_dir: Path) -> None:
    for row in rows(data_dir / "ifeval" / "prompts.jsonl"):
        for one in found(row["prompt"]):
            verifier = find(one.resource.verifier or "")
            assert verifier.sample_safe
            assert verifier.parse(one.resource.args)
            assert one.span in row["prompt"]
