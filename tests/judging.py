"""What the tests of judging share: a small skill on disk, and the words a judge model would send."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from judge_server import Says
from skillrm.backends import ChatReply, ChatUsage, ToolCall
from skillrm.skill import Skill, load_skill

SKILL = """\
---
name: {name}
description: Judges answers in tests.
---
# Procedure

Diagnose, select, verify, aggregate.

The rubric is in [rubric.md](rubric.md).
"""
BANK = """\
criteria:
  - {id: helpful, text: "The answer helps.", scale: graded(5)}
  - {id: correct, text: "The answer is correct."}
resources:
  - {id: rubric, kind: rubric, description: "Anchors of the grades", file: rubric.md}
"""

COMMAS = """\
criteria:
  - {id: commas, text: "No commas."}
resources:
  - {id: v, kind: verifier, verifier: "ifeval:punctuation:no_comma", decides: [commas], hard: true}
"""
"""A bank that needs no judge."""


def write_skill(folder: Path, bank: str = BANK, name: str = "small", extra: dict[str, str] | None = None) -> Skill:
    """A skill folder below `folder`, loaded."""
    path = folder / name
    path.mkdir()
    (path / "SKILL.md").write_text(SKILL.format(name=name))
    (path / "rubric.md").write_text("5: all one could wish for. 1: useless.")
    (path / "resources.yaml").write_text(bank)
    for file, text in (extra or {}).items():
        (path / file).parent.mkdir(parents=True, exist_ok=True)
        (path / file).write_text(text)
    return load_skill(path)


def says(*calls: tuple[str, Any], text: str | None = None, finish: str | None = None) -> ChatReply:
    """A reply with native tool calls (name, arguments)."""
    return ChatReply(
        text=text,
        tool_calls=tuple(
            ToolCall(f"call-{n}", name, arguments if isinstance(arguments, str) else json.dumps(arguments))
            for n, (name, arguments) in enumerate(calls, start=1)
        ),
        finish_reason=finish,
        usage=ChatUsage(prompt_tokens=100, completion_tokens=10),
    )


def entry(
    criterion: str, decisions: dict[str, str], observations: list[str], quotes: dict[str, str] | None = None
) -> dict[str, Any]:
    """One entry of `record_evidence`: letters to decisions."""
    return {
        "criterion": criterion,
        "reason": f"why {criterion}",
        "observations": observations,
        "applies": True,
        "decisions": [{"candidate": letter, "decision": word} for letter, word in decisions.items()],
        "quotes": [{"candidate": letter, "quote": words} for letter, words in quotes.items()] if quotes else None,
    }


def record(*entries: dict[str, Any]) -> tuple[str, Any]:
    return "record_evidence", {"entries": list(entries)}


def submit(preference: list[list[str]] | None = None) -> tuple[str, Any]:
    return "submit", {"reason": "done", "preference": preference}


def whole_table(**grades: tuple[str, str]) -> tuple[str, Any]:
    """The small skill's table: letter -> (helpful grade, correct word); o2, o3, ... are the candidates."""
    seen = [f"o{n}" for n in range(2, 2 + len(grades))]
    return record(
        entry("helpful", {letter: words[0] for letter, words in grades.items()}, seen),
        entry("correct", {letter: words[1] for letter, words in grades.items()}, seen),
    )


def open_cells(messages: Any) -> dict[str, list[str]]:
    """What the first user message asks for: criterion -> letters."""
    asked = messages[1]["content"].rsplit("# Open cells\n\n", 1)[1].split("\n\n")[0]
    lines = [line[2:].split(": ") for line in asked.split("\n") if line.startswith("- ")]
    return {criterion: letters.split(", ") for criterion, letters in lines}


def shown(messages: Any) -> dict[str, str]:
    """Letter -> observation id of each candidate in the first user message."""
    found = re.findall(r"^⟪(\S+) candidate ([A-Z]+) · ", messages[1]["content"], re.MULTILINE)
    return {letter: observation for observation, letter in found}


def well_behaved(messages: Any, better: str = "A") -> list[tuple[str, Any]]:
    """The calls of a judge that decides every open cell in favour of `better`, whatever the scale."""
    text, seen = messages[1]["content"], shown(messages)
    entries = []
    for criterion, letters in open_cells(messages).items():
        graded = re.search(rf"^{re.escape(criterion)} \(graded 1 to (\d+)", text, re.MULTILINE)
        good, bad = (graded[1], "1") if graded else ("satisfied", "violated")
        entries.append(
            entry(criterion, {one: good if one == better else bad for one in letters}, [seen[one] for one in letters])
        )
    return [record(*entries), submit()]


def decided(words: dict[str, str]) -> Any:
    """A script of `JudgeServer`: the small skill's judge finds all answers helpful, and correct unless `words` have
    another word for an answer with this text in it.
    """

    def reply(request: dict[str, Any], _: int) -> Says:
        seen, text = shown(request["messages"]), request["messages"][1]["content"]
        word = {
            one: next((w for said, w in words.items() if said in _shown_as(text, one)), "satisfied") for one in seen
        }
        entries = [
            entry(name, {one: "5" if name == "helpful" else word[one] for one in of}, list(seen.values()))
            for name, of in open_cells(request["messages"]).items()
        ]
        return Says(calls=[record(*entries), submit()])

    return reply


def _shown_as(text: str, letter: str) -> str:
    return re.search(rf"candidate {letter} · .*?⟫\n(.*?)\n⟪", text, re.DOTALL)[1]
