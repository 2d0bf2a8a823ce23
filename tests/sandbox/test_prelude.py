"""The functions at hand: the same answer at both levels, and nothing travels that is not named."""

from __future__ import annotations

import pytest

from skillrm.sandbox import PRELUDE_HELP
from skillrm.sandbox.prelude import prelude_for

pytestmark = pytest.mark.asyncio(loop_scope="module")

TEXT = """# Title

First sentence. Is Dr. Smith at 3.5 miles? Yes!

- one
* two
  1. three

## Code ##

```python
x = 1
```

After `[not json` comes {"a": [1, {"b": 2}]} and Cat, cat's catalog.
"""
CASES = {
    "word_count(text)": len(TEXT.split()),
    "word_count('')": 0,
    "sentence_count('First sentence. Is Dr. Smith at 3.5 miles? Yes!')": 3,
    "sentence_count('')": 0,
    "sentence_count('no stop')": 1,
    "sentence_count('Really?! Yes... ok.')": 3,
    "len(paragraphs(text))": 6,
    "paragraphs('a\\n\\n\\n b \\n \\nc')": ["a", "b", "c"],
    "bullets(text)": ["one", "two", "three"],
    "headings(text)": [[1, "Title"], [2, "Code"]],
    "code_blocks(text)": [["python", "x = 1\n"]],
    "json_value(text)": {"a": [1, {"b": 2}]},
    "json_value('```json\\n[1]\\n```')": [1],
    "json_value(' 3 ')": 3,
    "count_keyword(text, 'cat')": 2,
    "count_keyword('a.b a.b', 'A.B')": 2,
}


@pytest.mark.parametrize("level", ["fast", "full"])
@pytest.mark.parametrize("expression", CASES)
async def test_a_function_counts_what_is_there(sandbox, expression, level):
    result = await sandbox.run(f"result = {expression}", inputs={"text": TEXT}, level=level)
    assert (result.result, result.level) == (CASES[expression], level), result


async def test_no_json_is_a_value_error(sandbox):
    result = await sandbox.run("result = json_value('none here {')", level="full")
    assert "ValueError: no JSON value" in result.error


async def test_only_what_is_named_travels():
    assert prelude_for("result = 1") == ""
    assert "def word_count" in prelude_for("result = word_count(x)")
    assert "def bullets" not in prelude_for("result = word_count(x)")


async def test_the_checks_own_function_of_that_name_wins(sandbox):
    code = "def word_count(text):\n    return -1\nresult = word_count('a b')"
    for level in ("fast", "full"):
        assert (await sandbox.run(code, level=level)).result == -1


async def test_every_function_is_told_to_the_judge():
    names = {expression.split("(")[0].removeprefix("len") or "paragraphs" for expression in CASES}
    assert all(name in PRELUDE_HELP for name in names)
