"""Verifiers alone on every benchmark's real rows: no model is called.

    python bench/benchmarks.py [--data DATA] [--limit N] [--only NAME ...]

Prints by subset `benchmarks name=... mode=... access=... subset=... key=value ...`: how many choices were right, wrong
and undecided, the accuracy among those decided with its 95 % interval, what a draw and the longest answer give, and the
two columns of the metric with their coverage. `access=open` is reference-free, `access=sample` has what the rows bring.
Then best-of-N curves, `benchmarks curve=... line=... n1=... n2=...`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from skillrm import RewardModel
from skillrm.benching import Task, answers, record
from skillrm.benching.best_of import best_of, final_answers
from skillrm.benching.candidates import CANDIDATES
from skillrm.benching.record import Record
from skillrm.benching.survey import BenchAccess
from skillrm.benchmarks import find

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
WORDS, CODE, ANSWERS = "instruction-following", "code-tests", "math-answer"
SOLVERS = ("6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification")


@dataclass(frozen=True, slots=True)
class Part:
    """One benchmark with the skill that has verifiers for it."""

    name: str
    folder: str
    skill: str = WORDS
    mode: str | None = None
    access: BenchAccess = "open"
    subsets: tuple[str, ...] = ()


PARTS = (
    Part("judgebench", "judgebench/gpt.jsonl", CODE, subsets=("livecodebench",)),
    Part("judgebench", "judgebench/gpt.jsonl", WORDS, subsets=("mmlu-pro", "livebench-reasoning", "livebench-math")),
    Part(
        "judgebench",
        "judgebench/gpt.jsonl",
        ANSWERS,
        None,
        "sample",
        ("mmlu-pro", "livebench-reasoning", "livebench-math"),
    ),
    Part("rmbench", "rmbench", WORDS, "scores", subsets=("chat", "safety")),
    Part("rmbench", "rmbench", CODE, "scores", subsets=("code",)),
    Part("rewardbench2", "rewardbench2"),
    Part("llmbar", "llmbar"),
    Part("ifbench-pairs", "ifbench_pairs"),
    Part("if-rewardbench", "if_rewardbench"),
    Part("ifbench", "ifbench"),
    Part("ifbench", "ifbench", access="sample"),
    Part("ifeval", "ifeval"),
    Part("ifeval", "ifeval", access="sample"),
    Part("jetts", "jetts_schema", CODE),
)
CURVES = (Part("ifeval", "ifeval"), Part("humaneval", "humaneval", CODE), Part("gsm8k", "gsm8k", ANSWERS))


async def judged(task: Task, skill: str) -> Record:
    """All rows of a task by verifiers."""
    survey = task.survey()
    best = task.benchmark.mode == "bon"
    async with RewardModel(skill, access=task.access, judge="verifiers", early_stop=not best) as model:
        found = await answers(task, survey, model.judge)
        return record(task, found, model.identity, "bench/benchmarks.py", final_answers(task) if best else None)


def say(**figures: Any) -> None:
    told = (f"{name}={value:.4f}" if isinstance(value, float) else f"{name}={value}" for name, value in figures.items())
    print("benchmarks", *told, flush=True)


def report(made: Record, seconds: float) -> None:
    """A line for each subset and the whole."""
    for name, line in [*made.metrics.subsets.items(), ("overall", made.metrics.overall)]:
        chosen, status = made.choices[name], made.statuses[name]
        say(
            name=made.benchmark,
            mode=made.mode,
            access=made.access,
            skill=made.judge["skill"],
            subset=name,
            rows=line.n,
            choices=chosen.n,
            decided=chosen.right + chosen.wrong,
            right=chosen.right,
            wrong=chosen.wrong,
            undecided=chosen.undecided,
            accuracy=chosen.accuracy if chosen.accuracy is not None else "none",
            low=chosen.low if chosen.low is not None else "none",
            high=chosen.high if chosen.high is not None else "none",
            random=chosen.random,
            longest=chosen.longest if chosen.longest is not None else "none",
            upstream=line.upstream,
            headline=line.headline,
            coverage=line.coverage,
            abstained=status.abstained / status.judgments,
            failed=status.failed / status.judgments,
            seconds=round(seconds, 1),
        )


def candidates(data: Path, name: str) -> Iterator[dict[str, Any]]:
    """HumanEval's prompts with twenty completions, GSM8K's with four solutions."""
    import gzip

    if name == "gsm8k":
        with (data / "gsm8k" / "example_model_solutions.jsonl").open() as lines:
            for row in map(json.loads, lines):
                given = [{"text": row[one]["solution"], "correct": row[one]["is_correct"]} for one in SOLVERS]
                yield {"prompt": row["question"], "candidates": given}
        return
    with gzip.open(data / "humaneval" / "HumanEval.jsonl.gz", "rt") as lines:  # the other file lacks the examples
        prompts = {row["task_id"]: row["prompt"] for row in map(json.loads, lines)}
    with (data / "humaneval" / "codegen16b_20.jsonl").open() as lines:
        for row in map(json.loads, lines):
            yield {**row, "prompt": prompts[row["task_id"]]}


async def curves(data: Path, limit: int | None, only: list[str]) -> None:
    """Best of N on what has many answers."""
    for part in CURVES:
        if only and part.name not in only:
            continue
        started = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            path, benchmark = data / part.folder, CANDIDATES
            if part.name == "ifeval":
                benchmark = find("ifeval")
            else:
                path = Path(folder) / f"{part.name}.jsonl"
                path.write_text("".join(json.dumps(row) + "\n" for row in candidates(data, part.name)))
            made = await judged(Task(best_of(benchmark), path, limit=limit), part.skill)
        for name, curve in made.curves.items():
            told = {f"n{place}": curve[place - 1] for place in sorted({1, 2, 4, 8, len(curve)}) if place <= len(curve)}
            say(
                curve=part.name,
                line=name,
                rows=made.drawn["rows"],
                **told,
                seconds=round(time.perf_counter() - started, 1),
            )


async def main(data: Path, limit: int | None, only: list[str]) -> None:
    for part in PARTS:
        if only and part.name not in only:
            continue
        started = time.perf_counter()
        task = Task(find(part.name, part.mode), data / part.folder, part.access, limit=limit, subsets=part.subsets)
        report(await judged(task, part.skill), time.perf_counter() - started)
    await curves(data, limit, only)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--limit", type=int, help="rows of each benchmark, drawn by seed 0")
    parser.add_argument("--only", nargs="*", default=[], help="names of benchmarks")
    given = parser.parse_args()
    asyncio.run(main(given.data, given.limit, given.only))
