"""What the constraint detector reads out of real prompts, against the official lists where there are any.

    python bench/detector.py [data folder] [--show]

IFEval prompts are split in two halves by a hash of their key: patterns were written from `half=develop`; of
`half=held_out` only the figures were watched meanwhile, no prompt was worked on. A detection is right when its family
is in the official list, `kwargs_exact` when its arguments are too (letter case apart). Structure detections have no
official counterpart and are only counted.
The other data sets carry no list: their detections are counted, and with `--show` printed to be read.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from skillrm.types import Candidate, Sample
from skillrm.verifiers.registry import Detection, find_detector

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
Row = dict[str, Any]


@dataclass
class Tally:
    right: int = 0
    wrong: int = 0
    exact: int = 0
    structure: int = 0
    recalled: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    strangers: list[str] = field(default_factory=list)
    """Detections whose family is not in the official list, to be read by a person."""

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + self.wrong)

    @property
    def kwargs_precision(self) -> float:
        return self.exact / max(1, self.right + self.wrong)

    @property
    def recall(self) -> float:
        return sum(self.recalled.values()) / max(1, sum(self.asked.values()))


def read(path: Path) -> list[Row]:
    if path.suffix == ".json":
        loaded: list[Row] = json.loads(path.read_text(encoding="utf-8"))
        return loaded
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def held_out(key: object) -> bool:
    return hashlib.sha256(str(key).encode()).digest()[0] % 2 == 1


def detect(prompt: str) -> tuple[Detection, ...]:
    return find_detector("constraints").function(Sample(prompt=prompt, candidates=(Candidate(label="A"),)))


def plain(args: Row) -> Any:
    """Arguments without letter case and without the order of word lists."""
    low = json.loads(json.dumps({key: value for key, value in args.items() if value is not None}).lower())
    return {key: sorted(value) if isinstance(value, list) else value for key, value in low.items()}


def judge(row: Row, tally: Tally) -> None:
    """Compare the detections of one prompt with its official list."""
    left = list(zip(row["instruction_id_list"], map(plain, row["kwargs"]), strict=True))
    official, found = Counter[str](row["instruction_id_list"]), Counter[str]()
    for one in detect(row["prompt"]):
        name = (one.resource.verifier or "").removeprefix("ifeval:")
        if name == one.resource.verifier:
            tally.structure += 1
            continue
        found[name] += 1
        tally.right += name in official
        tally.wrong += name not in official
        if (name, plain(one.resource.args)) in left:
            left.remove((name, plain(one.resource.args)))
            tally.exact += 1
        if name not in official:
            tally.strangers.append(f"key={row['key']} {name} {one.resource.args} span={one.span!r}")
    tally.asked += official
    tally.recalled += found & official


def ifeval(data: Path) -> dict[str, Tally]:
    halves = {"develop": Tally(), "held_out": Tally(), "all": Tally()}
    for row in read(data / "ifeval" / "prompts.jsonl"):
        for half in ("held_out" if held_out(row["key"]) else "develop", "all"):
            judge(row, halves[half])
    return halves


def prompts_of(rows: list[Row]) -> list[str]:
    return [row["prompt"] for row in rows]


def others(data: Path) -> Iterator[tuple[str, list[str]]]:
    """Data sets without a list, name and prompts; all but the last two carry hardly any constraint."""
    yield "judgebench", prompts_of(read(data / "judgebench" / "gpt.jsonl"))
    yield "gsm8k", [row["question"] for row in read(data / "gsm8k" / "example_model_solutions.jsonl")]
    yield "llmbar", [row["input"] for row in read(data / "llmbar" / "Natural_dataset.json")]
    for part in ("chat", "code", "safety-refuse", "safety-response"):
        yield f"rmbench_{part}", prompts_of(read(data / "rmbench" / f"{part}.json"))
    yield "rewardbench2_ties", prompts_of(read(data / "rewardbench2" / "ties.jsonl"))
    yield "humaneval", prompts_of(read(data / "humaneval" / "HumanEval.jsonl.gz"))
    yield "ifbench", prompts_of(read(data / "ifbench" / "IFBench_test.jsonl"))
    pairs = [row["text_chosen"] for row in read(data / "ifbench_pairs" / "data.converted.json")]
    yield "ifbench_pairs", [(json.loads(pair) if isinstance(pair, str) else pair)[0]["content"] for pair in pairs]


def main() -> None:
    show = "--show" in sys.argv
    given = [word for word in sys.argv[1:] if not word.startswith("--")]
    data = Path(given[0]) if given else DATA
    detect("warm up")
    started = time.perf_counter()
    halves = ifeval(data)
    seconds = time.perf_counter() - started
    for half, tally in halves.items():
        print(
            f"detector data=ifeval half={half} detections={tally.right + tally.wrong} precision={tally.precision:.4f} "
            f"kwargs_exact={tally.kwargs_precision:.4f} recall={tally.recall:.4f} structure={tally.structure}"
        )
        for family, asked in sorted(tally.asked.items()):
            recalled = tally.recalled[family]
            print(f"detector_recall half={half} family={family} recalled={recalled} of={asked}")
    for half in ("develop", "held_out") if show else ():
        for line in halves[half].strangers:
            print(f"detector_stranger half={half} {line}")
    for name, prompts in others(data):
        found = [(prompt, one) for prompt in prompts for one in detect(prompt)]
        constrained = len({prompt for prompt, _ in found})
        print(f"detector data={name} prompts={len(prompts)} constrained={constrained} detections={len(found)}")
        for prompt, one in found if show and len(found) < 100 else ():
            what = f"{one.resource.verifier} {one.resource.args} {one.span!r}"
            print(f"detector_found data={name} {what} in {prompt[:160]!r}")
    print(f"detector ms_per_prompt={seconds / 2 / len(read(data / 'ifeval' / 'prompts.jsonl')) * 1e3:.2f}")
    endless = "Write at least 300 words and do not use commas. " * 100_000
    started = time.perf_counter()
    detect(endless)
    print(f"detector prompt_mb={len(endless) / 1e6:.1f} ms={(time.perf_counter() - started) * 1e3:.0f}")


if __name__ == "__main__":
    main()
