"""What a person sees of a judgment that a judge made."""

from __future__ import annotations

import io

from rich.console import Console

from judging import entry, record, says, submit, write_skill
from skillrm.backends import ScriptedBackend
from skillrm.cli.tables import judgment_view
from skillrm.reward_model import RewardModel


async def test_a_graded_criterion_shows_its_grade(tmp_path):
    table = record(
        entry("helpful", {"A": "4", "B": "1"}, ["o2", "o3"]),
        entry("correct", {"A": "satisfied", "B": "violated"}, ["o2", "o3"]),
    )
    backend = ScriptedBackend([says(table, submit())])
    judgment = await RewardModel(write_skill(tmp_path), backend=backend).judge({"prompt": "p", "responses": ["a", "b"]})
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(judgment_view(judgment))
    shown = console.export_text()
    for words in ("◐ 4 of 5", "✗ 1 of 5", "✓ satisfied", "✗ violated"):
        assert words in shown
