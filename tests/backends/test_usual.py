"""The quick way to read a reply and the thorough one say the same, or the quick one leaves it to the other."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from skillrm.backends.decode import read_body, reply_from
from skillrm.backends.usual import usual_reply
from skillrm.errors import BackendReplyError

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 2**60),
    st.floats(),
    st.text(max_size=3),
    st.just([]),
    st.just({}),
    st.just(""),
)
TEXT = st.one_of(st.none(), st.text(max_size=8), st.just("\ud83d"), ODD)


def some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional={**fields, "other": ODD})


FUNCTION = some(name=TEXT, arguments=st.one_of(TEXT, st.just('{"a": 1}')))
CALL = st.one_of(
    ODD, some(id=st.one_of(st.sampled_from(["a", "b", ""]), ODD), function=st.one_of(ODD, FUNCTION), type=ODD)
)
MESSAGE = some(
    content=TEXT,
    reasoning_content=TEXT,
    reasoning=TEXT,
    refusal=TEXT,
    tool_calls=st.one_of(ODD, st.lists(CALL, max_size=3)),
    function_call=st.one_of(ODD, FUNCTION),
)
CHOICE = st.one_of(ODD, some(message=st.one_of(ODD, MESSAGE), finish_reason=TEXT))
COUNT = st.one_of(st.integers(0, 1000), ODD)
USAGE = some(
    prompt_tokens=COUNT, completion_tokens=COUNT, prompt_tokens_details=st.one_of(ODD, some(cached_tokens=COUNT))
)
BODY = some(choices=st.one_of(ODD, st.lists(CHOICE, max_size=2)), usage=st.one_of(ODD, USAGE), model=TEXT, error=ODD)

USUAL = {
    "choices": [
        {
            "message": {
                "role": "assistant",
                "content": "so",
                "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
            },
            "finish_reason": "tool_calls",
        }
    ],
    "usage": {"prompt_tokens": 7, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 3}},
    "model": "judge",
}


def quick(content: bytes) -> Any:
    return usual_reply(content, attempts=2, ms=1.5, prices=(1.0, 2.0))


def thorough(content: bytes) -> Any:
    return reply_from(read_body(content), attempts=2, ms=1.5, prices=(1.0, 2.0))


def test_the_usual_shape_is_read_the_quick_way():
    content = json.dumps(USUAL).encode()
    assert quick(content) is not None
    assert quick(content) == thorough(content)


@given(BODY)
@example(USUAL)
@example({**USUAL, "choices": [{"message": {"content": None, "refusal": "no"}}]})
@example(
    {**USUAL, "choices": [{"message": {"content": "", "refusal": "no", "reasoning_content": "", "reasoning": "r"}}]}
)
@example({**USUAL, "choices": [{"message": {"content": "x", "function_call": {"name": "f", "arguments": "{}"}}}]})
@example({**USUAL, "usage": {"prompt_tokens": 1.0, "completion_tokens": 2**53}})
def test_both_ways_give_the_same_reply(body):
    content = json.dumps(body).encode()
    reply = quick(content)
    if reply is not None:
        assert reply == thorough(content)


@pytest.mark.parametrize("ids", [["a", "a"], ["", "b"], ["a"] * 300], ids=["equal", "empty", "many"])
def test_ids_that_must_be_mended_are_left_to_the_thorough_way(ids):
    calls = [{"id": given, "function": {"name": "f", "arguments": ""}} for given in ids]
    assert quick(json.dumps({**USUAL, "choices": [{"message": {"tool_calls": calls}}]}).encode()) is None


@given(st.binary(max_size=60))
def test_what_is_no_reply_is_left_to_the_thorough_way(content):
    if quick(content) is None:
        return
    try:
        thorough(content)
    except BackendReplyError:
        pytest.fail("the quick way read what the thorough one refuses")
