"""docs/verifiers.md is what its script writes, and its examples are true."""

from __future__ import annotations

import doctest
import runpy
from pathlib import Path

from skillrm.verifiers import check
from skillrm.verifiers import names as registered
from skillrm.verifiers.registry import find

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_page_is_current() -> None:
    page = runpy.run_path(str(DOCS / "generate_verifiers.py"))["page"]()
    assert (DOCS / "verifiers.md").read_text(encoding="utf-8") == page, "run python docs/generate_verifiers.py"


def test_every_verifier_on_the_page_has_an_example_that_holds() -> None:
    text = (DOCS / "verifiers.md").read_text(encoding="utf-8")
    names = [line.strip("# `") for line in text.splitlines() if line.startswith("### ")]
    built_in = [name for name in registered() if find(name).function.__module__.startswith("skillrm.")]
    assert sorted(names) == built_in  # other tests register verifiers of their own
    runner = doctest.DocTestRunner(verbose=False)
    for name, part in zip(names, text.split("\n### ")[1:], strict=True):
        example = part.split("```pycon\n")[1].split("```\n")[0] if part.count("```") == 2 else _fenced(part)
        test = doctest.DocTestParser().get_doctest(example, {"check": check}, name, None, None)
        assert any(f'"{name}"' in shown.source for shown in test.examples), name
        assert runner.run(test).failed == 0, name


def _fenced(part: str) -> str:
    """The example of an entry whose example holds a fence itself: everything up to the last fence."""
    return part.split("```pycon\n", 1)[1].rsplit("\n```", 1)[0] + "\n"
