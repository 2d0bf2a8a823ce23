"""Upstream's stored judgments, read as they stand."""

from __future__ import annotations

import json

import pytest

from skillrm.benchmarks.recorded import conclusions, judgebench_results, llmbar_results
from skillrm.errors import InputError

BLOCK = "[检查项{n}-开始]\n要求：x\n分析：y\n结论：{verdict}\n[检查项{n}-结束]\n"
YES, NO = "[[人工智能助手的回复满足了该要求]]", "[[人工智能助手的回复没有满足该要求]]"


def critique(*verdicts: str) -> str:
    return "thoughts\n" + "".join(BLOCK.format(n=n, verdict=verdict) for n, verdict in enumerate(verdicts, start=1))


def test_a_critique_is_read_item_by_item():
    assert conclusions(critique(YES, NO, "unclear", "[[满足该要求]]")) == [True, False, False, True]


def test_a_critique_whose_markers_do_not_pair_up_says_nothing():
    assert conclusions(critique(YES, NO) + "[检查项3-开始]\n") == []
    assert conclusions(critique(YES).replace("检查项1-结束", "检查项2-结束")) == []
    assert conclusions(None) == []


@pytest.mark.parametrize(
    ("decisions", "choices"),
    [
        (("A>B", "B>A"), ["A", "A"]),
        (("A>B", "A>B"), ["A", "B"]),
        (("A=B", None), [None, None]),
        (("B>A",), ["B"]),
    ],
)
def test_the_second_decision_of_judgebench_is_of_the_exchanged_answers(tmp_path, decisions, choices):
    row = {"pair_id": "1", "source": "livecodebench", "question": "q", "response_A": "a", "response_B": "b"}
    file = tmp_path / "out.jsonl"
    file.write_text(json.dumps({**row, "label": "A>B", "judgments": [{"decision": one} for one in decisions]}))
    (result,) = judgebench_results(file)
    assert [outcome.choice for outcome in result.outcomes] == choices
    assert [bool(outcome.top) for outcome in result.outcomes] == [one is not None for one in decisions]


def test_what_is_no_recorded_judgment_is_named(tmp_path):
    row = {"input": "i", "output_1": "a", "output_2": "b", "label": 1, "results": ["a draft"]}
    file = tmp_path / "result.json"
    file.write_text(json.dumps([row]))
    with pytest.raises(InputError, match="results: the last one holds no `swap = False`"):
        list(llmbar_results(file))
