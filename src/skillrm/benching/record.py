"""`metrics.json` and `results.jsonl`: what a benchmark run came to, and the judged rows behind it, without any text."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field, JsonValue, TypeAdapter, ValidationError

from skillrm.benching.best_of import MODE
from skillrm.benching.choices import Choices, claims, counted
from skillrm.benching.judging import Answers
from skillrm.benching.survey import ACCESS_NAMES, BenchAccess, Task
from skillrm.benchmarks import Metrics, Result
from skillrm.benchmarks.best_of_n import Curve, Pool, curves
from skillrm.benchmarks.calibration import Calibration, calibration
from skillrm.benchmarks.compute import Spent
from skillrm.benchmarks.labelled import Key
from skillrm.benchmarks.tendencies import Lean, Positions, lean, length_bias, markup, position_consistency
from skillrm.errors import Fault, InputError
from skillrm.store import write_json
from skillrm.types import Frozen
from skillrm.version import __version__

METRICS, RESULTS = "metrics.json", "results.jsonl"
_RESULT: TypeAdapter[Result] = TypeAdapter(Result)


class Statuses(Frozen):
    """What came of the judgments of one subset."""

    judgments: int
    abstained: int
    failed: int

    @classmethod
    def of(cls, results: Iterable[Result]) -> Statuses:
        found = [outcome.status for result in results for outcome in result.outcomes]
        return cls(judgments=len(found), abstained=found.count("abstained"), failed=found.count("failed"))


class RunVersions(Frozen):
    """What made the judgments, beside model and skill."""

    skillrm: str
    python: str
    verifiers: dict[str, str]
    """Those that were planned, with their versions."""


class Record(Frozen):
    """Everything about one benchmark run that a table or a report says."""

    benchmark: str
    mode: str
    access: BenchAccess
    numbers: str
    """The kind of access by name: reference-free and resource-available numbers are different numbers."""
    judge: dict[str, JsonValue]
    """`kind`, `skill`, `model`, `ablation`, and everything else the judgments depend on under `identity`."""
    drawn: dict[str, JsonValue]
    """`seed`, `limit`, `subsets`, and `rows` of how many."""
    data: dict[str, JsonValue]
    """`source`, `sha256` over what was judged, `project`, `paper`, and the rows that could not be read."""
    complete: bool
    """Every judgment is there."""
    metrics: Metrics
    statuses: dict[str, Statuses]
    """By subset, and `overall`."""
    choices: dict[str, Choices]
    spent: Spent
    positions: Positions | None = None
    length: Lean | None = None
    style: Lean | None = None
    """Lean to the answer with more Markdown marks."""
    calibrated: str | None = None
    """Whether the claims are those of single `answers` or of `pairs`."""
    calibration: Calibration | None = None
    curves: dict[str, Curve] = Field(default_factory=dict)
    """Best of N: entry n - 1 is the expected worth of what is selected among n."""
    versions: RunVersions
    command: str

    @property
    def title(self) -> str:
        """Benchmark and kind of access, so that no number is read as one of the other kind."""
        parts = [f"{self.benchmark} ({self.mode})", f"{self.numbers}, access {self.access}"]
        if not self.complete:
            parts.append("UNFINISHED")
        return " · ".join(parts)

    @property
    def judged_by(self) -> str:
        """The judge in words."""
        told = self.judge
        who = f"judge {told['kind']}" + (f", model {told['model']}" if told.get("model") else "")
        parts = [who, f"skill {told['skill']}", *([str(told["ablation"])] if told.get("ablation") else [])]
        return ", ".join(parts)


def record(
    task: Task,
    answers: Answers,
    identity: Mapping[str, Any],
    command: str,
    final_answers: Mapping[Key, tuple[str | None, ...]] | None = None,
) -> Record:
    """Sum up. `identity` is the reward model's; `final_answers` those of each row, for the majority line.

    Raises `ValueError` when no row is judged.
    """
    results = answers.results
    bench = task.benchmark
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(result.subset, []).append(result)
    kind, claimed = claims(results)
    return Record(
        benchmark=bench.name,
        mode=bench.mode,
        access=task.access,
        numbers=ACCESS_NAMES[task.access],
        judge=_judge(task, identity),
        drawn={
            "seed": task.seed,
            "limit": task.limit,
            "subsets": list(task.subsets),
            "rows": len(results),
            "of": answers.survey.total,
        },
        data={
            "source": task.source,
            "sha256": answers.survey.sha256,
            "project": bench.upstream.project,
            "paper": bench.upstream.paper,
            "unreadable": len(answers.survey.faults),
        },
        complete=answers.complete,
        metrics=bench.score(results),
        statuses={name: Statuses.of(group) for name, group in [*groups.items(), ("overall", results)]},
        choices={name: counted(group) for name, group in [*groups.items(), ("overall", results)]},
        spent=answers.spent,
        positions=position_consistency(results),
        length=length_bias(results),
        style=_style(task, results),
        calibrated=kind if claimed else None,
        calibration=calibration(claimed) if claimed else None,
        curves=_curves(results, bench.mode == MODE, final_answers or {}),
        versions=RunVersions(
            skillrm=__version__,
            python=platform.python_version(),
            verifiers=dict(sorted(answers.verifiers.items())),
        ),
        command=command,
    )


def _style(task: Task, results: Sequence[Result]) -> Lean | None:
    """Texts are read once more for it, where there are choices between two answers."""
    if not any(len(outcome.shown) == 2 for result in results for outcome in result.outcomes):
        return None
    wanted = {result.key for result in results}
    marks = markup([item for item in task.items() if item.key in wanted])
    return lean(results, lambda result: marks.get(result.key, {}))


def _judge(task: Task, identity: Mapping[str, Any]) -> dict[str, JsonValue]:
    return {
        "kind": identity["judge"],
        "skill": ", ".join(identity["skills"]),
        "model": identity["model"],
        "ablation": task.ablation.words,
        "identity": dict(identity),
    }


def _curves(
    results: Sequence[Result], best_of: bool, answers: Mapping[Key, tuple[str | None, ...]]
) -> dict[str, Curve]:
    """Of a best-of-N run; else of rows of more than two answers, each with a worth, if the judge scored any."""
    if best_of:
        rows = list(results)
    else:
        rows = [result for result in results if len(result.label.given) > 2 and result.label.worth]
        if not any(score is not None for result in rows for score in result.scores.values()):
            return {}
    return curves([Pool.of(result, answers.get(result.key, ())) for result in rows])


def write(folder: Path, record: Record, results: Sequence[Result]) -> None:
    """Into a run's folder. Raises `StoreError` when it cannot be written."""
    aside = folder / f".{RESULTS}"
    with aside.open("wb") as stream:
        for result in results:
            stream.write(_RESULT.dump_json(result) + b"\n")
    aside.replace(folder / RESULTS)
    write_json(folder / METRICS, record.model_dump(mode="json"))


def read_record(folder: Path) -> Record:
    """Raises `InputError` for a folder without a benchmark's `metrics.json`."""
    path = folder / METRICS
    try:
        return Record.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        mend = "name the folder that `skillrm bench NAME --output` made and finished"
        raise InputError(Fault("is no benchmark run: it has no metrics.json", file=str(folder), mend=mend)) from None
    except ValidationError:
        raise InputError(
            Fault("is no record of a benchmark run", file=str(path), mend="run the benchmark again")
        ) from None


def read_results(folder: Path) -> list[Result]:
    """The judged rows. Raises `InputError` like `read_record`."""
    path = folder / RESULTS
    try:
        with path.open("rb") as stream:
            return [_RESULT.validate_json(line) for line in stream]
    except (FileNotFoundError, ValidationError):
        raise InputError(Fault("is missing or damaged", file=str(path), mend="repeat the command of the run")) from None
