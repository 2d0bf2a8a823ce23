"""Agreement of the IFEval verifiers with the official results, over the real responses beside the checkout.

    python bench/ifeval_agreement.py [data folder]

Prints `ifeval_agreement mode=... family=... key=value` lines and then every difference with its cause.

A model whose results cannot belong to its stored responses (plain comma counting, which needs nothing of ours, already
contradicts them) is counted apart: `scope=foreign`. All others are `scope=own`.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from skillrm.types import Candidate, Sample
from skillrm.verifiers.registry import find

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
CHANGED: dict[tuple[int, str], dict[str, Any]] = {
    (2785, "detectable_content:number_placeholders"): {"num_placeholders": 1}
}
"""The responses answer an earlier wording of this prompt, which asked for at least one placeholder, not three."""


@dataclass(frozen=True)
class Check:
    mode: str
    family: str
    key: int
    model: str
    scope: str
    gold: bool
    ours: bool
    observation: str

    @property
    def cause(self) -> str:
        if self.scope == "foreign":
            return "results of other responses"
        if self.family == "keywords:letter_frequency" and not any(c in self.observation for c in _LETTERS):
            return "upstream drew a random letter in place of a sign"
        if "the language looks like" in self.observation or self.family in _LANGUAGE:
            return "upstream's language detection is unseeded"
        return "unexplained"


_LETTERS = [f"the letter '{chr(code)}'" for code in range(97, 123)]
_LANGUAGE = ("language:response_language", "change_case:english_capital", "change_case:english_lowercase")


def read(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def scope_of(model: str, gold: list[dict[str, Any]], responses: list[dict[str, Any]]) -> str:
    """`foreign` if the results contradict the responses on commas alone."""
    for row, response in zip(gold, responses, strict=True):
        text = response["response"] or ""
        for identifier, asked in zip(row["instruction_id_list"], row["gold"][model]["strict"], strict=True):
            if identifier == "punctuation:no_comma" and (bool(text.strip()) and "," not in text) != asked:
                return "foreign"
    return "own"


def checks(data: Path) -> Iterator[Check]:
    """Every instruction of every response in both modes."""
    prompts = {row["key"]: row for row in read(data / "ifeval" / "prompts.jsonl")}
    gold = read(data / "ifeval" / "gold.jsonl")
    for path in sorted((data / "ifeval" / "responses").glob("*.jsonl")):
        responses, model = read(path), path.stem
        scope = scope_of(model, gold, responses)
        for row, response in zip(gold, responses, strict=True):
            candidate = Candidate(label="A", text=response["response"], delimiters=())
            sample = Sample(prompt=row["prompt"], candidates=(candidate,))
            kwargs = prompts[row["key"]]["kwargs"]
            for index, (family, given) in enumerate(zip(row["instruction_id_list"], kwargs, strict=True)):
                if row["prompt"] != prompts[row["key"]]["prompt"]:
                    given = CHANGED.get((row["key"], family), given)
                for mode in ("strict", "loose"):
                    verifier = find(f"ifeval:{family}")
                    finding = verifier.function(sample, candidate, verifier.parse({**given, "mode": mode}))
                    asked = row["gold"][model][mode][index]
                    yield Check(mode, family, row["key"], model, scope, asked, finding.satisfied, finding.observation)


def main() -> None:
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else DATA
    find("ifeval:punctuation:no_comma")
    start = time.process_time()
    total: Counter[tuple[str, str, str]] = Counter()
    agreed: Counter[tuple[str, str, str]] = Counter()
    differences: list[Check] = []
    for check in checks(data):
        keys = [(check.mode, scope, "all") for scope in (check.scope, "any")] + [
            (check.mode, check.scope, check.family)
        ]
        for key in keys:
            total[key] += 1
            agreed[key] += check.ours == check.gold
        if check.ours != check.gold:
            differences.append(check)
    seconds = time.process_time() - start
    for (mode, scope, family), count in sorted(total.items()):
        same = agreed[mode, scope, family]
        what = f"mode={mode} scope={scope} family={family}"
        print(f"ifeval_agreement {what} agreed={same} of={count} share={same / count:.5f}")
    number = sum(count for (_, scope, family), count in total.items() if scope == "any" and family == "all")
    print(f"ifeval_agreement checks={number} cpu_s={seconds:.1f} ms_per_check={seconds / number * 1e3:.3f}")
    for (scope, cause, mode), count in sorted(Counter((d.scope, d.cause, d.mode) for d in differences).items()):
        print(f"ifeval_differences scope={scope} mode={mode} count={count} cause={cause!r}")
    for d in differences:
        if d.scope == "own":
            what = f"family={d.family} key={d.key} model={d.model} gold={d.gold} ours={d.ours} cause={d.cause!r}"
            print(f"ifeval_difference mode={d.mode} {what}")


if __name__ == "__main__":
    main()
