"""The examples of a prompt, and comparing what comes back with them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillrm.verifiers.code.examples import NamedCall, Printed, examples_of
from skillrm.verifiers.code.values import NOTHING, same, same_output, value_of

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("prompt", "pairs"),
    [
        (
            "def f(x):\n    '''\n    >>> f(1)\n    2\n    >>> f([1, 2])\n    [2, 4]\n    '''\n",
            [("f(1)", 2), ("f([1, 2])", [2, 4])],
        ),
        ("def f(x):\n    '''\n    >>> y = 3\n    >>> f(y)\n    4\n    '''\n", [("y = 3\nf(y)", 4)]),
        ("Write `f`. For example f([1,2]) == 3 and f('a, b)') == \"x\".", [("f([1,2])", 3), ("f('a, b)')", "x")]),
        (
            "def f(x):\n    '''f(3) \u279e True\n    f(4) => [1, 2]\n    f(5) should return 7.'''\n",
            [("f(3)", True), ("f(4)", [1, 2]), ("f(5)", 7)],
        ),
        ("def f(x):\n    '''f(3) ->19 - 5 = 14'''\n", [("f(3)", 14)]),
        ("def f(n):\n    '''f(n) = 1 + n / 2\n    f(1) = 3'''\n", []),
        ("def f(n):\n    '''f(n) returns n.'''\n", []),
        ("Just talk.", []),
    ],
)
def test_calls_with_results_are_examples(prompt: str, pairs: list[tuple[str, object]]) -> None:
    name = "f"
    assert [(one.source, one.expected) for one in examples_of(prompt, name)] == pairs  # type: ignore[union-attr]


def test_inputs_by_name_are_examples() -> None:
    prompt = (
        'Example 1:\n\nInput: nums = [1,2], s = "a = b, c"\nOutput: true\n\n'
        '**Input:** nums = [], s = ""\n**Output:** false'
    )
    assert examples_of(prompt, None) == [
        NamedCall({"nums": [1, 2], "s": "a = b, c"}, True, "true"),
        NamedCall({"nums": [], "s": ""}, False, "false"),
    ]


def test_samples_of_whole_programs_are_examples() -> None:
    prompt = "Sample Input 1:\n2\n\n3 4\n\n5 6\n\nSample Output 1:\n7\n11\n\n\nNote\n\nEasy.\n"
    assert examples_of(prompt, None) == [Printed("2\n3 4\n5 6\n", "7\n11")]
    first = "Sample Input 1\n\n5\n\nSample Output 1\n\nYes\n\nBecause of this.\n\n"
    prompt = (first + "Sample Input 2\n\n6\n\nSample Output 2\n\nNo\n").replace("\n", "\r\n")
    assert examples_of(prompt, None) == [Printed("5\n", "Yes"), Printed("6\n", "No")]


@given(PLAIN)
def test_a_value_comes_back_from_its_repr_and_equals_itself(value: object) -> None:
    assert same(value_of(repr(value)), value)


@pytest.mark.parametrize(
    "text",
    ["f(1)", "__import__('os')", "[" * 5000, "-" * 5000 + "1", "1 +", "", "9" * 5000, "{[]: 1}", "x", "(" * 99 + "1"],
)
def test_what_is_no_literal_is_nothing(text: str) -> None:
    assert value_of(text) is NOTHING


@pytest.mark.parametrize(
    ("got", "expected", "equal"),
    [
        (0.1 + 0.2, 0.3, True),
        (1, 1.0, True),
        (math.nan, math.nan, True),
        ([1, 2], (1, 2), True),
        ([2, 1], [1, 2], False),
        ("1", 1, False),
        (10**400, 1.0, False),
        ({"1": 2}, {1: 2}, True),
        ([3, 3], {3}, True),
        (None, 0, False),
        (True, 1, True),
        (1.5, True, False),
    ],
)
def test_results_are_compared_as_plain_data(got: object, expected: object, equal: bool) -> None:
    assert same(got, expected) is equal


def test_any_order_counts_only_where_it_is_allowed() -> None:
    assert same([[2], [1]], [[1], [2]], any_order=True)
    assert not same([[2], [1]], [[1], [2]])
    assert not same([1, 1, 2], [1, 2, 2], any_order=True)


def test_printed_words_are_compared() -> None:
    assert same_output("YES\n 3.0000001 \n", "Yes 3.0")
    assert not same_output("yes 3", "yes 4")
    assert not same_output("3 4 5", "3 4")


@given(st.text(st.sampled_from("f(x)=>,[]'\"1 \n>-\u279eInputO:utp"), max_size=120))
def test_no_prompt_breaks_it(prompt: str) -> None:
    assert isinstance(examples_of(prompt, "f"), list)
