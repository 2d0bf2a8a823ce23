"""docs/benchmarks.md: its example runs, and it names every benchmark and mode."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from skillrm.benchmarks import names

PAGE = (Path(__file__).parents[2] / "docs" / "benchmarks.md").read_text()


@pytest.mark.data
def test_the_example_of_the_page_runs(data_dir, tmp_path, monkeypatch, capsys):
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    folder = tmp_path / "jetts"
    folder.mkdir()
    rows = (data_dir / "jetts_schema" / "humaneval_codegen16b_10.jsonl").read_text().splitlines()[:3]
    (folder / "humaneval.jsonl").write_text("\n".join(rows))
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "docs/benchmarks.md", "exec"), {"__name__": "page"})  # noqa: S102
    upstream, headline, coverage, drawn = map(float, capsys.readouterr().out.split())
    assert 0 <= headline <= upstream <= 1
    assert 0 <= coverage <= 1
    assert 0 < drawn < 1


def test_the_page_names_every_benchmark_with_its_modes():
    for name, modes in names().items():
        (row,) = re.findall(rf"^\| `{name}` \| (.*?) \|", PAGE, re.MULTILINE)
        assert re.findall(r"`(.*?)`", row) == list(modes)
