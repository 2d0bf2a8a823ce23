"""The program in an answer."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillrm.verifiers import check
from skillrm.verifiers.code.extraction import LONGEST, asked_name, other_language, program

OPEN = """from typing import List

def total(values: List[int]) -> int:
    '''Sum of the values.
    >>> total([1])
    1
    '''
"""
PIECES = st.sampled_from(
    [
        "```python\n",
        "```\n",
        "```",
        "~~~\n",
        "def f(x):\n",
        "    return x\n",
        "class Solution:\n",
        "\n",
        "text ",
        "import re\n",
        "\x00",
        "(" * 50,
    ]
)


@pytest.mark.parametrize(
    "answer",
    [
        "    return sum(values)\n",
        "return sum(values)",
        "```python\n    return sum(values)\n```",
        "```python\ndef total(values):\n    return sum(values)\n```",
        "Sure! Here it is:\n\n```py\ndef total(values: List[int]) -> int:\n    return sum(values)\n```\nDone.",
        "def total(values):\n    return sum(values)\n",
        "    return sum(values)\n\nassert total([1]) == 1\nprint('done')\n",
        "First:\n```python\ndef total(v):\n    return 0\n```\nNo:\n```python\ndef total(v):\n    return sum(v)\n```",
        "```\ndef total(v):\n    return sum(v)\n```",
        "```python\ndef total(v):\n    return sum(v)",
        "```bash\npip install x\n```\n```python\ndef total(v):\n    return sum(v)\n```",
    ],
)
def test_every_way_to_answer_gives_a_program_that_works(answer: str) -> None:
    found = program(answer, OPEN)
    assert found is not None
    names: dict[str, object] = {}
    exec(compile(found.source, "answer", "exec"), names)  # noqa: S102  # the answers above are ours
    assert names["total"]([1, 2, 3]) == 6  # type: ignore[operator]


@pytest.mark.parametrize("answer", ["", "I am sorry, I cannot help with that.", "```\n\n```", "x" * (LONGEST + 10)])
def test_prose_holds_no_program(answer: str) -> None:
    assert program(answer, "Write a function.") is None


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        (OPEN, "total"),
        ("Write a function `add_up` that adds.", "add_up"),
        ("Complete:\n```python\nclass Solution:\n    def run(self, n: int) -> int:\n```", "Solution"),
        ("Tell me a story.", None),
    ],
)
def test_the_name_that_is_asked_for(prompt: str, name: str | None) -> None:
    assert asked_name(prompt) == name


@given(st.lists(PIECES, max_size=30).map("".join), st.sampled_from(["", OPEN, "Write f."]))
def test_no_text_breaks_it(text: str, prompt: str) -> None:
    found = program(text, prompt)
    assert found is None or found.source.strip()


@given(st.sampled_from(["x = 1", "def f(a):\n    return a", "class A:\n    pass", "for i in range(3):\n    print(i)"]))
def test_a_fenced_program_comes_back_whole(source: str) -> None:
    found = program(f"Here:\n\n```python\n{source}\n```\n\nThat is all.")
    assert found is not None
    assert ast.dump(ast.parse(found.source)) == ast.dump(ast.parse(source))


@pytest.mark.parametrize(
    ("prompt", "language"),
    [
        ("Write a Go function `func Add(a, b int) int` to add.", "Go"),
        ("Write a Java function `public int add(int a, int b)`.", "Java"),
        ("Implement a queue in C++.", "C++"),
        ("Write a function that adds two numbers.", None),
        ("Write a Python function that reads Java code.", None),
        ("Go on with the function: def add(a, b):", None),
    ],
)
def test_a_prompt_that_asks_for_another_language_is_seen(prompt, language):
    assert other_language(prompt) == language


@pytest.mark.parametrize("name", ["code:syntax", "code:examples"])
def test_code_in_another_language_is_not_judged_as_python(name):
    prompt = "Write a Java function `public int twice(int n)`. twice(2) == 4"
    assert check(name, "public int twice(int n) { return 2 * n; }", prompt=prompt).status == "not_applicable"
