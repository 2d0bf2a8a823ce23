"""The README's Python runs and prints what the README says; its commands run; the demo looks as shown."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from pathlib import Path

from typer.testing import CliRunner

from skillrm.cli.app import app

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
SCALING = (ROOT / "docs/scaling.md").read_text()


def test_the_python_blocks_print_what_stands_below_them():
    blocks = re.findall(r"```python\n(.*?)```\n\n```\n(.*?)```", README + SCALING, re.DOTALL)
    assert len(blocks) == 3
    names: dict[str, object] = {}
    for code, expected in blocks:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, "README.md", "exec"), names)  # noqa: S102 - our own README
        assert printed.getvalue() == expected


def test_every_command_of_the_readme_runs(tmp_path, monkeypatch):
    for name in ("OPENAI_BASE_URL", "SKILLRM_MODEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    lines = re.findall(r"^skillrm .*$", README, re.MULTILINE)
    assert len(lines) >= 9
    for line in lines:
        words = shlex.split(line, comments=True)[1:]
        arguments, target = (words[:-2], words[-1]) if ">" in words else (words, None)
        done = CliRunner().invoke(app, arguments)
        expected = 1 if "rejudge" in line else 0  # what abstains without a judge still does
        assert done.exit_code in (0, expected), (line, done.output)
        if target:
            (tmp_path / target).write_text(done.stdout)


def test_the_demo_prints_what_the_readme_shows(monkeypatch):
    for name in ("OPENAI_BASE_URL", "SKILLRM_MODEL"):
        monkeypatch.delenv(name, raising=False)
    shown = re.search(r"^```\n(paper-normalize-scores.*?)^```", README, re.DOTALL | re.MULTILINE)
    assert shown is not None
    printed = set[str]()
    for rows, skill in (("instruction-following", "instruction-following"), ("code", "code-tests")):
        done = CliRunner().invoke(app, ["judge", str(ROOT / f"examples/{rows}.jsonl"), "-s", skill])
        printed |= {line.rstrip() for line in done.stdout.splitlines()}
    lines = shown[1].rstrip().splitlines()[:-2]  # the last two sum up all forty rows
    assert [line for line in lines if line not in printed] == []


def test_every_page_the_readme_points_to_exists():
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target
