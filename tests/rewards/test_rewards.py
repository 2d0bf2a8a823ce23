"""What trainers are given: groups judged together, forms, policies, components, counts."""

from __future__ import annotations

import asyncio
import json
import logging
import math

import pytest

from judging import BANK, entry, open_cells, record, says, shown, submit, well_behaved, write_skill
from serving import BAD, GOOD, PROMPT
from skillrm import RewardModel
from skillrm.backends import ScriptedBackend
from skillrm.errors import BackendTransportError, ConfigError, NoReward, SampleError
from skillrm.judgment import LengthGate, Readout, Shaping
from skillrm.rewards import Rewards, open_rewards

ROW = {"prompt": PROMPT, "id": "r1"}


def verified(**more) -> Rewards:
    return Rewards(RewardModel("instruction-following"), **more)


def broken(*_):
    raise BackendTransportError("no judge here")


def values(rewards):
    return [reward.value for reward in rewards]


async def test_a_group_is_judged_together_and_equal_answers_once(tmp_path):
    backend = ScriptedBackend(lambda request: says(*well_behaved(request.messages)))
    rewards = Rewards(RewardModel(write_skill(tmp_path), backend=backend))
    given = await rewards.group({"prompt": "Say hi."}, ["Hi.", "Go.", "Hi.", "Hi."])
    assert values(given) == [1.0, 0.0, 1.0, 1.0]
    assert len(backend.requests) == 1
    assert set(shown(backend.requests[0].messages)) == {"A", "B"}


async def test_rewards_come_as_scores_ranks_or_win_rates():
    answers = [GOOD, BAD, "Elbe", "a, b"]
    assert values(await verified().group(ROW, answers)) == [1.0, 0.0, 1.0, 0.0]
    assert values(await verified(form="ranks").group(ROW, answers)) == [1.0, 0.0, 1.0, 0.0]
    assert values(await verified(form="win_rates").group(ROW, answers)) == pytest.approx([5 / 6, 1 / 6, 5 / 6, 1 / 6])


async def test_a_preference_of_the_judge_becomes_ranks(tmp_path):
    skill = write_skill(tmp_path, BANK + "readout: {kind: preference}\n")
    reply = says(submit([["C"], ["A", "B"]]))
    rewards = Rewards(RewardModel(skill, backend=ScriptedBackend(lambda _: reply)), form="ranks")
    assert values(await rewards.group({"prompt": "Say hi."}, ["a", "b", "c"])) == [0.0, 0.0, 1.0]


async def test_the_skills_shaping_holds_for_every_form():
    model = RewardModel("instruction-following", readout=Readout(shaping=Shaping(scale=(-1, 1), clip=(-0.5, 1))))
    for form in ("scores", "ranks"):
        assert values(await Rewards(model, form=form).group(ROW, [GOOD, BAD])) == [1.0, -0.5]


@pytest.mark.parametrize(
    ("policy", "expected"), [("none", [None, None]), ("constant:-0.2", [-0.2, -0.2]), ("group_mean", [None, None])]
)
async def test_a_failing_judge_is_no_number_unless_one_was_chosen(tmp_path, policy, expected):
    rewards = Rewards(RewardModel(write_skill(tmp_path), backend=ScriptedBackend(broken)), on_failure=policy)
    given = await rewards.group({"prompt": "Say hi."}, ["a", "b"])
    assert values(given) == expected
    assert [reward.valid for reward in given] == [False, False]
    assert given[0].status == "failed"
    assert "no judge here" in given[0].error
    assert rewards.counts == {"failed": 2, **({"stood_in": 2} if policy == "constant:-0.2" else {})}


async def test_the_mean_of_the_group_stands_in_for_the_one_that_is_open(tmp_path):
    words = {"helpful": {"A": "5", "B": "1", "C": "unknown"}, "correct": {"A": "satisfied", "B": "violated"}}

    def reply(request):
        seen = shown(request.messages)
        entries = [
            entry(name, {one: words[name].get(one, "unknown") for one in letters}, [seen[one] for one in letters])
            for name, letters in open_cells(request.messages).items()
        ]
        return says(record(*entries), submit())

    rewards = Rewards(RewardModel(write_skill(tmp_path), backend=ScriptedBackend(reply)), on_failure="group_mean")
    given = await rewards.group({"prompt": "Say hi."}, ["a", "b", "c"])
    assert values(given) == [1.0, 0.0, 0.5]
    assert [reward.status for reward in given] == ["ok", "ok", "abstained"]
    assert rewards.counts == {"ok": 2, "abstained": 1, "stood_in": 1}


