"""What the tests of skills share: a folder written from a few texts, and verifiers that are only known here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from skillrm.types import Candidate, Criterion, Resource, Sample
from skillrm.verifiers.registry import Args, Detection, Finding, decided, detector, verifier

SKILL_MD = """\
---
name: {name}
description: Judges answers in tests.
metadata:
  version: "1.2"
---
# Procedure

Establish what is asked, then decide.
"""


class Longer(Args):
    than: Annotated[int, Field(ge=0)] = 0


@verifier("authoring:longer", version="3", args=Longer, sample_safe=True)
def longer(sample: Sample, candidate: Candidate, args: Longer) -> Finding:
    """The answer has more characters than `than`."""
    return decided(len(candidate.final) > args.than, f"{len(candidate.final)} characters")


@verifier("authoring:private", version="1", args=Longer)
def private(sample: Sample, candidate: Candidate, args: Longer) -> Finding:
    """Not for arguments from a sample."""
    return decided(True, "seen")


@detector("authoring", version="7")
def shouted(sample: Sample) -> tuple[Detection, ...]:
    """Every word in capitals asks for an answer longer than it."""
    words = [word for word in sample.prompt_text.split() if word.isupper() and len(word) > 1]
    return tuple(
        Detection(
            Criterion(id=f"prompt-{word.lower()}", text=f"longer than {word}", origin="prompt"),
            Resource(
                id=f"prompt-{word.lower()}-check",
                kind="verifier",
                verifier="authoring:longer",
                args={"than": len(word)},
                decides=(f"prompt-{word.lower()}",),
                hard=True,
            ),
            word,
        )
        for word in words
    )


def write(parent: Path, bank: str, *, name: str = "demo", skill_md: str | None = None, **files: str) -> Path:
    """A skill folder below `parent`; `files` maps a path, with `__` for `/` and `_dot_` for `.`, to its text."""
    folder = parent / name
    folder.mkdir()
    (folder / "SKILL.md").write_text(SKILL_MD.format(name=name) if skill_md is None else skill_md)
    (folder / "resources.yaml").write_text(bank)
    for coded, text in files.items():
        path = folder / coded.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder
