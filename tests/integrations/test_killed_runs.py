"""A run of five thousand rows that is killed twenty times: every row once, nothing lost that was told."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from skillrm.judgment import Judgment
from skillrm.store import Run

pytestmark = pytest.mark.integration

ROWS, KILLS = 5000, 20
COMMAND = (sys.executable, "-m", "skillrm", "judge", "in.jsonl", "--skill", "instruction-following", "-o", "run", "-q")


def test_twenty_kills_lose_nothing_that_was_told_and_repeat_nothing(tmp_path):
    rows = (
        {"id": f"r{n}", "prompt": "Name rivers. Do not use any commas.", "response": f"Elbe {n}"} for n in range(ROWS)
    )
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    chance, told = random.Random(7), {}
    for _ in range(KILLS):
        process = subprocess.Popen(
            (*COMMAND, "--json"), cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        fresh, wanted = 0, chance.randint(20, 220)
        for line in process.stdout:
            judgment = Judgment.model_validate_json(line)
            fresh += judgment.sample_id not in told
            assert told.setdefault(judgment.sample_id, line) == line
            if fresh >= wanted:
                break
        process.send_signal(signal.SIGKILL)
        process.stdout.close()
        process.wait()
    assert len(told) >= 20 * KILLS
    subprocess.run(COMMAND, cwd=tmp_path, env=environment, check=True, capture_output=True)
    run = Run.open(Path(tmp_path / "run"), writable=False)
    kept = {row.id: row.judgment for row in run.rows()}
    assert run.count().ok == len(kept) == ROWS
    run.close()
    for identity, line in told.items():
        assert Judgment.model_validate_json(kept[identity]) == Judgment.model_validate_json(line)