async def test_raise_raises_and_what_is_missing_is_logged_without_a_text_of_the_sample(tmp_path, caplog):
    rewards = Rewards(RewardModel(write_skill(tmp_path), backend=ScriptedBackend(broken)), on_failure="raise")
    with caplog.at_level(logging.WARNING, "skillrm.rewards"), pytest.raises(NoReward):
        await rewards.group({"prompt": "SECRET", "id": "r1"}, ["SECRET"])
    assert "1 of 1 answers of row r1" in caplog.text
    assert "SECRET" not in caplog.text


async def test_a_row_that_is_no_sample_fails_alone_and_raises_only_when_strict():
    given = await verified().group({"prompt": 7}, ["a"])
    assert (given[0].value, given[0].status) == (None, "failed")
    assert "prompt" in given[0].error
    with pytest.raises(SampleError):
        await verified(strict=True).group({"prompt": 7}, ["a"])


async def test_plain_values_have_the_same_keys_whatever_happened(tmp_path):
    skill = write_skill(tmp_path)
    good = ScriptedBackend(lambda request: says(*well_behaved(request.messages)))
    (first,) = await Rewards(RewardModel(skill, backend=good)).group({"prompt": "p"}, ["a"])
    (second,) = await Rewards(RewardModel(skill, backend=ScriptedBackend(broken))).group({"prompt": "p"}, ["a"])
    (third,) = await Rewards(RewardModel(skill)).group({"prompt": 7}, ["a"])
    assert first.plain() == {
        "score": 1.0,
        "valid": 1.0,
        "low": 1.0,
        "high": 1.0,
        "coverage": 1.0,
        "verified": pytest.approx(math.nan, nan_ok=True),
        "judged": 1.0,
        "criterion/helpful": 1.0,
        "criterion/correct": 1.0,
    }
    assert list(first.plain()) == list(second.plain()) == list(third.plain())
    assert math.isnan(second.plain()["score"])
    assert math.isnan(second.plain()["criterion/helpful"])
    assert all(type(value) is float for reward in (first, second, third) for value in reward.plain().values())


async def test_the_readout_says_which_components_are_told(tmp_path):
    skill = write_skill(tmp_path, BANK + "readout: {components: [correct]}\n")
    backend = ScriptedBackend(lambda request: says(*well_behaved(request.messages)))
    (given,) = await Rewards(RewardModel(skill, backend=backend)).group({"prompt": "p"}, ["a"])
    assert set(given.components) == {"verified", "judged", "criterion/correct"}


async def test_what_verifiers_and_what_the_judge_decided_is_told_apart():
    row = {"prompt": PROMPT + " Write at least 5 words.", "response": GOOD}
    (given,) = await verified().group({"prompt": row["prompt"]}, [GOOD])
    assert given.components["verified"] == 0.5
    assert math.isnan(given.components["judged"])


async def test_rollouts_asked_for_singly_are_judged_together(tmp_path):
    backend = ScriptedBackend(lambda request: says(*well_behaved(request.messages)))
    rewards = Rewards(RewardModel(write_skill(tmp_path), backend=backend), group_size=4)
    row = {"prompt": "Say hi."}
    given = await asyncio.gather(*(rewards.one(row, answer) for answer in ("Hi.", "Go.", "No.", "Hi.")))
    assert values(given) == [1.0, 0.0, 0.0, 1.0]
    assert len(backend.requests) == 1


async def test_a_late_answer_is_judged_alone_under_the_same_criteria_and_changes_nothing(tmp_path):
    skill = write_skill(tmp_path, BANK + "open: {max: 1, weight: 2, scale: binary}\n")
    planned = []

    def reply(request):
        if "propose_criteria" in (request.tools or ""):
            planned.append(1)
            text = f"It greets ({len(planned)})."
            return says(("propose_criteria", {"criteria": [{"reason": "r", "text": text}]}))
        return says(*well_behaved(request.messages))

    rewards = Rewards(RewardModel(skill, backend=ScriptedBackend(reply)), group_size=3, group_wait=0.05, form="ranks")
    row = {"prompt": "Say hi."}
    first = await asyncio.gather(rewards.one(row, "Hi."), rewards.one(row, "Go."))
    assert values(first) == [1.0, 0.0]
    late = await rewards.one(row, "Hello.")
    assert late.value == 1.0  # the scripted judge prefers whoever is A: it ties with the best of the frozen group
    assert len(planned) == 1
    assert await rewards.one(row, "Hi.") == first[0]


