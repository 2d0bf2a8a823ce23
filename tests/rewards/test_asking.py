"""Settings, rows and answers that cannot be used are refused where they are given, in words."""

from __future__ import annotations

import pytest

from serving import BAD, GOOD, PROMPT
from skillrm import RewardModel
from skillrm.errors import ConfigError, SampleError
from skillrm.rewards import Rewards, open_rewards

MODEL = RewardModel("instruction-following")
ROW = {"prompt": PROMPT}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"group_size": 1.5}, "group_size: must be a whole number of at least 1, is 1.5"),
        ({"group_size": "8"}, "group_size: must be a whole number of at least 1, is '8'"),
        ({"group_size": True}, "group_size: must be a whole number of at least 1, is True"),
        ({"group_wait": "30"}, "group_wait: must be more than 0 seconds, is '30'"),
        ({"group_wait": float("nan")}, "group_wait: must be more than 0 seconds, is nan"),
        ({"on_failure": None}, "on_failure: None is no failure choice"),
        ({"on_failure": 0}, "on_failure: 0 is no failure choice"),
    ],
)
def test_a_setting_of_the_wrong_kind_is_named(settings, said):
    with pytest.raises(ConfigError) as raised:
        Rewards(MODEL, **settings)
    assert said in str(raised.value)


@pytest.mark.parametrize("model", ["instruction-following", None, RewardModel])
def test_what_judges_nothing_is_refused_before_the_first_batch(model):
    with pytest.raises(ConfigError, match="model: must be a reward model"):
        Rewards(model)


@pytest.mark.parametrize("answers", [GOOD, b"bytes", {"role": "assistant", "content": GOOD}, None, 5])
async def test_one_answer_is_not_taken_for_many(answers):
    with pytest.raises(SampleError, match="answers: must be a list with one item for each answer"):
        await Rewards(MODEL).group(ROW, answers)


@pytest.mark.parametrize("row", [PROMPT, None])
async def test_a_row_is_a_mapping(row):
    with pytest.raises(SampleError, match="row: must be a mapping"):
        await Rewards(MODEL).group(row, [GOOD])


async def test_answers_may_come_from_a_generator():
    given = await Rewards(MODEL).group(ROW, (answer for answer in (GOOD, BAD)))
    assert [reward.value for reward in given] == [1.0, 0.0]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"group_size": 1.5}, "group_size: must be a whole number, is 1.5"),
        ({"on_failure": 0}, "on_failure: 0 is no failure choice"),
        ({"limits": {"secs": 3}}, "limits.secs: unknown key"),
        ({"limits": {"seconds": "long"}}, "limits.seconds: must be a number"),
        ({"limits": "long"}, "limits: must be a mapping"),
        ({"skil": "general"}, "skil: is no setting of a reward model (did you mean skill?)"),
        ({"groupsize": 8}, "groupsize: is no setting of a reward model (did you mean group_size?)"),
        ({"base_url": "http://gpu-1:8000/v1"}, "base_url: is given, but no model"),
        ({"url": "gpu-1:8080"}, "url: is no address"),
    ],
)
def test_a_trainers_setting_says_what_is_wrong_with_it(settings, said):
    with pytest.raises(ConfigError) as raised:
        open_rewards(environ={}, **settings)
    assert said in str(raised.value)
