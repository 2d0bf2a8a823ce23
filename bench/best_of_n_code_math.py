"""Best of n without labels: HumanEval by shown examples and agreement, GSM8K by majority, JudgeBench code by examples.

    python bench/best_of_n_code_math.py [DATA] [SEED] [PART ...]

Prints `best_of_n_code_math part=... key=value ...`. Candidates are shuffled by the seed; a tie at the top is scored by
its mean. `decided`: prompts whose top group is not everything. Parts: humaneval, tests, gsm8k, agreement, judgebench.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import random
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import fmean
from typing import Any

from skillrm import Candidate, Resource, Sample
from skillrm.verifiers import Finding, find

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
MODELS = ("6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification")
Row = dict[str, Any]


def read(path: Path) -> list[Row]:
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def say(part: str, **figures: object) -> None:
    told = " ".join(
        f"{key}={value:.4f}" if isinstance(value, float) else f"{key}={value}" for key, value in figures.items()
    )
    print(f"best_of_n_code_math part={part} {told}")


async def found(name: str, sample: Sample) -> dict[str, Finding]:
    verifier = find(name)
    if verifier.group:
        return await verifier.run(sample, sample.labels, verifier.parse({}))
    runs = await asyncio.gather(*(verifier.run(sample, (label,), verifier.parse({})) for label in sample.labels))
    return {label: finding for run in runs for label, finding in run.items()}


def shuffled(texts: list[str], drawn: random.Random) -> tuple[Candidate, ...]:
    order = list(range(len(texts)))
    drawn.shuffle(order)
    return tuple(Candidate(label=str(number), text=texts[number]) for number in order)


def expected(keys: dict[str, Any], right: dict[str, bool]) -> tuple[float, bool]:
    """Chance that a draw from the top group is right, and whether the top group is not everything."""
    best = max(keys.values())
    top = [label for label, key in keys.items() if key == best]
    return fmean(right[label] for label in top), len(top) < len(keys)


def report(part: str, results: list[tuple[float, bool]], rights: list[dict[str, bool]], started: float) -> None:
    apart = [accuracy for accuracy, decided in results if decided]
    say(
        part,
        prompts=len(results),
        decided=len(apart),
        precision_on_decided=fmean(apart) if apart else 0.0,
        overall=fmean(accuracy for accuracy, _ in results),
        random=fmean(fmean(right.values()) for right in rights),
        oracle=fmean(any(right.values()) for right in rights),
        seconds=f"{time.perf_counter() - started:.1f}",
    )


async def humaneval(data: Path, seed: int) -> None:
    """Best of twenty completions: by the examples in the prompt, by agreement, by both.

    The prompts are HumanEval's own: the file of completions has them without their examples.
    """
    drawn = random.Random(seed)
    prompts = {row["task_id"]: row["prompt"] for row in read(data / "humaneval" / "HumanEval.jsonl.gz")}
    ways: dict[str, Callable[[Finding, Finding], tuple[float, ...]]] = {
        "examples": lambda shown, _: (shown.score or 0.0,),
        "agreement": lambda _, agreed: (agreed.score or 0.0,),
        "both": lambda shown, agreed: (shown.score or 0.0, agreed.score or 0.0),
    }
    results: dict[str, list[tuple[float, bool]]] = {way: [] for way in ways}
    rights, started = [], time.perf_counter()
    for row in read(data / "humaneval" / "codegen16b_20.jsonl"):
        sample = Sample(prompt=prompts[row["task_id"]], candidates=shuffled(row["samples"], drawn))
        right = {label: bool(row["base_pass"][int(label)]) for label in sample.labels}
        shown, agreed = await found("code:examples", sample), await found("consensus:code", sample)
        for way, key in ways.items():
            keys = {label: key(shown[label], agreed[label]) for label in sample.labels}
            results[way].append(expected(keys, right))
        rights.append(right)
    for way in ways:
        report(f"humaneval_{way}", results[way], rights, started)


async def tests(data: Path, seed: int) -> None:
    """code:tests with the official tests against the recorded results of the first five completions."""
    official = {row["task_id"]: row for row in read(data / "humaneval" / "HumanEval.jsonl.gz")}
    agree = total = forgeable = 0
    for row in read(data / "humaneval" / "codegen16b_20.jsonl"):
        source = Resource(id="tests", kind="tool", text=official[row["task_id"]]["test"], access="sample")
        candidates = tuple(Candidate(label=str(n), text=text) for n, text in enumerate(row["samples"][:5]))
        for label, finding in (
            await found("code:tests", Sample(prompt=row["prompt"], candidates=candidates, resources=(source,)))
        ).items():
            total += 1
            forgeable += finding.forgeable
            agree += finding.satisfied == bool(row["base_pass"][int(label)]) and finding.status == "decided"
    say("humaneval_tests", runs=total, agree=agree, rate=agree / total, forgeable=forgeable)


async def gsm8k(data: Path, seed: int) -> None:
    """Best of four solutions by the majority of their final answers."""
    drawn = random.Random(seed)
    results, rights, started = [], [], time.perf_counter()
    decided = 0
    for row in read(data / "gsm8k" / "example_model_solutions.jsonl"):
        sample = Sample(
            prompt=row["question"], candidates=shuffled([row[model]["solution"] for model in MODELS], drawn)
        )
        right = {label: bool(row[MODELS[int(label)]]["is_correct"]) for label in sample.labels}
        votes = await found("consensus:answer", sample)
        known = all(vote.status == "decided" for vote in votes.values())
        decided += known
        accuracy, _ = expected({label: vote.score or 0.0 for label, vote in votes.items()}, right)
        results.append((accuracy, known))
        rights.append(right)
    report("gsm8k_majority", results, rights, started)
    say("gsm8k_majority_share", decided_share=decided / len(results))


async def agreement(data: Path, seed: int) -> None:
    """answer:math with the answer key against the recorded is_correct."""
    agree = total = 0
    for row in read(data / "gsm8k" / "example_model_solutions.jsonl"):
        key = Resource(id="reference", kind="reference", text=row["ground_truth"], access="sample")
        candidates = tuple(Candidate(label=model, text=row[model]["solution"]) for model in MODELS)
        sample = Sample(prompt=row["question"], candidates=candidates, resources=(key,))
        for label, finding in (await found("answer:math", sample)).items():
            total += 1
            agree += finding.status == "decided" and finding.satisfied == bool(row[label]["is_correct"])
    say("gsm8k_answer_math", answers=total, agree=agree, rate=agree / total)


async def judgebench(data: Path, seed: int) -> None:
    """Pairs of programs, decided by running the examples of their prompts."""
    rows = [row for row in read(data / "judgebench" / "gpt.jsonl") if row["query_type"] == "livecodebench"]
    right = wrong = 0
    for row in rows:
        pair = (Candidate(label="chosen", text=row["chosen"]), Candidate(label="rejected", text=row["rejected"]))
        run = await found("code:examples", Sample(prompt=row["prompt"], candidates=pair))
        scores = [run[label].score or 0.0 for label in ("chosen", "rejected")]
        right += scores[0] > scores[1]
        wrong += scores[0] < scores[1]
    say(
        "judgebench_code",
        pairs=len(rows),
        decided=right + wrong,
        right=right,
        wrong=wrong,
        decided_share=(right + wrong) / len(rows),
    )


PARTS: dict[str, Callable[[Path, int], Awaitable[None]]] = {
    "humaneval": humaneval,
    "tests": tests,
    "gsm8k": gsm8k,
    "agreement": agreement,
    "judgebench": judgebench,
}


async def main(data: Path, seed: int, parts: list[str]) -> None:
    for part in parts or list(PARTS):
        await PARTS[part](data, seed)


if __name__ == "__main__":
    given = sys.argv[1:]
    asyncio.run(main(Path(given[0]) if given else DATA, int(given[1]) if len(given) > 1 else 0, given[2:]))
