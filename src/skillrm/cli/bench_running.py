"""What `skillrm bench` does: a benchmark's rows through the engine, a run kept in its folder, the record of it."""

from __future__ import annotations

import contextlib
import datetime
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skillrm.benching import Ablation, Record, Task, answers, record, write
from skillrm.benching.best_of import MODE, best_of, final_answers
from skillrm.benching.record import METRICS, RESULTS
from skillrm.cli.choosing import Chosen
from skillrm.cli.ending import command
from skillrm.cli.output import note
from skillrm.cli.progress import Progress
from skillrm.cli.resuming import refuse_another
from skillrm.engine import Engine, Judged, Tally
from skillrm.errors import ConfigError, Fault
from skillrm.skill import Skill, load_skill
from skillrm.store import Run

if TYPE_CHECKING:
    from skillrm.benching.judging import Judge
    from skillrm.benchmarks import Benchmark
    from skillrm.reward_model import RewardModel

HUB = "hub:"
_MANY = 10
"""Faulty rows that are told one by one."""


@dataclass(frozen=True, slots=True)
class Scorer:
    """A scalar reward model instead of a skill's judge."""

    url: str
    low: float
    high: float


def scorer(url: str | None, span: str | None) -> Scorer | None:
    """`--scorer` and `--scorer-range LOW,HIGH`. Raises `ConfigError`."""
    from skillrm.benching.scorer import RANGE

    if url is None:
        return None
    try:
        low, high = RANGE if span is None else tuple(float(part) for part in span.split(","))
    except ValueError:
        mend = "two numbers with a comma, such as -50,50"
        raise ConfigError(Fault(f"{span!r} is no range", field="--scorer-range", mend=mend)) from None
    return Scorer(url, low, high)


async def run_bench(
    task: Task,
    chosen: Chosen,
    concurrency: int,
    tally: Tally,
    folder: Path | None,
    scoring: Scorer | None = None,
    *,
    fresh: bool,
    quiet: bool = False,
    majority: bool | None = None,
) -> tuple[Record | None, str | None]:
    """Judge a benchmark's rows and sum up; with the words why a budget ended it early. Raises `SkillRMError`.

    There is no record when it ended before any row was judged.
    """
    skill = _skill(chosen, scoring)
    if scoring is not None:
        chosen = replace(chosen, judge="verifiers")
    survey = task.survey()
    _tell(survey.faults)
    if not survey.entries:
        raise ConfigError(Fault("holds no readable row", file=task.source))
    task.ablation.check(_mountable(skill, survey.resources))
    async with contextlib.AsyncExitStack() as stack:
        model = await stack.enter_async_context(await chosen.reward_model(task.ablation.skill(skill)))
        run = None
        if folder is not None:
            run = open_run(folder, model, task, chosen, survey.sha256, fresh=fresh)
            stack.push_async_callback(run.aclose)
        progress = Progress(tally, survey.judgments, shown=not quiet)
        await stack.enter_async_context(progress)
        found = await answers(
            task, survey, model.judge, engine=_engines(model, concurrency, run), seen=_counting(tally)
        )
        if not found.results:
            return None, found.stopped
        voted = final_answers(task, majority) if task.benchmark.mode == MODE else None
        made = record(task, found, model.identity, command(), voted)
        if folder is not None:
            write(folder, made, found.results)
        return made, found.stopped


def _skill(chosen: Chosen, scoring: Scorer | None) -> Skill:
    if scoring is None:
        return load_skill(chosen.skill)
    from skillrm.benching.scorer import scorer_skill

    return scorer_skill(scoring.url, (scoring.low, scoring.high), chosen.model or "")


def _mountable(skill: Skill, brought: frozenset[str]) -> set[str]:
    detectors = {rule.detect for rule in skill.plan if rule.detect is not None}
    return {one.id for one in skill.resources} | detectors | brought


def _engines(model: RewardModel, concurrency: int, run: Run | None) -> Any:
    def engine(judge: Judge, goal: Any) -> Engine:
        return Engine(judge, goal, concurrency=concurrency, run=run, budget=model.budget)

    return engine


