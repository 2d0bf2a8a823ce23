"""Tool schemas, and the calls that are found in whatever a model replies."""

from __future__ import annotations

import json
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillrm import tools
from skillrm.backends import ChatReply, ToolCall
from skillrm.prompts import TOOL_TEXT
from skillrm.types import Criterion

ENTRY = {
    "criterion": "c",
    "reason": "r",
    "observations": ["o2"],
    "applies": True,
    "decisions": [{"candidate": "A", "decision": "satisfied"}],
    "quotes": None,
}


def native(name, arguments, finish=None):
    raw = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return ChatReply(tool_calls=(ToolCall("call-1", name, raw),), finish_reason=finish)


def test_schemas_are_constant_strict_and_cover_the_checked_arguments():
    text = tools.schemas(tools.INDEXED)
    assert text is tools.schemas(tools.INDEXED)
    for tool in json.loads(text):
        function = tool["function"]
        names = {one.name for one in fields(tools.ARGUMENTS[function["name"]])}
        assert function["strict"] is True
        assert set(function["parameters"]["properties"]) == set(function["parameters"]["required"]) == names
        assert function["parameters"]["additionalProperties"] is False


def test_the_entry_schema_gives_the_reason_before_the_decisions():
    record = next(
        tool for tool in json.loads(tools.schemas(tools.STANDARD)) if tool["function"]["name"] == "record_evidence"
    )
    keys = list(record["function"]["parameters"]["properties"]["entries"]["items"]["properties"])
    assert keys.index("reason") < keys.index("observations") < keys.index("decisions")
    assert set(keys) == {one.name for one in fields(tools.Entry)}


def test_every_tool_has_words_and_checked_arguments():
    assert set(TOOL_TEXT) == set(tools.ARGUMENTS)


def test_a_native_call_is_checked():
    (call,) = tools.calls_in(native("read_resource", {"id": "rubric"}), tools.STANDARD)
    assert call.arguments == tools.ReadResource(id="rubric")


def test_arguments_encoded_twice_are_read():
    (call,) = tools.calls_in(native("run_python", json.dumps(json.dumps({"code": "1"}))), tools.STANDARD)
    assert call.arguments == tools.RunPython(code="1")


@pytest.mark.parametrize(
    ("name", "raw", "words"),
    [
        ("launch", "{}", "there is no tool 'launch'"),
        ("read_resource", '{"id":', "not valid JSON"),
        ("read_resource", "[1]", "must be a JSON object"),
        ("read_resource", '{"id": 5}', "id: must be text, this is 5"),
        ("run_python", "[" * 100_000, "not valid JSON"),
    ],
)
def test_what_is_wrong_with_a_call_is_said(name, raw, words):
    (call,) = tools.calls_in(native(name, raw), tools.STANDARD)
    assert call.arguments is None
    assert words in call.fault


def test_whole_entries_of_a_truncated_call_are_kept():
    raw = json.dumps({"entries": [ENTRY, {**ENTRY, "criterion": "d"}, {**ENTRY, "criterion": "e"}]})
    cut = raw[: raw.rindex('"criterion"') + 20]
    (call,) = tools.calls_in(native("record_evidence", cut, "length"), tools.STANDARD)
    assert [tools.entry(item).criterion for item in call.arguments.entries] == ["c", "d"]
    assert "broke off" in call.fault


@pytest.mark.parametrize(
    "text",
    [
        '{"calls": [{"tool": "submit", "arguments": {"reason": "done"}}]}',
        'Here you go:\n```json\n{"calls": [{"tool": "submit", "arguments": {"reason": "done"}}]}\n```\nBye.',
        '{"tool": "submit", "arguments": {"reason": "done"}}',
        '{"name": "submit", "arguments": "{\\"reason\\": \\"done\\"}"}',
        '{"tool_calls": [{"function": {"name": "submit", "arguments": "{\\"reason\\": \\"done\\"}"}}]}',
    ],
)
def test_calls_are_found_as_json_in_text(text):
    (call,) = tools.calls_in(ChatReply(text=text), tools.STANDARD)
    assert call.arguments == tools.Submit(reason="done")


@pytest.mark.parametrize("text", ["A is better.", "[[A]]", '{"winner": "A"}', '{"score": 0.9}', "", "verdict: {A}"])
def test_prose_and_bare_verdicts_hold_no_call(text):
    assert tools.calls_in(ChatReply(text=text), tools.STANDARD) == ()


@given(st.text(alphabet='{}[]":, \\abcdeftools.record_evidence0123', max_size=200))
def test_reading_calls_out_of_any_text_never_raises(text):
    for call in tools.calls_in(ChatReply(text=text), tools.STANDARD):
        assert (call.arguments is None) <= (call.fault is not None)


@given(st.text(max_size=200))
def test_checking_any_arguments_never_raises(raw):
    (call,) = tools.calls_in(native("record_evidence", raw), tools.STANDARD)
    assert call.arguments is not None or call.fault


def test_decisions_become_scores_on_the_criterions_own_scale():
    binary, graded = Criterion(id="b", text="t"), Criterion(id="g", text="t", scale="graded(5)")
    assert [tools.score_of(binary, word) for word in ("satisfied", "Violated", "unknown", True)] == [
        1.0,
        0.0,
        None,
        1.0,
    ]
    assert [tools.score_of(graded, word) for word in ("1", 3, "5", "unknown")] == [0.0, 0.5, 1.0, None]


@pytest.mark.parametrize(
    ("scale", "word"),
    [
        ("binary", "3"),
        ("binary", "good"),
        ("graded(5)", "6"),
        ("graded(5)", "satisfied"),
        ("graded(5)", "0.7"),
        ("graded(5)", "²"),
    ],
)
def test_a_word_off_the_scale_is_refused_never_guessed(scale, word):
    with pytest.raises(ValueError, match="c is "):
        tools.score_of(Criterion(id="c", text="t", scale=scale), word)


def test_a_bad_entry_is_explained_field_by_field():
    with pytest.raises(ValueError, match="criterion: is missing"):
        tools.entry({"decisions": [{"candidate": "A"}]})


@pytest.mark.parametrize("change", [{"decisions": [{"candidate": "A", "decision": 3.0}]}, {"applies": "true"}])
def test_what_is_meant_is_understood(change):
    (call,) = tools.calls_in(native("record_evidence", {"entries": [ENTRY | change, {"criterion": 5}]}), tools.STANDARD)
    sound, bad = call.arguments.entries
    assert (tools.entry(sound).applies, sound.decisions[0].decision) in {(True, 3), (True, "satisfied")}
    with pytest.raises(ValueError, match="criterion: must be text, this is 5"):
        tools.entry(bad)