async def test_under_raise_an_answer_is_lost_alone_and_tried_again_as_a_late_one(tmp_path):
    def reply(request):
        seen = shown(request.messages)
        word = {one: "unknown" if one == "B" else "satisfied" for one in seen}
        told = [
            entry(name, {one: word[one] for one in of}, list(seen.values()))
            for name, of in open_cells(request.messages).items()
        ]
        return says(record(*told), submit())

    bank = 'criteria: [{id: correct, text: "It is."}]\nresources: [{id: r, kind: rubric, file: rubric.md}]\n'
    backend = ScriptedBackend(reply)
    rewards = Rewards(RewardModel(write_skill(tmp_path, bank), backend=backend), group_size=3, on_failure="raise")
    row = {"prompt": "Say hi."}
    asked = (rewards.one(row, answer) for answer in ("Hi.", "Go.", "No."))
    first, second, third = await asyncio.gather(*asked, return_exceptions=True)
    assert (first.value, type(second), third.value) == (1.0, NoReward, 1.0)
    assert rewards.counts == {"ok": 2, "abstained": 1}
    assert await rewards.one(row, "Hi.") == first
    assert (await rewards.one(row, "Go.")).value == 1.0  # shown alone, it is A


async def test_what_is_missing_says_why(caplog):
    (reward,) = await Rewards(RewardModel("general")).group(ROW, [GOOD])
    assert reward.error == (
        "undecided: helpfulness, correctness, instruction-following, factuality and 2 more; there is no judge model"
    )
    assert f"no valid judgment for 1 of 1 answers of row r1 ({reward.error})" in caplog.text
    (reward,) = await verified(form="ranks").group(ROW, [GOOD])
    assert (reward.status, reward.error) == ("abstained", "alone in its group: nothing to rank it by")
    assert f"({reward.error})" in caplog.text


async def test_a_verifier_that_does_not_exist_is_a_failure_of_its_row_and_ends_no_run():
    row = ROW | {"instruction_id_list": ["nowhere:to_be_found"], "kwargs": [{}]}
    first, second = await verified(on_failure="constant:0.5").group(row, [GOOD, BAD])
    assert (first.value, first.status, second.valid) == (0.5, "failed", False)
    assert "no verifier 'ifeval:nowhere:to_be_found'" in first.error
    with pytest.raises(SampleError, match="no verifier"):
        await verified(strict=True).group(row, [GOOD])


