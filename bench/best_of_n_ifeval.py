"""Best of the eleven models' answers on every IFEval prompt, chosen by verifiers alone, through the public facade.

    python bench/best_of_n_ifeval.py [data folder] [seed]

`source=detector`: the constraints are read out of the raw prompt, nothing else is known. `source=official`: the sample
brings the official constraints and nothing is read (tag `stated`). No model is called. Ties are scored in expectation
over the top group; accuracy is prompt-level: the chosen answer follows every official instruction strictly. `decided`
counts prompts whose top group is not everything. `scope=own` leaves out models whose stored results contradict their
stored answers.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import fmean
from typing import Any

from ifeval_agreement import scope_of

from skillrm import Candidate, RewardModel, Sample, Verdict

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
Row = dict[str, Any]
Loaded = tuple[Row, Sample, dict[str, bool]]
"""Prompt row, sample with shuffled candidates, and which candidate follows every instruction."""


def read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def load(data: Path, seed: int) -> list[Loaded]:
    """The files of answers have no keys: they stand in the order of the prompts."""
    folder = data / "ifeval"
    answers = {path.stem: read(path) for path in sorted((folder / "responses").glob("*.jsonl"))}
    drawn = random.Random(seed)
    loaded = []
    prompts, gold = read(folder / "prompts.jsonl"), read(folder / "gold.jsonl")
    for number, (row, result) in enumerate(zip(prompts, gold, strict=True)):
        models = list(answers)
        drawn.shuffle(models)
        candidates = tuple(Candidate(label=model, text=answers[model][number]["response"]) for model in models)
        right = {model: all(result["gold"][model]["strict"]) for model in models}
        loaded.append((row, Sample(prompt=row["prompt"], candidates=candidates), right))
    return loaded


def official(row: Row, sample: Sample) -> Sample:
    """The same sample with the constraints that the data set states."""
    brought = {
        "prompt": sample.prompt,
        "candidates": [candidate.model_dump(include={"label", "text"}) for candidate in sample.candidates],
        "instruction_id_list": row["instruction_id_list"],
        "kwargs": row["kwargs"],
        "tags": ["stated"],
    }
    return Sample.parse(brought)


def expected(verdict: Verdict, right: Mapping[str, bool]) -> tuple[float, bool]:
    """Chance that a draw from the top group is right, and whether the top group is not everything.

    The top group is who may still be best: with every cell decided, those of the highest score.
    """
    bounds = {label: verdict.scores[label] for label in right}
    surest = max(score.low for score in bounds.values())
    top = [label for label, score in bounds.items() if score.high >= surest]
    return fmean(right[label] for label in top), len(top) < len(right)


def report(source: str, scope: str, results: list[tuple[float, bool]], seconds: float) -> None:
    decided = [accuracy for accuracy, apart in results if apart]
    print(
        f"best_of_n_ifeval source={source} scope={scope} prompts={len(results)} decided={len(decided)} "
        f"precision_on_decided={fmean(decided):.4f} overall={fmean(accuracy for accuracy, _ in results):.4f} "
        f"seconds={seconds:.1f}"
    )


async def best_of(rows: list[Loaded], scope: str) -> None:
    """Choose by what is detected, then by the official constraints."""
    rights = [right for _, _, right in rows]
    best = max(fmean(right[model] for right in rights) for model in rights[0])
    print(
        f"best_of_n_ifeval source=reference scope={scope} candidates={len(rights[0])} "
        f"random={fmean(fmean(right.values()) for right in rights):.4f} "
        f"best_single_model={best:.4f} oracle={fmean(any(right.values()) for right in rights):.4f}"
    )
    reward_model = RewardModel("instruction-following")
    for source in ("detector", "official"):
        started = time.perf_counter()
        results = []
        for row, sample, right in rows:
            judgment = await reward_model.judge(
                sample if source == "detector" else official(row, sample), goal="winner"
            )
            results.append(expected(judgment.verdict, right))
        report(source, scope, results, time.perf_counter() - started)


def own(data: Path, rows: list[Loaded]) -> list[Loaded]:
    """Without the models whose stored results belong to other answers than the stored ones (`ifeval_agreement`)."""
    folder = data / "ifeval"
    gold = read(folder / "gold.jsonl")
    foreign = {
        path.stem
        for path in (folder / "responses").glob("*.jsonl")
        if scope_of(path.stem, gold, read(path)) == "foreign"
    }
    kept = []
    for row, sample, right in rows:
        candidates = tuple(one for one in sample.candidates if one.label not in foreign)
        truth = {model: value for model, value in right.items() if model not in foreign}
        kept.append((row, sample.model_copy(update={"candidates": candidates}), truth))
    return kept


async def main(data: Path, seed: int) -> None:
    rows = load(data, seed)
    await best_of(rows, "all")
    await best_of(own(data, rows), "own")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]) if len(sys.argv) > 1 else DATA, int(sys.argv[2]) if len(sys.argv) > 2 else 0))
