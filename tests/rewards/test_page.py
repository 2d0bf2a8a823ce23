"""docs/training.md: its code prints what it shows, its readout is one, and its table names pages that are there."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import yaml

from skillrm.judgment import Readout

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "training.md").read_text()


def test_the_code_prints_what_stands_below_it():
    ((code, expected),) = re.findall(r"```python\n(.*?)```\n\n```\n(.*?)```", PAGE, re.DOTALL)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "training.md", "exec"), {})  # noqa: S102 - our own page
    assert printed.getvalue() == expected


def test_the_readout_it_shows_is_one():
    (shown,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert Readout(**yaml.safe_load(shown)["readout"]).length is not None


def test_every_page_it_names_is_there():
    named = re.findall(r"\]\(([\w/-]+\.md)\)", PAGE)
    assert len(named) > 6
    assert [name for name in named if not (DOCS / name).exists()] == []
