"""A run's folder, begun or gone on with: only with the model, skill, options and data it was begun with."""

from __future__ import annotations

import datetime
import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skillrm.errors import ConfigError, Fault, InputError
from skillrm.reading import read_samples, stamp
from skillrm.store import Run, differences, key_of
from skillrm.types import Goal

if TYPE_CHECKING:
    from skillrm.reward_model import RewardModel

_ANEW = "repeat the old command, name another --output, or begin anew with --fresh"


def open_run(folder: Path, model: RewardModel, options: dict[str, Any], goal: Goal, source: str, *, fresh: bool) -> Run:
    """The run in `folder`, made if there is none. Raises `ConfigError` with everything that differs from before."""
    identity = {**model.identity, "goal": goal}
    data: dict[str, Any] = {"source": source, "stamp": stamp(source)}
    if fresh or not Run.exists(folder):
        begun = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        manifest: dict[str, Any] = {"identity": identity, "options": options, "data": data, "begun": begun}
        return Run.create(folder, manifest, fresh=fresh)
    run = Run.open(folder)
    try:
        refuse_another(run, identity, folder)
        _refuse_other_rows(run, data, goal)
    except BaseException:
        run.close()
        raise
    return run


def refuse_another(run: Run, identity: dict[str, Any], folder: Path) -> None:
    """Raises `ConfigError` with everything in which `identity` differs from the run's."""
    before: Any = run.manifest.get("identity") or {}
    if differs := differences(before, identity):
        raise ConfigError(
            *(Fault(f"the run was begun with another {line}", file=str(folder)) for line in differs[:-1]),
            Fault(f"the run was begun with another {differs[-1]}", file=str(folder), mend=_ANEW),
        )


def _refuse_other_rows(run: Run, data: dict[str, Any], goal: Goal) -> None:
    """Rows may be added at the end; what the run has seen must stand where it stood. A pipe is not read twice."""
    before: Any = run.manifest.get("data") or {}
    if data["stamp"] is None or before.get("stamp") == data["stamp"]:
        return
    source = data["source"]
    for old, new in itertools.zip_longest(run.rows(judgments=False), read_samples(source)):
        if old is None:
            return
        if new is None:
            words = f"ends before row {old.ordinal}, which the run in {run.folder} has"
            raise InputError(Fault(words, file=source, mend=_ANEW))
        key = key_of(new.sample.digest, goal) if new.sample is not None else None
        if (new.ordinal, key) != (old.ordinal, old.key):
            words = f"row {new.ordinal} is not the one that the run in {run.folder} has"
            raise InputError(Fault(words, file=source, line=new.line, mend=_ANEW))


def complete(run: Run, source: str) -> bool:
    """Every row of this very file is judged, so there is nothing to read it for."""
    before: Any = run.manifest.get("data") or {}
    now = stamp(source)
    if now is None or run.manifest.get("read_all") is not True or before != {"source": source, "stamp": now}:
        return False
    counts = run.count()
    return counts.failed == counts.pending == 0
