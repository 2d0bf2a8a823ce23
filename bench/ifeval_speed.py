"""CPU time of the IFEval verifiers on real responses, strict, arguments parsed beforehand.

    python bench/ifeval_speed.py [data folder]

Prints `ifeval_speed family=... ms=... p99_ms=...` (mean and 99th percentile per check) and per sample of the data set.
"""

from __future__ import annotations

import runpy
import sys
import time
from collections import defaultdict
from pathlib import Path

from skillrm.types import Candidate, Sample
from skillrm.verifiers.registry import find

BENCH = runpy.run_path(str(Path(__file__).with_name("ifeval_agreement.py")))


def main() -> None:
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else BENCH["DATA"]
    rows = BENCH["read"](data / "ifeval" / "prompts.jsonl")
    took: dict[str, list[float]] = defaultdict(list)
    start = time.process_time()
    find("ifeval:language:response_language").function(
        None,
        Candidate(label="A", text="warm up. Then go."),
        find("ifeval:language:response_language").parse({"language": "en"}),
    )
    print(f"ifeval_speed load_ms={(time.process_time() - start) * 1e3:.0f}")
    for path in sorted((data / "ifeval" / "responses").glob("*.jsonl"))[:4]:
        for row, response in zip(rows, BENCH["read"](path), strict=True):
            candidate = Candidate(label="A", text=response["response"], delimiters=())
            sample = Sample(prompt=row["prompt"], candidates=(candidate,))
            total = 0.0
            for family, given in zip(row["instruction_id_list"], row["kwargs"], strict=True):
                verifier = find(f"ifeval:{family}")
                args = verifier.parse(given)
                start = time.perf_counter()
                verifier.function(sample, candidate, args)
                seconds = time.perf_counter() - start
                took[family].append(seconds)
                total += seconds
            took["sample"].append(total)
    for family, seconds_each in sorted(took.items(), key=lambda item: -sum(item[1]) / len(item[1])):
        ordered = sorted(seconds_each)
        mean, p50, p99 = sum(ordered) / len(ordered), ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)]
        figures = f"ms={mean * 1e3:.4f} p50_ms={p50 * 1e3:.4f} p99_ms={p99 * 1e3:.3f}"
        print(f"ifeval_speed family={family} n={len(ordered)} {figures}")


if __name__ == "__main__":
    main()
