"""Judgments that upstream projects store, through our metrics.

    python bench/recorded_judges.py judgebench FOLDER    files of JudgeBench's outputs/
    python bench/recorded_judges.py llmbar FOLDER        LLMBar's Dataset/LLMBar: against its own statistics.json

Prints `recorded_judges key=value ...`, shares in percent as upstream has them. `difference`: the largest of the mean
and of `correct_both` from what upstream stores beside the judgments.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from skillrm.benchmarks import Metrics, Result, find
from skillrm.benchmarks.recorded import judgebench_results, llmbar_results
from skillrm.benchmarks.tendencies import length_bias, position_consistency


def leanings(results: list[Result]) -> str:
    length, position = length_bias(results), position_consistency(results)
    parts = [f"longer_chosen={length.chosen:.3f} longer_right={length.right:.3f}"] if length else []
    return " ".join([*parts, f"position_consistency={position.consistent:.3f}"] if position else parts)


def percents(found: Metrics) -> str:
    subsets = " ".join(f"{name}={100 * line.upstream:.2f}" for name, line in sorted(found.subsets.items()))
    return f"upstream={100 * found.overall.upstream:.2f} headline={100 * found.overall.headline:.2f} {subsets}"


def judgebench(folder: Path) -> None:
    for file in sorted(folder.glob("*.jsonl")):
        results = list(judgebench_results(file))
        words = f"{percents(find('judgebench').score(results))} {leanings(results)}"
        print(f"recorded_judges benchmark=judgebench judge={file.stem} rows={len(results)} {words}")


def llmbar(folder: Path) -> None:
    rows = judges = 0
    worst = 0.0
    for file in sorted(folder.rglob("statistics.json")):
        results = list(llmbar_results(file.with_name("result.json")))
        found, stored = find("llmbar").score(results).overall, json.loads(file.read_text())
        both = int(stored["correct_both"].split(" / ")[0]) / len(results)
        mean = float(stored["correct_average"].rstrip("%")) / 100
        worst = max(worst, abs(found.upstream - mean), abs(found.headline - both))
        rows, judges = rows + len(results), judges + 1
    print(f"recorded_judges benchmark=llmbar judges={judges} rows={rows} difference={worst:.1e}")


if __name__ == "__main__":
    {"judgebench": judgebench, "llmbar": llmbar}[sys.argv[1]](Path(sys.argv[2]))
