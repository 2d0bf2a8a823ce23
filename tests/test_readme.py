"""The README's Python runs and prints what the README says; its commands exist."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

from typer.testing import CliRunner

from skillrm.cli.app import app

README = (Path(__file__).parents[1] / "README.md").read_text()


def test_the_python_blocks_print_what_stands_below_them():
    blocks = re.findall(r"```python\n(.*?)```\n\n```\n(.*?)```", README, re.DOTALL)
    assert len(blocks) == 2
    names: dict[str, object] = {}
    for code, expected in blocks:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, "README.md", "exec"), names)  # noqa: S102 - our own README
        assert printed.getvalue() == expected


def test_every_command_of_the_readme_exists():
    commands = set(re.findall(r"^skillrm ((?:skill |verifier )?[a-z]+)", README, re.MULTILINE))
    assert len(commands) >= 7
    for command in commands:
        assert CliRunner().invoke(app, [*command.split(), "--help"]).exit_code == 0, command


def test_every_page_the_readme_points_to_exists():
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (Path(__file__).parents[1] / target).exists(), target