def test_settings_come_from_the_environment_and_plain_values():
    rewards = open_rewards(
        environ={"SKILLRM_SKILL": "instruction-following", "SKILLRM_ON_FAILURE": "raise", "SKILLRM_GROUP_SIZE": "4"},
        form="ranks",
    )
    assert (rewards.form, str(rewards.on_failure), rewards.group_size) == ("ranks", "raise", 4)
    assert rewards.model.skill.name == "instruction-following"
    said = rewards.announced("verl", "the prompt's group fails")
    assert said == (
        "skillrm: rewards for verl from instruction-following, judged by verifiers alone, ranks, groups of 4; "
        "on_failure=raise: the prompt's group fails"
    )


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"form": "marks"}, "form"),
        ({"group_size": "many"}, "group_size"),
        ({"group_size": 0}, "group_size"),
        ({"form": "ranks", "group_size": 1}, "group_size"),
        ({"group_wait": -1}, "group_wait"),
        ({"on_failure": "zero"}, "on_failure"),
        ({"colour": "red"}, "colour"),
        ({"url": "http://127.0.0.1:1", "form": "ranks"}, "form"),
        ({"url": "http://127.0.0.1:1", "skill": "general"}, "skill"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(settings, field):
    with pytest.raises(ConfigError) as raised:
        open_rewards(environ={}, **settings)
    assert raised.value.faults[0].field == field


async def test_a_score_survives_json():
    (reward,) = await verified().group(ROW, [GOOD])
    assert type(reward).of(json.loads(json.dumps(reward.told()))) == reward


def test_the_cache_can_be_turned_off_by_a_plain_value():
    rewards = open_rewards(environ={}, skill="general", model="m", base_url="http://127.0.0.1:9/v1", cache=False)
    assert type(rewards.model.backend).__name__ == "OpenAIBackend"


def turns(**arguments) -> list:
    call = {"type": "function", "function": {"name": "look_up", "arguments": arguments}}
    return [{"role": "assistant", "content": GOOD, "tool_calls": [call]}]


@pytest.mark.parametrize("value", ["\ud800", math.nan, 10**400, {1: 2}], ids=["surrogate", "nan", "long", "key"])
async def test_whatever_a_policy_writes_into_a_call_ends_nothing(value):
    odd, good = await verified().group(ROW, [turns(x=value), turns(x="Rhine")])
    assert (odd.value, good.value) == (1.0, 1.0)


async def test_an_answer_that_is_none_fails_alone():
    deep: list = []
    for _ in range(500):
        deep = [deep]
    rewards = verified(strict=True, form="ranks")
    given = await rewards.group(ROW, [BAD, turns(x=deep), GOOD, 7])
    assert values(given) == [0.0, None, 1.0, None]
    assert [reward.status for reward in given] == ["ok", "failed", "ok", "failed"]
    assert "nested" in given[1].error
    assert "text" in given[3].error
    assert given[0].error is None
    assert given[1].components.keys() == given[0].components.keys()
    with pytest.raises(SampleError):
        await rewards.group(ROW, [7, turns(x=deep)])


async def test_what_a_row_says_of_answers_is_not_judged_in_their_place():
    row = {**ROW, "candidates": [GOOD, BAD], "response": GOOD}
    assert values(await verified().group(row, [BAD, GOOD])) == [0.0, 1.0]
    assert values(await verified().group(row, [BAD, GOOD, GOOD])) == [0.0, 1.0, 1.0]


async def test_answers_that_bring_the_same_label_are_told_apart():
    given = await verified().group(ROW, [{"label": "A", "text": GOOD}, {"label": "A", "text": BAD}])
    assert values(given) == [1.0, 0.0]


async def test_a_text_that_spells_out_other_turns_is_not_taken_for_them():
    other = [{"content": GOOD, "role": "assistant"}]
    given = await verified().group(ROW, [other, json.dumps(other)])
    assert values(given) == [1.0, 0.0]


async def test_rows_that_differ_are_no_group_whatever_name_they_share():
    rewards = verified(group_size=2, group_wait=0.05)
    mine = {"prompt": PROMPT}
    theirs = {"prompt": PROMPT, "criteria": [{"id": "own", "text": "Anything."}]}
    first, second = await asyncio.gather(rewards.one(theirs, GOOD, group="g"), rewards.one(mine, GOOD, group="g"))
    assert (first.status, second.status) == ("abstained", "ok")


async def test_a_cap_on_everything_that_was_said_counts_what_was_thought_wherever_it_stands():
    gate = LengthGate(free=100, full=200, cap=0.0, of="whole")
    rewards = Rewards(RewardModel("instruction-following", readout=Readout(length=gate)))
    thought = "Which rivers are there? " * 20
    given = await rewards.group(
        ROW,
        [
            GOOD,
            f"<think>{thought}</think>{GOOD}",
            [{"role": "assistant", "content": GOOD, "reasoning_content": thought}],
            [{"role": "assistant", "content": GOOD, "thinking": thought}],
            [{"role": "assistant", "content": GOOD, "reasoning": {"effort": "low"}}],
        ],
    )
    assert values(given) == [1.0, 0.0, 0.0, 0.0, 1.0]


@pytest.mark.parametrize(("form", "expected"), [("scores", [1.0, None, 0.0, 1.0]), ("ranks", [1.0, None, 0.0, 1.0])])
async def test_an_answer_over_which_a_required_verifier_breaks_takes_no_reward_from_the_others(form, expected):
    source = "import re\ndef fits(prompt, answer): return re.match('(a+)+$', answer) is not None"
    function = {"source": source, "entry": "fits", "seconds": 0.5}
    resource = {"id": "v", "kind": "verifier", "verifier": "function:python", "args": function, "access": "sample"}
    row = {
        "prompt": "Write a few times a.",
        "criteria": [{"id": "fits", "text": "Only a.", "gate": 0.0}],
        "resources": [{**resource, "decides": ["fits"], "hard": True}],
        "tags": ["stated"],
    }
    given = await verified(form=form).group(row, ["aaa", "a" * 40 + "b", "b", "aa"])
    assert values(given) == expected
    assert [reward.status for reward in given] == ["ok", "failed", "ok", "ok"]
    assert "timeout" in given[1].error
    assert given[0].error is None
