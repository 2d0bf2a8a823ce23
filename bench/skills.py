"""What it costs to load a skill, to mount a sample and to plan it: CPU ms, best of several rounds.

python bench/skills.py
"""

from __future__ import annotations

import time
from collections.abc import Callable

from skillrm.plan import plan_for
from skillrm.skill import bundled, load_skill, loading
from skillrm.types import Sample


def best(what: Callable[[], object], times: int) -> float:
    """ms a call, the best of five rounds."""
    rounds = []
    for _ in range(5):
        started = time.process_time()
        for _ in range(times):
            what()
        rounds.append((time.process_time() - started) / times)
    return min(rounds) * 1000


def parse(name: str) -> None:
    loading._loaded.clear()
    load_skill(name)


def main() -> None:
    started = time.process_time()
    load_skill("general")
    print(f"first_load skill=general ms={(time.process_time() - started) * 1000:.1f}")
    prompt = "Describe a river in at least 50 words. Do not use any commas."
    for name in bundled():
        skill = load_skill(name)
        parsed, unchanged = best(lambda n=name: parse(n), 20), best(lambda n=name: load_skill(n), 50)
        print(f"load skill={name} parsed_ms={parsed:.2f} unchanged_ms={unchanged:.2f}")
        for what, sample in (
            ("bare", Sample(prompt=prompt, candidates=({"label": "A", "text": "x"},))),
            ("reference", Sample.parse({"prompt": prompt, "response": "x", "reference": "42", "tests": "assert 1"})),
        ):
            cost = best(lambda s=skill, one=sample: plan_for(s, s.mount(one), "scores"), 500)
            print(f"plan skill={name} sample={what} ms={cost:.3f}")


if __name__ == "__main__":
    main()
