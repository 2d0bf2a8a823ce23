"""From a name or a folder to a skill, or to every fault that keeps it from being one."""

from __future__ import annotations

import os
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from skillrm.errors import Fault, SkillError
from skillrm.skill.folder import Folder, read
from skillrm.skill.skill import Skill

if TYPE_CHECKING:
    from skillrm.skill import declaration, frontmatter

BUNDLED = Path(__file__).resolve().parent.parent / "skills"
_KEPT = 64
_loaded: dict[tuple[Path, str], Skill] = {}


@lru_cache(maxsize=1)
def bundled() -> tuple[str, ...]:
    """Names of the skills that come with the package."""
    return tuple(sorted(path.parent.name for path in BUNDLED.glob("*/SKILL.md")))


def load_skill(name_or_path: str | Path) -> Skill:
    """The bundled skill of that name, or the one in that folder.

    A text with a separator is a folder; a bare word is a bundled name first, then a folder here. Files are read every
    time, parsed only when they changed. Raises `SkillError` with every fault.
    """
    path = _locate(name_or_path)
    folder = read(path)
    key = (path, folder.digest)
    if not folder.faults and key in _loaded:
        return _loaded[key]
    skill, faults = _build(folder)
    if skill is None:
        raise SkillError(*faults)
    while len(_loaded) >= _KEPT:
        _loaded.pop(next(iter(_loaded)))
    return _loaded.setdefault(key, skill)


def check_skill(path: str | Path) -> tuple[Fault, ...]:
    """Every fault of a skill and of its test cases at once, in reading order; empty when all is well."""
    try:
        found = _locate(path)
    except SkillError as error:
        return error.faults
    from skillrm.skill.cases import check_cases
    from skillrm.skill.consistency import by_place

    return (*_build(read(found))[1], *by_place(check_cases(found)))


def _locate(name_or_path: str | Path) -> Path:
    if isinstance(name_or_path, str) and name_or_path in bundled():
        return BUNDLED / name_or_path
    path = Path(name_or_path).expanduser()
    bare = isinstance(name_or_path, str) and os.sep not in name_or_path and "/" not in name_or_path
    if bare and not os.path.isdir(path):  # Path.is_dir raises for a name that is too long
        near = get_close_matches(str(name_or_path), bundled(), n=1)
        known = ", ".join(bundled())
        mend = f"did you mean {near[0]}?" if near else f"bundled are {known}; anything else is the path of a folder"
        raise SkillError(Fault(f"there is no skill {str(name_or_path)[:200]!r}", mend=mend))
    if path.name == "SKILL.md":
        path = path.parent
    return path if path.name not in ("", ".", "..") else path.resolve()


def _build(folder: Folder) -> tuple[Skill | None, tuple[Fault, ...]]:
    """The skill, or None and its faults."""
    from skillrm.skill import consistency, declaration, frontmatter  # YAML, needed only by who loads a skill

    front: frontmatter.Front | None = None
    declared: declaration.Declared | None = None
    faults: list[Fault] = []
    skill_md, bank = _text(folder, "SKILL.md"), _text(folder, "resources.yaml")
    if skill_md is not None:
        front, found = frontmatter.read(skill_md, folder.name_of("SKILL.md"), folder.path.name)
        faults += found
    if bank is not None:
        declared = declaration.read(bank, folder.name_of("resources.yaml"), folder)
        consistency.check(declared)
        faults += declared.document.faults
    if front is not None and declared is not None and declared.document.value is not None:
        faults += consistency.check_files(declared, folder, front.procedure, front.body_line)
    every = consistency.by_place([*folder.faults, *faults])
    if every or front is None or declared is None:
        return None, every
    return _skill(folder, front, declared), ()


def _text(folder: Folder, file: str) -> str | None:
    if file in folder.files:
        return folder.text(file)
    if os.path.isdir(folder.path) and not any(fault.file == folder.name_of(file) for fault in folder.faults):
        twin = next((name for name in folder.files if name.lower() == file.lower()), None)
        folder.faults.append(
            Fault(
                f"there is no {file}", folder.name_of(file), mend=f"rename {twin}" if twin else f"a skill has a {file}"
            )
        )
    return None


def _skill(folder: Folder, front: frontmatter.Front, declared: declaration.Declared) -> Skill:
    return Skill(
        name=front.name,
        description=front.description,
        version=front.version,
        path=folder.path,
        digest=folder.digest,
        procedure=front.procedure,
        criteria=tuple(declared.criteria.values()),
        resources=tuple(declared.resources.values()),
        plan=tuple(declared.plan.values()),
        readout=declared.readout,
        open=declared.open,
        limits=declared.limits,
    )
