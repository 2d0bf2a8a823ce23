"""What docs/data.md shows is what its commands and its Python print."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from skillrm.cli.app import app

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/data.md").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    for name in ("OPENAI_BASE_URL", "SKILLRM_MODEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").symlink_to(ROOT / "examples")


def commands() -> list[str]:
    return re.findall(r"^skillrm .*$", PAGE, re.MULTILINE)


def test_the_first_command_prints_what_stands_below_it():
    shown = re.search(r"```\n(row 4: .*?)```", PAGE, re.DOTALL)
    assert shown is not None
    done = CliRunner().invoke(app, shlex.split(commands()[0])[1:])
    assert done.stderr == shown[1]
    assert done.exit_code == 1


def test_every_command_writes_its_file():
    assert len(commands()) == 3
    for command in commands():
        words = shlex.split(command)[1:]
        assert CliRunner().invoke(app, words).exit_code == 1  # the example has one bad row
        assert Path(words[words.index("-o") + 1]).stat().st_size > 0


def test_the_python_prints_what_stands_below_it():
    CliRunner().invoke(app, shlex.split(commands()[0])[1:])
    block = re.search(r"```python\n(.*?)```\n\n```\n(.*?)```", PAGE, re.DOTALL)
    assert block is not None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(block[1], "data.md", "exec"), {})  # noqa: S102 - our own page
    assert printed.getvalue() == block[2]