def _counting(tally: Tally) -> Any:
    def seen(judged: Judged) -> None:
        tally.add(judged.status, judged.judgment, repeated=judged.repeated)
        for fault in judged.faults:
            tally.broke(str(fault))

    return seen


def _tell(faults: tuple[Fault, ...]) -> None:
    for fault in faults[:_MANY]:
        note(f"left out: {fault}")
    if len(faults) > _MANY:
        note(f"and {len(faults) - _MANY} more rows that cannot be read")


def open_run(folder: Path, model: RewardModel, task: Task, chosen: Chosen, sha256: str, *, fresh: bool) -> Run:
    """The run in `folder`, made if there is none. Raises `ConfigError` with everything that differs from before."""
    identity = {**model.identity, "bench": asked(task), "data": sha256}
    if fresh or not Run.exists(folder):
        begun = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        manifest: dict[str, Any] = {
            "identity": identity,
            "options": asdict(replace(chosen, base_url=None)),
            "data": {"source": task.source, "sha256": sha256},
            "begun": begun,
        }
        run = Run.create(folder, manifest, fresh=fresh)
        for name in (METRICS, RESULTS):
            (folder / name).unlink(missing_ok=True)
        return run
    run = Run.open(folder)
    try:
        refuse_another(run, identity, folder)
    except BaseException:
        run.close()
        raise
    return run


def asked(task: Task) -> dict[str, Any]:
    """What the run's identity says of the task."""
    return {
        "benchmark": task.benchmark.name,
        "mode": task.benchmark.mode,
        "access": task.access,
        "seed": task.seed,
        "limit": task.limit,
        "subsets": list(task.subsets),
        "dropped": list(task.ablation.dropped),
        "bank_fraction": task.ablation.fraction,
    }


async def bench_of(given: Mapping[str, Any], tally: Tally) -> tuple[Record | None, str | None]:
    """From the arguments of `bench NAME` or of `bench bon`. Raises `SkillRMError`."""
    with data_at(given["data"]) as path:
        task = Task(
            benchmark=given["benchmark"],
            path=path,
            access=given["access"],
            seed=given["seed"],
            limit=given["limit"],
            subsets=tuple(given["subset"] or ()),
            ablation=Ablation(tuple(given["drop_resource"] or ()), given["bank_fraction"], given["seed"]),
            named=given["data"],
        )
        return await run_bench(
            task,
            Chosen.of(given),
            given["concurrency"],
            tally,
            given["output"],
            scorer(given["scorer"], given["scorer_range"]),
            fresh=given["fresh"],
            quiet=given["quiet"],
            majority=given.get("majority"),
        )


def wanted(name: str, mode: str | None, data: str | None) -> tuple[Benchmark, str]:
    """The benchmark of `bench NAME`, and where its data is. Raises `ConfigError`."""
    from skillrm.benchmarks import find

    found = find(name, mode)
    if data is None:
        mend = f"{' or '.join(found.upstream.files)}, from {found.upstream.project}: {found.upstream.get}"
        raise ConfigError(Fault("is missing: a file or a folder", field="--data", mend=mend))
    return found, data


def wanted_for_bon(named: str, data: str | None) -> tuple[Benchmark, str]:
    """The benchmark of `bench bon FILE_OR_NAME`, and where its data is. Raises `ConfigError`."""
    from skillrm.benching.candidates import CANDIDATES
    from skillrm.benchmarks import names

    if named in names():
        found, where = wanted(named, None, data)
        return best_of(found), where
    if not Path(named).exists():
        mend = f"name a file of candidates, or one of {', '.join(names())} with --data"
        raise ConfigError(Fault("is neither a file nor a benchmark", file=named, mend=mend))
    return best_of(CANDIDATES), named


@contextlib.contextmanager
def data_at(named: str) -> Iterator[Path]:
    """The path of `--data`; a data set of the hub lies in a folder of its own meanwhile."""
    if not named.startswith(HUB):
        yield Path(named)
        return
    from skillrm.benching.hub import fetched

    with tempfile.TemporaryDirectory() as folder:
        yield fetched(named.removeprefix(HUB), Path(folder))
