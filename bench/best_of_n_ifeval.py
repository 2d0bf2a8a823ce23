"""Best of the eleven models' answers on every IFEval prompt, chosen by verifiers alone.

    python bench/best_of_n_ifeval.py [data folder] [seed]

`source=detector`: the constraints are read out of the raw prompt, nothing else is known. `source=official`: the
official constraints are mounted. A candidate's score is the mean of its verifiers; ties are scored in expectation.
Accuracy is prompt-level: the chosen answer follows every official instruction strictly. `decided` counts prompts whose
top group is not everything.
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

from skillrm.types import Candidate, Resource, Sample
from skillrm.verifiers.registry import find, find_detector

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
Row = dict[str, Any]


def read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def load(data: Path, seed: int) -> list[tuple[Row, Sample, dict[str, bool]]]:
    """Prompt row, sample with shuffled candidates, and which candidate follows every instruction.

    The files of answers have no keys: they stand in the order of the prompts.
    """
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


def official(row: Row) -> list[Resource]:
    return [
        Resource(
            id=f"official-{number}",
            kind="verifier",
            verifier=f"ifeval:{name}",
            args={key: value for key, value in kwargs.items() if value is not None},
        )
        for number, (name, kwargs) in enumerate(zip(row["instruction_id_list"], row["kwargs"], strict=True))
    ]


def detected(sample: Sample) -> list[Resource]:
    return [one.resource for one in find_detector("constraints").function(sample)]


async def scores(sample: Sample, resources: list[Resource]) -> dict[str, float]:
    """Mean score by label; a cell that no verifier decided does not count."""
    cells: dict[str, list[float]] = {label: [] for label in sample.labels}
    for resource in resources:
        verifier = find(resource.verifier or "")
        findings = await verifier.run(sample, sample.labels, verifier.parse(resource.args))
        for label, finding in findings.items():
            if finding.score is not None:
                cells[label].append(finding.score)
    return {label: fmean(found) if found else 0.0 for label, found in cells.items()}


def expected(scored: Mapping[str, float], right: Mapping[str, bool]) -> tuple[float, bool]:
    """Chance that a draw from the top group is right, and whether the top group is not everything."""
    best = max(round(score, 9) for score in scored.values())
    top = [label for label, score in scored.items() if round(score, 9) == best]
    return fmean(right[label] for label in top), len(top) < len(scored)


def report(source: str, results: list[tuple[float, bool]], seconds: float) -> None:
    decided = [accuracy for accuracy, apart in results if apart]
    print(
        f"best_of_n_ifeval source={source} prompts={len(results)} decided={len(decided)} "
        f"precision_on_decided={fmean(decided):.4f} overall={fmean(accuracy for accuracy, _ in results):.4f} "
        f"seconds={seconds:.1f}"
    )


async def main(data: Path, seed: int) -> None:
    rows = load(data, seed)
    rights = [right for _, _, right in rows]
    models = sorted(rights[0])
    best = max(fmean(right[model] for right in rights) for model in models)
    print(
        f"best_of_n_ifeval source=reference random={fmean(fmean(right.values()) for right in rights):.4f} "
        f"best_single_model={best:.4f} oracle={fmean(any(right.values()) for right in rights):.4f}"
    )
    for source in ("detector", "official"):
        started = time.perf_counter()
        results = []
        for row, sample, right in rows:
            resources = detected(sample) if source == "detector" else official(row)
            results.append(expected(await scores(sample, resources), right))
        report(source, results, time.perf_counter() - started)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]) if len(sys.argv) > 1 else DATA, int(sys.argv[2]) if len(sys.argv) > 2 else 0))
