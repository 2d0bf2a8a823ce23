"""What verl's `compute_score` makes of a row and its settings, without verl; `test_verl.py` has verl itself."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import numpy as np
import pytest

from judge_server import Says, refusal
from judging import BANK, entry, open_cells, record, shown, submit, well_behaved, write_skill
from serving import BAD, GOOD, PROMPT, running
from skillrm import RewardModel
from skillrm.errors import ConfigError, NoReward, SampleError
from skillrm.integrations import verl
from skillrm.integrations.verl import compute_score, compute_score_sync, rewards_of, row_of
from skillrm.rewards import OnFailure

VERIFIED = {"skill": "instruction-following"}
TURNS = [{"role": "user", "content": PROMPT}]
ONE = """\
criteria: [{id: helpful, text: "It helps.", scale: graded(5)}]
resources: [{id: rubric, kind: rubric, file: rubric.md}]
"""
PAGE = (Path(__file__).parents[2] / "docs/trainers/verl.md").read_text()


@pytest.fixture(autouse=True)
def _nothing_open(monkeypatch):
    monkeypatch.setattr(verl, "_kept", {})


def judge_of(server, folder, bank=BANK):
    """Settings: a skill of its own, judged by the model behind this server."""
    write_skill(folder, bank)
    return {"skill": str(folder / "small"), "model": "judge", "base_url": server.base_url}


def score(answer, extra_info=None, ground_truth="", **settings):
    told = {"prompt": TURNS} if extra_info is None else extra_info
    return compute_score("rivers", answer, ground_truth, told, **settings)


async def test_a_rollout_gets_a_number_and_what_stands_behind_it():
    assert await score(GOOD, **VERIFIED) == {
        "score": 1.0,
        "valid": 1.0,
        "low": 1.0,
        "high": 1.0,
        "coverage": 1.0,
        "verified": 1.0,
        "judged": None,
        "criterion/follows-instructions": None,
    }
    assert (await score(BAD, **VERIFIED))["score"] == 0.0


async def test_what_verl_adds_of_its_own_is_ignored():
    added = {"prompt": TURNS, "num_turns": np.int32(2), "rollout_reward_scores": {}, "experiment_name": "x"}
    told = await score(GOOD, added, **VERIFIED, reward_router_address="host:1", reward_model_tokenizer=object())
    assert told["score"] == 1.0


async def test_without_a_prompt_the_error_says_where_to_put_it():
    with pytest.raises(SampleError, match=r"extra_info\.prompt: is missing.*verl_rollouts"):
        await score(GOOD, {"index": 3}, on_failure="constant:0", **VERIFIED)


@pytest.mark.parametrize(
    "prompt",
    [
        PROMPT,
        TURNS,
        np.array(TURNS, dtype=object),
        np.array([{"role": "user", "content": PROMPT, "tool_calls": None}], dtype=object),
    ],
    ids=["text", "turns", "array", "array-with-nulls"],
)
def test_prompts_are_text_or_turns_and_may_be_arrays(prompt):
    row = row_of("rivers", "", {"prompt": prompt})
    assert row == {"prompt": prompt if isinstance(prompt, str) else TURNS}
    assert json.dumps(row)


async def test_pictures_are_named_and_not_judged():
    parts = [{"type": "image", "image": object()}, {"type": "text", "text": PROMPT}]
    prompt = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": np.array(parts, dtype=object)}]
    turns = row_of("rivers", "", {"prompt": prompt})["prompt"]
    assert turns[1]["content"] == [{"type": "image"}, {"type": "text", "text": PROMPT}]
    assert (await score(BAD, {"prompt": prompt}, **VERIFIED))["score"] == 0.0


def test_the_ground_truth_is_the_reference_unless_row_fields_are_packed():
    packed = {"prompt": PROMPT, "skillrm": json.dumps({"checklist": ["It names two."]})}
    assert row_of("d", "42", {"prompt": PROMPT})["reference"] == "42"
    assert row_of("d", np.int64(42), {"prompt": PROMPT})["reference"] == 42
    assert row_of("d", '{"tests": ["assert 1"]}', {"prompt": PROMPT})["tests"] == ["assert 1"]
    assert row_of("d", "42", {"prompt": PROMPT, "reference": "43"})["reference"] == "43"
    assert row_of("d", '{"checkers": ["It names two."]}', packed) == {"prompt": PROMPT, "checklist": ["It names two."]}


def test_a_row_is_named_by_its_data_set_and_index():
    assert row_of("gsm8k", "", {"prompt": PROMPT, "index": np.int64(7)})["id"] == "gsm8k/7"
    assert row_of("gsm8k", "", {"prompt": PROMPT, "index": 7, "id": "a-7"})["id"] == "a-7"


async def test_one_reward_model_for_equal_settings_which_are_told_once(capsys):
    await asyncio.gather(*(score(GOOD, **VERIFIED) for _ in range(3)))
    await score(GOOD, **VERIFIED, limits={"seconds": 60})
    assert len(verl._kept) == 2
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert lines[0] == (
        "skillrm: rewards for verl from instruction-following, judged by verifiers alone, scores; on_failure=raise: "
        "that rollout is lost, its group and batch go on (the legacy trainer stops)"
    )


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"on_failure": "none"}, "on_failure: verl must be given a number"),
        ({"on_failure": "group_mean"}, "on_failure: verl calls for each answer: without a group there is no mean"),
        ({"form": "ranks"}, "form: verl calls for each answer: without a group there are no ranks"),
        ({"url": "http://127.0.0.1:1", "on_failure": "group_mean"}, "skillrm serve --on-failure group_mean"),
        ({"colour": "red"}, "colour: is no setting"),
    ],
)
def test_settings_that_verl_cannot_do_with_are_refused(settings, words):
    with pytest.raises(ConfigError, match=words):
        rewards_of(settings)


def test_groups_are_not_gathered_by_several_reward_workers():
    with pytest.raises(ConfigError, match=r"several reward workers.*reward\.num_workers=1"):
        rewards_of({**VERIFIED, "group_size": 4}, reward_workers=8)
    assert rewards_of({**VERIFIED, "group_size": 4}, reward_workers=1).group_size == 4


async def test_without_a_valid_judgment_nothing_is_made_up(judge_server, tmp_path):
    server = await judge_server(lambda *_: refusal(400, "no such model"))
    judge = judge_of(server, tmp_path)
    with pytest.raises(NoReward, match="no such model"):
        await score("Hi.", **judge)
    told = await score("Hi.", **judge, on_failure="constant:-0.5")
    assert (told["score"], told["valid"], told["criterion/helpful"]) == (-0.5, 0.0, None)
    counts = [rewards.counts for rewards in verl._kept.values()]
    assert counts == [{"failed": 1}, {"failed": 1, "stood_in": 1}]


async def test_a_group_is_judged_together_and_its_mean_stands_in_for_the_one_that_is_open(judge_server, tmp_path):
    def reply(request, _):
        seen, grades = shown(request["messages"]), dict(zip("ABC", ("5", "1", "unknown"), strict=True))
        entries = [
            entry(name, {one: grades[one] for one in of}, list(seen.values()))
            for name, of in open_cells(request["messages"]).items()
        ]
        return Says(calls=[record(*entries), submit()])

    server = await judge_server(reply)
    settings = {**judge_of(server, tmp_path, ONE), "group_size": 3, "on_failure": "group_mean"}
    given = await asyncio.gather(*(score(answer, **settings) for answer in ("Hi.", "Go.", "No.")))
    assert [told["score"] for told in given] == [1.0, 0.0, 0.5]
    assert [told["valid"] for told in given] == [1.0, 1.0, 0.0]
    assert {tuple(told) for told in given} == {tuple(given[0])}


async def test_a_group_without_any_valid_judgment_has_no_mean(judge_server, tmp_path):
    server = await judge_server(lambda *_: refusal(400, "no such model"))
    judge = judge_of(server, tmp_path)
    asked = (score(answer, **judge, group_size=2, on_failure="group_mean") for answer in ("Hi.", "Go."))
    given = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(error) for error in given] == [NoReward, NoReward]
    assert "no such model" in str(given[0])


async def test_equal_rows_of_two_groups_stay_apart_when_verl_names_its_groups(judge_server, tmp_path):
    server = await judge_server(lambda request, _: Says(calls=well_behaved(request["messages"])))
    judge = judge_of(server, tmp_path)
    asked = [(answer, {"prompt": "Say hi.", "uid": uid}) for uid in "ab" for answer in (f"Hi {uid}.", f"Go {uid}.")]
    await asyncio.gather(*(score(answer, told, **judge, group_size=2) for answer, told in asked))
    groups = [re.findall(r"(?:Hi|Go) [ab]\.", str(request["messages"][1])) for request in server.requests]
    assert sorted(groups) == [["Hi a.", "Go a."], ["Hi b.", "Go b."]]


async def test_a_service_judges_and_gathers_and_keeps_the_keys():
    async with running(RewardModel("instruction-following"), group_size=2, on_failure=OnFailure.parse("none")) as here:
        given = await asyncio.gather(*(score(answer, url=here.url) for answer in (GOOD, BAD)))
        assert [told["score"] for told in given] == [1.0, 0.0]
        assert [told["criterion/follows-instructions"] for told in given] == [None, None]
        (rewards,) = verl._kept.values()
        await rewards.aclose()


def test_a_caller_that_cannot_await_gets_the_same():
    told = compute_score_sync("rivers", BAD, "", {"prompt": TURNS}, **VERIFIED)
    assert told["score"] == 0.0
    with pytest.raises(ConfigError, match="cannot be gathered"):
        compute_score_sync("rivers", BAD, "", {"prompt": TURNS}, group_size=2, **VERIFIED)


def test_the_page_says_what_each_policy_means():
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in PAGE.splitlines() if line.startswith("| `")]
    told = {row[0].strip("`").split(":")[0]: row[1] for row in rows}
    assert {kind: told[kind] for kind in verl.MEANING} == verl.MEANING
