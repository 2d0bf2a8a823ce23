"""The house itself: public names, what an import costs, how long a file may be, how far a sample travels."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import skillrm

SOURCE = Path(skillrm.__file__).parent
FILES = sorted(SOURCE.rglob("*.py"))
HEAVY = {
    "torch",
    "ray",
    "fastapi",
    "uvicorn",
    "prometheus_client",
    "datasets",
    "sympy",
    "math_verify",
    "pyarrow",
    "xllamacpp",
    "aiohttp",
    "transformers",
}


def test_the_public_names_are_exactly_these():
    assert sorted(skillrm.__all__) == [
        "Candidate",
        "Criterion",
        "Evidence",
        "Judgment",
        "Limits",
        "Resource",
        "RewardModel",
        "Sample",
        "Skill",
        "SkillRMError",
        "Trace",
        "Verdict",
        "load_skill",
        "run",
        "verifier",
    ]
    assert all(hasattr(skillrm, name) for name in skillrm.__all__)


def test_importing_the_package_pulls_in_nothing_heavy():
    code = "import sys, skillrm, json; print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    loaded = json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
    assert not HEAVY & set(loaded)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_file_fits_in_the_head(path):
    text = path.read_text()
    assert text.count("\n") <= 350
    assert path.stem not in {"utils", "util", "common", "helpers", "manager", "misc"}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            assert node.end_lineno - node.lineno < 60, f"{path.name}:{node.lineno} {node.name} is too long"


def test_one_judgebench_sample_crosses_at_most_sixteen_files(data_dir):
    code = """
import asyncio, json, sys
from pathlib import Path
from judging import says, record, entry
from skillrm.backends import ScriptedBackend
from skillrm import RewardModel
row = json.loads(Path(sys.argv[1]).read_text().split("\\n")[0])
seen = set()
def reply(request):
    words = {"graded": "3", "binary": "satisfied"}
    listed = request.messages[1]["content"].split("# Criteria")[1].split("⟪end criteria")[0]
    names = [line.split(" (") for line in listed.split("\\n") if " (" in line]
    if "propose_criteria" in (request.tools or ""):
        return says(("propose_criteria", {"criteria": []}))
    decided = [(name, dict.fromkeys("AB", words[rest.split()[0].strip(",):")])) for name, rest in names]
    return says(record(*(entry(name, decisions, ["o2", "o3"]) for name, decisions in decided)))
model = RewardModel("general", backend=ScriptedBackend(reply))
sample = {"prompt": row["prompt"], "chosen": row["chosen"], "rejected": row["rejected"]}
asyncio.run(model.judge(sample))
def trace(frame, event, argument):
    if "/src/skillrm/" in frame.f_code.co_filename and frame.f_code.co_name != "<module>":
        seen.add(frame.f_code.co_filename)
sys.setprofile(trace)
judgment = asyncio.run(model.judge(sample))
sys.setprofile(None)
print(json.dumps([judgment.status, sorted(name.split("skillrm/")[-1] for name in seen)]))
"""
    run = subprocess.run(
        [sys.executable, "-c", code, str(data_dir / "judgebench" / "gpt.jsonl")],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parent,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    status, files = json.loads(run.stdout)
    assert status == "ok"
    assert len(files) <= 16, " ".join(files)
