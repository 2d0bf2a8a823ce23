"""SKILL.md: its frontmatter by the Agent Skills specification, and the procedure below it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from skillrm.errors import Fault
from skillrm.skill import markup
from skillrm.skill.markup import Document

FIELDS = ("name", "description", "license", "compatibility", "metadata", "allowed-tools")
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_LONGEST = {"name": 64, "description": 1024, "compatibility": 500}


@dataclass(frozen=True, slots=True)
class Front:
    """What SKILL.md says of itself, and its body."""

    name: str
    description: str
    version: str
    procedure: str
    body_line: int
    """Line of SKILL.md on which the procedure starts."""


def read(text: str, file: str, folder: str) -> tuple[Front | None, list[Fault]]:
    """The parts of SKILL.md and every fault in them; `folder` is the name that the skill must carry."""
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        mend = "start the file with ---, name, description, ---"
        return None, [Fault("there is no frontmatter", file, 1, mend=mend)]
    end = next((n for n, line in enumerate(lines[1:], start=1) if line.rstrip() == "---"), None)
    if end is None:
        return None, [Fault("the frontmatter is not closed", file, 1, mend="close it with a line ---")]
    document = markup.parse("\n".join(lines[1:end]), file, first_line=2)
    procedure = "\n".join(lines[end + 1 :]).strip()
    if not procedure:
        mend = "write below the frontmatter what to establish and in which order"
        document.faults.append(Fault("there is no procedure", file, end + 1, mend=mend))
    values = document.value
    if not isinstance(values, dict):
        if not document.faults or values is not None:
            document.faults.append(
                Fault("the frontmatter must be a mapping", file, 1, mend="name: ... description: ...")
            )
        return None, document.faults
    _check_fields(document, values, folder)
    metadata = values.get("metadata")
    version = metadata.get("version") if isinstance(metadata, dict) else None
    front = Front(
        name=_text(values.get("name")),
        description=_text(values.get("description")).strip(),
        version=_text(version),
        procedure=procedure,
        body_line=end + 2,
    )
    return front, document.faults


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _check_fields(document: Document, values: dict[str, object], folder: str) -> None:
    for key in values:
        if key not in FIELDS:
            mend = "our own notes go into metadata" if key == "version" else f"one of {', '.join(FIELDS)}"
            document.fault((key,), "the Agent Skills specification has no such field", mend)
    for key in ("name", "description"):
        if key not in values:
            document.fault((), f"the frontmatter has no {key}", f"add {key}: ...")
    for key in ("name", "description", "license", "compatibility", "allowed-tools"):
        if key in values:
            _check_text(document, key, values[key])
    name = values.get("name")
    if isinstance(name, str) and name:
        if not _NAME.fullmatch(name):
            mend = "a-z, 0-9 and single hyphens between them"
            document.fault(("name",), f"{name[:80]!r} is no skill name", mend)
        if name != folder:
            document.fault(("name",), f"the name is {name[:80]!r}, the folder {folder!r}", "give both the same name")
    metadata = values.get("metadata", {})
    if not isinstance(metadata, dict):
        document.fault(("metadata",), "must be a mapping of text to text")
        return
    for key, value in metadata.items():
        if not isinstance(value, str):
            document.fault(("metadata", key), "must be text", f'quote it: {key}: "{value}"')


def _check_text(document: Document, key: str, value: object) -> None:
    if not isinstance(value, str) or not value.strip():
        document.fault(
            (key,), "must be text and not empty", f'quote it: {key}: "{value}"' if value is not None else None
        )
    elif len(value) > _LONGEST.get(key, 10_000):
        document.fault((key,), f"has {len(value)} characters; at most {_LONGEST.get(key, 10_000)}")
