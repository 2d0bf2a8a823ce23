"""What `judge` and `rejudge` do: rows through the engine, outcomes to the screen, a run kept in its folder."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from skillrm.cli.choosing import Chosen
from skillrm.cli.output import console, note
from skillrm.cli.placing import Placing
from skillrm.cli.progress import Progress
from skillrm.cli.resuming import complete, open_run, refuse_another
from skillrm.engine import FINAL, Engine, Judged, Tally
from skillrm.errors import Fault, InputError
from skillrm.judgment import Judgment
from skillrm.reading import Row, count_rows, from_thread, read_samples
from skillrm.store import Run
from skillrm.types import Goal, Sample, Status

if TYPE_CHECKING:
    from skillrm.engine.local import Judge
    from skillrm.reward_model import RewardModel

_HELD_BACK = 32
"""Rows per worker that may be done and wait for an earlier one, where rows are shown in order."""


@dataclass(frozen=True, slots=True)
class File:
    """The rows to judge."""

    name: str
    limit: int | None = None

    def rows(self) -> Iterator[Row]:
        return islice(read_samples(self.name), self.limit)

    def total(self) -> int | None:
        counted = count_rows(self.name)
        return counted if self.limit is None or counted is None else min(counted, self.limit)


@dataclass(frozen=True, slots=True)
class Showing:
    """Prints one outcome: a line of JSON, a table, or the faults of a bad row."""

    json: bool
    verbose: bool
    quiet: bool

    @property
    def shows(self) -> bool:
        return self.json or not self.quiet

    def __call__(self, judged: Judged) -> None:
        for fault in judged.faults:
            note(f"row {judged.row.ordinal}: {fault}")
        if judged.judgment is None:
            return
        if self.json:
            typer.echo(judged.judgment.model_dump_json())
        elif not self.quiet:
            from skillrm.cli.tables import judgment_view

            console().print(judgment_view(judged.judgment, judged.row.sample, verbose=self.verbose))


async def judge_file(
    file: File,
    chosen: Chosen,
    goal: Goal,
    placing: Placing,
    tally: Tally,
    showing: Showing,
    folder: Path | None,
    *,
    fresh: bool,
) -> str | None:
    """Judge the rows of a file; gives the words why a budget ended it early. Raises `SkillRMError`."""
    async with contextlib.AsyncExitStack() as stack:
        model = await stack.enter_async_context(await chosen.reward_model())
        run = None
        if folder is not None:
            run = open_run(folder, model, asdict(replace(chosen, base_url=None)), goal, file.name, fresh=fresh)
            stack.push_async_callback(run.aclose)
        if run is not None and file.limit is None and complete(run, file.name):
            _retell(run, file, tally, showing)
            return None
        rows = from_thread(file.rows()) if file.name == "-" else file.rows()
        judging = placing.judging(model, chosen)
        engine = await _through(rows, model, judging, goal, tally, showing, run, file.total())
        if run is not None:
            run.note("read_all", engine.read_all and file.limit is None)
        return engine.stopped


def _retell(run: Run, file: File, tally: Tally, showing: Showing) -> None:
    """The outcomes of a run that has them all."""
    for row in run.rows(judgments=showing.shows):
        judgment = Judgment.model_validate_json(row.judgment) if row.judgment is not None else None
        if judgment is not None:
            judgment = judgment.model_copy(update={"sample_id": row.id})
        told = Row(row.ordinal, file.name, row.line, row.id, None, row.faults)
        tally.add(row.status, judgment, repeated=row.status is not None)
        showing(Judged(told, row.status, judgment, row.faults))


async def rejudge_run(
    folder: Path, statuses: set[Status], chosen: Chosen, placing: Placing, tally: Tally, showing: Showing
) -> str | None:
    """Judge rows of a run again that ended in one of `statuses`. Raises `SkillRMError`."""
    run = Run.open(folder)
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(run.aclose)
        manifest: Any = run.manifest
        if "goal" not in manifest["identity"]:
            mend = "repeat its command: failed rows are judged again; or begin anew with --fresh"
            raise InputError(Fault("is a run of `skillrm bench`", file=str(folder), mend=mend))
        made_with, goal = manifest["options"], manifest["identity"]["goal"]
        kept = {key: value for key, value in asdict(chosen).items() if key in _SPENDING}
        again = Chosen(**{**made_with, **kept})
        model = await stack.enter_async_context(await again.reward_model())
        refuse_another(run, {**model.identity, "goal": goal}, folder)
        total = sum(getattr(run.count(), status) for status in statuses)
        rows = _again(run, statuses, str(folder))
        judging = placing.judging(model, again)
        return (await _through(rows, model, judging, goal, tally, showing, run, total, final=_OK)).stopped


def _again(run: Run, statuses: set[Status], name: str) -> Iterator[Row]:
    for row in run.rows(status=statuses, judgments=False, samples=True):
        if row.sample is not None:
            yield Row(row.ordinal, name, row.line, row.id, Sample.model_validate_json(row.sample))


_OK: frozenset[Status] = frozenset({"ok"})
_SPENDING = ("base_url", "timeout", "prices", "cache", "max_cost", "max_tokens_total", "max_seconds")


async def _through(
    rows: Any,
    model: RewardModel,
    judging: AbstractAsyncContextManager[tuple[Judge, int]],
    goal: Goal,
    tally: Tally,
    showing: Showing,
    run: Run | None,
    total: int | None,
    final: frozenset[Status] = FINAL,
) -> Engine:
    async with judging as (judge, concurrency):
        engine = Engine(
            judge,
            goal,
            concurrency=concurrency,
            run=run,
            budget=model.budget,
            window=_HELD_BACK * concurrency if showing.shows else None,
            reload=showing.shows,
            final=final,
        )
        found = engine.in_order(rows) if showing.shows else engine.outcomes(rows)
        async with contextlib.aclosing(found) as outcomes, Progress(tally, total, shown=_progress(showing)):
            async for judged in outcomes:
                tally.add(judged.status, judged.judgment, repeated=judged.repeated)
                for fault in judged.faults:
                    if judged.row.sample is not None:
                        tally.broke(str(fault))
                showing(judged)
    return engine


def _progress(showing: Showing) -> bool:
    """Beside results on the same screen a live line would be in the way."""
    return not (showing.shows and sys.stdout.isatty() and sys.stderr.isatty())
