"""Code fences, headings, lists and tables."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillrm.errors import ConfigError
from skillrm.verifiers import check
from skillrm.verifiers.structure.layout import count_lists, count_tables, fences, heading_levels, prose_lines


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("```python\nx\n```", [("python", "x", True)]),
        ("~~~ JS title\na\n~~~~", [("js", "a", True)]),
        ("````\n```\nin\n```\n````", [("", "```\nin\n```", True)]),
        ("```\nopen", [("", "open", False)]),
        ("text ``` not a fence\n    ```\n", []),
        ("```a`b```", []),
        ("```\na\n```\n\n```\nb\n```", [("", "a", True), ("", "b", True)]),
        ("```py\na\n```py\n```", [("py", "a\n```py", True)]),  # a closing fence has no info string
    ],
)
def test_fences_are_found_as_commonmark_finds_them(text: str, found: list[tuple[str, str, bool]]) -> None:
    assert [(fence.language, fence.body, fence.closed) for fence in fences(text)] == found


@given(st.text(st.sampled_from("`~ab \n"), max_size=80))
def test_fences_do_not_overlap_and_prose_keeps_the_rest(text: str) -> None:
    found = fences(text)
    inside = sum(fence.end - fence.start + 1 for fence in found)
    assert all(fence.closed for fence in found[:-1])
    assert len(prose_lines(text)) == text.count("\n") + 1 - inside + len(found)


def test_headings_lists_and_tables_are_counted() -> None:
    lines = ["# A", "####### no", "#no", "## ", "- a", "", "  more", "1. b", "text", "* c", "| x | y |", "|--|:-:|"]
    assert heading_levels(lines) == [1, 2]
    assert count_lists(lines) == 2
    assert count_tables(lines) == 1
    assert count_tables(["a", "---|---"]) == 0


@pytest.mark.parametrize(
    ("name", "args", "text", "followed"),
    [
        ("markdown", {"min_headings": 2, "level": 2}, "# a\n## b\n## c", True),
        ("markdown", {"max_headings": 0}, "```\n# comment\n```", True),
        ("markdown", {"min_tables": 1}, "a|b\n-|-\n1|2", True),
        ("markdown", {"min_lists": 1, "max_lists": 1}, "- a\n- b\n\n- c", True),
        ("code_fence", {}, "no code", False),
        ("code_fence", {"max": 0, "min": 0}, "no code", True),
        ("code_fence", {"language": "Python"}, "```python\n1\n```", True),
        ("code_fence", {"language": ""}, "```python\n1\n```", False),
        ("code_fence", {"min": 1, "max": 1}, "```\na\n```\n```\nb\n```", False),
        ("code_fence", {}, "```\nnever closed", False),
    ],
)
def test_markdown_and_fences_are_decided(name: str, args: dict[str, Any], text: str, followed: bool) -> None:
    assert check(f"structure:{name}", text, **args).score == followed


def test_bounds_out_of_order_are_an_error() -> None:
    with pytest.raises(ConfigError, match="min 3 is more than max 2"):
        check("structure:code_fence", "", min=3, max=2)
