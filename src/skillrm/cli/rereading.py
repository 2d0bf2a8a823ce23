"""`skillrm readout`: score stored judgments anew, without any call."""

from __future__ import annotations

import contextlib
import json as json_module
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from skillrm.cli import options as o
from skillrm.cli.output import FAILED, console, fail, note
from skillrm.errors import SkillRMError

if TYPE_CHECKING:
    from skillrm.judgment import Judgment, Readout
    from skillrm.types import Criterion


def readout(
    file: Annotated[
        Path, typer.Argument(help="A run's folder, or JSONL of judgments as `judge --json` writes it; - for a pipe.")
    ],
    readout: Annotated[
        str | None,
        typer.Option(
            "--readout", help='A kind (weighted, checklist, ...) or JSON: {"kind": "lexicographic", "step": 0.25}.'
        ),
    ] = None,
    weights: Annotated[str | None, typer.Option("--weights", help="New weights: correct=3,style=0.5")] = None,
    skill: Annotated[
        str | None, typer.Option("--skill", "-s", help="Take criteria and readout from this skill.")
    ] = None,
    json: o.JsonOption = False,
) -> None:
    """Re-score stored judgments under other weights, gates or another readout: zero calls.

    What the stored evidence does not know stays open and says so.

    [dim]skillrm readout judgments.jsonl --weights correct=3,style=0.5
    skillrm readout runs/pairs --skill ./my-skill
    skillrm readout judgments.jsonl --readout checklist --json > rescored.jsonl[/]
    """
    from skillrm.readout import reread

    changes, bad, count = Counter[str](), 0, 0
    try:
        declared, by_skill = _declared(readout, skill)
        for line, judgment in _judgments(file):
            if judgment is None:
                bad += 1
                note(f"{file}:{line}: is no judgment, such as `judge --json` prints")
                continue
            count += 1
            new = reread(judgment, readout=declared, criteria=_criteria(judgment, by_skill, weights))
            changes.update(_kinds(judgment, new))
            if json:
                typer.echo(new.model_dump_json())
            elif new.verdict != judgment.verdict or new.status != judgment.status:
                console().print(_difference(judgment, new), markup=False)
    except SkillRMError as error:
        fail(f"error: {error}")
    note(f"{count} judgments re-read, {changes.pop('changed', 0)} changed, {bad} unreadable, 0 calls")
    for kind, number in sorted(changes.items()):
        note(f"  {number} {kind}")
    if bad:
        raise typer.Exit(FAILED)


def _kinds(old: Judgment, new: Judgment) -> Iterator[str]:
    """What kinds of change there are between two readings, for counting."""
    if new.verdict == old.verdict and new.status == old.status:
        return
    yield "changed"
    if new.status != old.status:
        yield f"{old.status} -> {new.status}"
    if new.verdict.winner != old.verdict.winner:
        yield "with another winner"
    elif new.verdict.ranking != old.verdict.ranking:
        yield "with another ranking"
    else:
        yield "with the same ranking, other scores"


def _judgments(file: Path) -> Iterator[tuple[int, Judgment | None]]:
    from pydantic import ValidationError

    from skillrm.judgment import Judgment

    for number, text in _texts(file):
        try:
            yield number, Judgment.model_validate_json(text)
        except ValidationError:
            yield number, None


def _texts(file: Path) -> Iterator[tuple[int, bytes]]:
    """Number and JSON of each judgment: rows of a run, else lines of a file."""
    if file.is_dir():
        from skillrm.store import Run

        run = Run.open(file, writable=False)
        try:
            yield from ((row.ordinal, row.judgment) for row in run.rows() if row.judgment is not None)
        finally:
            run.close()
        return
    try:
        with contextlib.nullcontext(sys.stdin.buffer) if str(file) == "-" else file.open("rb") as stream:
            yield from ((number, line) for number, line in enumerate(stream, start=1) if line.strip())
    except OSError as error:
        fail(f"error: {file}: cannot be read: {error.strerror or error}")


def _declared(text: str | None, skill: str | None) -> tuple[Readout | None, tuple[Criterion, ...]]:
    from pydantic import ValidationError

    from skillrm.errors import ConfigError
    from skillrm.judgment import Readout
    from skillrm.validation import faults

    by_skill: tuple[Criterion, ...] = ()
    declared = None
    if skill is not None:
        from skillrm.skill import load_skill

        loaded = load_skill(skill)
        by_skill, declared = loaded.criteria, loaded.readout
    if text is None:
        return declared, by_skill
    try:
        return Readout.model_validate(
            json_module.loads(text) if text.lstrip().startswith("{") else {"kind": text}
        ), by_skill
    except ValidationError as error:
        raise ConfigError(*faults(error, Readout, file="--readout")) from None
    except ValueError as error:
        fail(f"error: --readout: is no valid JSON: {error}")


def _criteria(judgment: Judgment, by_skill: tuple[Criterion, ...], weights: str | None) -> tuple[Criterion, ...]:
    """The judgment's criteria, as the skill declares them where it does, with the new weights."""
    named = {criterion.id: criterion for criterion in by_skill}
    kept = [named.pop(c.id, c) for c in judgment.criteria if c.id in named or c.origin != "skill" or not by_skill]
    criteria = [*kept, *named.values()]
    wanted = _weights(weights) if weights else {}
    unknown = sorted(set(wanted) - {criterion.id for criterion in criteria})
    if unknown:
        fail(f"error: --weights: no criterion {', '.join(unknown)}; there are {', '.join(c.id for c in criteria)}")
    return tuple(c.model_copy(update={"weight": wanted[c.id]}) if c.id in wanted else c for c in criteria)


def _weights(text: str) -> dict[str, float]:
    try:
        pairs = [item.split("=") for item in text.split(",")]
        return {name.strip(): float(value) for name, value in pairs}
    except ValueError:
        fail("error: --weights: write id=number pairs with commas: correct=3,style=0.5")


def _difference(old: Judgment, new: Judgment) -> str:
    from skillrm.cli.tables import score_text

    name = old.sample_id or old.sample_digest[:12]
    lines = [f"{name}: {old.status} -> {new.status}, winner {old.verdict.winner} -> {new.verdict.winner}"]
    for label, score in new.verdict.scores.items():
        was = old.verdict.scores[label]
        if was != score:
            lines.append(f"  {label} {score_text(was)} -> {score_text(score)}")
    return "\n".join(lines)
