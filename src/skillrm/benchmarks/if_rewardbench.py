"""IF-RewardBench: does a judge rank answers to one instruction as people's constraint labels do?

"IF-RewardBench: Benchmarking Judge Models for Instruction-Following Evaluation"; thu-coai/IF-RewardBench. Constraint
mode: every answer checked against the checklist. Overall mode: pairwise verdicts, joined by Elo.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from skillrm.benchmarks.files import Row, Upstream, located, read_rows
from skillrm.benchmarks.labelled import Label, LabelledSample, arranged
from skillrm.benchmarks.outcome import Ask
from skillrm.errors import Fault, InputError
from skillrm.types import Access, Criterion, Message, Sample

UPSTREAM = Upstream(
    project="thu-coai/IF-RewardBench",
    paper="IF-RewardBench: Benchmarking Judge Models for Instruction-Following Evaluation",
    files=("if_rewardbench*.json", "data/if_rewardbench*.json", "*.jsonl", "*.parquet"),
    get="data/if_rewardbench.json of the repository",
)
MAPS = "position_maps.json"
TYPES = ("Single_Turn", "Multi_Turn", "System_Prompt")
CHECK = "check-"
"""Criterion ids: check-1 is the first item of the checklist."""


def rows(path: Path, upstream: Upstream) -> Iterator[Row]:
    """The rows of the data file."""
    files = located(path, upstream.files, upstream)
    return (row for file in files for row in read_rows(file))


def rows_with_positions(path: Path, upstream: Upstream) -> Iterator[Row]:
    """The rows, each with the order in which upstream shows its pairs. Raises `InputError` without `MAPS`."""
    folder = path if path.is_dir() else path.parent
    found = rows(path, upstream)
    places = [place / MAPS for place in (folder, folder / "inference", folder.parent / "inference")]
    file = next((place for place in places if place.is_file()), None)
    if file is None:
        mend = f"it is inference/{MAPS} of {upstream.project}; put it beside the data"
        raise InputError(Fault(f"holds no {MAPS}", file=str(folder), mend=mend))
    try:
        maps = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(Fault(f"cannot be read: {error}", file=str(file))) from None
    if not isinstance(maps, dict):
        raise InputError(Fault("must be an object: id -> pair -> 0 or 1", file=str(file)))
    return (row if row.faults else _positioned(row, maps) for row in found)


def _positioned(row: Row, maps: Mapping[str, Any]) -> Row:
    identity = str(row.content.get("id"))
    if not isinstance(maps.get(identity), dict):
        return replace(row, faults=row.fault(f"{identity} is not in {MAPS}", "id").faults)
    return replace(row, content={**row.content, MAPS: maps[identity]})


def label(row: Row, access: Access, seed: int) -> LabelledSample:
    """Constraint mode: the checklist is mounted as criteria, if the run may see what the sample brings."""
    identity, subset = row.text("id"), row.text("instruction_type")
    checklist, responses = row.listed("checklist"), row.objects("responses")
    group = arranged([one.answer("response") for one in responses], seed, subset, identity)
    names = {one.text("response_id"): name for one, name in zip(responses, group.names, strict=True)}
    followed = {
        name: tuple(bool(value) for value in one.listed("labels"))
        for one, name in zip(responses, group.names, strict=True)
    }
    if any(len(labels) != len(checklist) for labels in followed.values()):
        raise row.fault(f"an answer has not the {len(checklist)} labels of the checklist", "responses")
    criteria = () if access == "open" else checks(checklist)
    gold = Label(given=group.names, better=_edges(row, names), followed=followed, asked=_asked(row, group.names))
    turns = tuple(Message(role=turn.text("role"), content=turn.answer("content")) for turn in row.objects("messages"))
    return LabelledSample(
        Sample(id=identity, prompt=turns, candidates=group.candidates, criteria=criteria), subset, gold
    )


def checks(checklist: list[Any]) -> tuple[Criterion, ...]:
    """One binary criterion an item."""
    return tuple(
        Criterion(id=f"{CHECK}{n}", text=str(item), origin="sample") for n, item in enumerate(checklist, start=1)
    )


def _edges(row: Row, names: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Each edge once, by the answers' labels."""
    try:
        return tuple(
            dict.fromkeys(
                (names[str(edge.content["chosen"]["response_id"])], names[str(edge.content["rejected"]["response_id"])])
                for edge in row.objects("preference_graph", 0)
            )
        )
    except (KeyError, TypeError) as error:
        raise row.fault(f"names an answer that is not among the responses: {error}", "preference_graph") from None


def _asked(row: Row, names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Upstream's order of asking: (u, v) for every u and v whose position map puts u first."""
    if MAPS not in row.content:
        return ()
    positions = row.mapping(MAPS)
    found = []
    for u in range(len(names)):
        for v in range(len(names)):
            if u != v:
                pair = f"{min(u, v)}_{max(u, v)}"
                if pair not in positions:
                    raise row.fault(f"{MAPS} lacks the pair {pair}", "id")
                if (positions[pair] == 0) == (u < v):
                    found.append((names[u], names[v]))
    return tuple(found)


def asked_once(item: LabelledSample) -> tuple[Ask, ...]:
    """Every pair once, in the order that upstream drew."""
    return tuple(Ask(pair) for pair in item.label.asked)
