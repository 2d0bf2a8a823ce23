"""What `make demo` runs: forty samples of all shapes, judged with no key and no model.

With OPENAI_BASE_URL (and SKILLRM_MODEL, OPENAI_API_KEY) set, the same command asks that model about what verifiers
left open.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from skillrm.cli.choosing import Chosen
from skillrm.cli.output import console
from skillrm.cli.tables import judgment_view
from skillrm.engine import Engine, Tally
from skillrm.errors import SkillRMError
from skillrm.reading import read_samples
from skillrm.types import Goal

HERE = Path(__file__).parent
SETS: tuple[tuple[str, str, Goal], ...] = (
    ("instruction-following", "instruction-following.jsonl", "scores"),
    ("math-answer", "math.jsonl", "winner"),
    ("code-tests", "code.jsonl", "scores"),
    ("general", "open.jsonl", "winner"),
)


async def main() -> int:
    total, out = Tally(), console()
    for skill, file, goal in SETS:
        out.rule(f"{file}, judged with the skill {skill}")
        async with await Chosen(skill=skill).reward_model() as model:
            async for judged in Engine(model.judge, goal).in_order(read_samples(HERE / file)):
                total.add(judged.status, judged.judgment, repeated=judged.repeated)
                if judged.judgment is not None:
                    out.print(judgment_view(judged.judgment, judged.row.sample))
                for fault in judged.faults:
                    out.print(f"row {judged.row.ordinal}: {fault}", markup=False)
    out.rule("all in all")
    out.print(str(total), markup=False)
    if not os.environ.get("OPENAI_BASE_URL") and total.open:
        out.print(f"{total.open} cells need a judge model: set OPENAI_BASE_URL (and SKILLRM_MODEL) and run this again.")
    return 0 if total.all_fine else 1


if __name__ == "__main__":
    try:
        sys.exit(asyncio.run(main()))
    except KeyboardInterrupt:
        sys.exit(130)
    except SkillRMError as error:
        sys.exit(f"error: {error}")
