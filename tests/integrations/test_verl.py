"""verl 0.9.1's own reward loading, data set, managers and reward worker call `compute_score`, on CPU."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from judge_server import refusal
from judging import decided, write_skill
from serving import BAD, GOOD, PROMPT
from skillrm.cli.app import app
from skillrm.errors import NoReward
from skillrm.integrations import verl as adapter
from tiny_verl import KWARGS, TOLD_PROMPTS, batch_of, composed, settings, worker, write_policy

# what verl, torch and Ray warn of is their own
pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]
ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/trainers/verl.md").read_text()
ROW = {"prompt": [{"role": "user", "content": PROMPT}], "index": 0}
KEYS = ["score", "valid", "low", "high", "coverage", "verified", "judged", "criterion/helpful", "criterion/correct"]


@pytest.fixture(scope="module")
def policy(tmp_path_factory) -> Path:
    return write_policy(tmp_path_factory.mktemp("policy"))


@pytest.fixture(autouse=True)
def _nothing_open(monkeypatch):
    monkeypatch.setattr(adapter, "_kept", {})


@pytest.fixture
def tables(monkeypatch, tmp_path):
    """Where `datasets` keeps what it has read."""
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "tables")


def test_verl_0_9_1_takes_the_overrides_of_the_page(policy):
    from verl.trainer.ppo.reward import get_custom_reward_fn

    whole, *others = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    assert len(others) == 3
    for block in (whole, *others):
        lines = whole.rpartition("\\\n")[0] + block if block != whole else whole  # in place of its last setting
        given = [word for word in lines.replace("\\\n", " ").split() if "=" in word]
        config = composed(policy, *given)
        function = get_custom_reward_fn(config)
        assert function.args[0] is adapter.compute_score
        assert {f"{KWARGS}.{key}={value}" for key, value in function.args[1].items()} <= set(given)
        assert config.reward.reward_manager.name == "RolloutRewardManager"


@pytest.mark.parametrize("manager", ["naive", "dapo", "gdpo"])
async def test_verl_0_9_1_managers_give_each_row_its_reward_and_the_same_keys(policy, manager):
    here = worker(policy, f"reward.reward_manager.name={manager}", *settings(skill="instruction-following"))
    rows = [(PROMPT, GOOD, ROW), (PROMPT, BAD, ROW), ("p", "Elbe", {**ROW, "tools": None})]
    given = await here.compute_score_batch(batch_of(here.input_tokenizer, rows))
    assert [one["reward_score"] for one in given] == [1.0, 0.0, 1.0]
    assert {tuple(one["reward_extra_info"]) for one in given} == {(*KEYS[:7], "criterion/follows-instructions")}


async def test_verl_0_9_1_loses_a_failing_row_alone_or_gives_it_the_number_that_was_chosen(
    policy, judge_server, tmp_path
):
    def reply(request, turn):
        refused = "No such" in request["messages"][1]["content"]
        return refusal(400, "no such model") if refused else decided({"Go": "violated"})(request, turn)

    server = await judge_server(reply)
    write_skill(tmp_path)
    judge = settings(skill=tmp_path / "small", model="judge", base_url=server.base_url)
    rows = [("Say hi.", answer, {"prompt": "Say hi."}) for answer in ("Hi", "No such", "Go")]
    here = worker(policy, *judge, *settings(on_failure="constant:-1"))
    batch = batch_of(here.input_tokenizer, rows)
    given = await here.compute_score_batch(batch)
    assert [one["reward_score"] for one in given] == [1.0, -1.0, 0.5]
    assert [one["reward_extra_info"]["valid"] for one in given] == [1.0, 0.0, 1.0]
    assert [list(one["reward_extra_info"]) for one in given] == [KEYS] * 3
    here = worker(policy, *judge)
    ended = await asyncio.gather(*(here.compute_score(batch[n : n + 1]) for n in range(3)), return_exceptions=True)
    assert isinstance(ended[1], NoReward)
    assert [one["reward_score"] for one in (ended[0], ended[2])] == [1.0, 0.5]
    with pytest.raises(NoReward):  # as the legacy trainer asks, one error is everybody's
        await here.compute_score_batch(batch)


async def test_verl_0_9_1_sees_no_advantage_in_the_mean_of_the_group_where_nan_would_spoil_it(
    policy, judge_server, tmp_path
):
    import numpy as np
    import torch
    from verl.trainer.ppo.core_algos import compute_grpo_outcome_advantage

    server = await judge_server(decided({"Go": "violated", "Eh": "unknown"}))
    write_skill(tmp_path)
    judge = settings(skill=tmp_path / "small", model="judge", base_url=server.base_url)
    here = worker(policy, *judge, *settings(group_size=4, group_wait=60, on_failure="group_mean"))
    rows = [("Say hi.", answer, {"prompt": "Say hi."}) for answer in ("Hi", "Eh", "Go", "Hi")]
    given = await here.compute_score_batch(batch_of(here.input_tokenizer, rows))
    assert len(server.requests) == 1
    scores = torch.tensor([[one["reward_score"]] for one in given])

    def advantages(rewards):
        group = np.array(["g"] * len(rewards))
        return compute_grpo_outcome_advantage(rewards.clone(), torch.ones(len(rewards), 1), group)[0][:, 0]

    found = advantages(scores)
    assert found[1].abs() < 1e-6
    assert found[0] > 0 > found[2]
    scores[1] = float("nan")
    assert advantages(scores).isnan().all()
    assert advantages(scores[:1]).item() == pytest.approx(1.0)  # one left over: its score is taken for the advantage


async def test_verl_0_9_1_fills_up_a_batch_with_copies_that_share_the_judgment_of_their_original(
    policy, judge_server, tmp_path
):
    from verl.protocol import pad_dataproto_to_divisor

    server = await judge_server(decided({}))
    write_skill(tmp_path)
    judge = settings(skill=tmp_path / "small", model="judge", base_url=server.base_url)
    for gathered in ({}, {"group_size": 3, "group_wait": 60}):
        here = worker(policy, *judge, *settings(**gathered))
        rows = [("Say hi.", f"{answer} {len(gathered)}", {"prompt": "Say hi."}) for answer in ("Hi", "Eh", "Go")]
        padded, copies = pad_dataproto_to_divisor(batch_of(here.input_tokenizer, rows), 5)
        before = len(server.requests)
        given = await here.compute_score_batch(padded)
        assert (len(given), copies, len(server.requests) - before) == (5, 2, 1 if gathered else 3)
        assert given[3:] == given[:2]


def test_verl_0_9_1_leaves_what_is_not_known_out_of_its_validation_means(policy):
    from verl.trainer.ppo.metric_utils import process_validation_metrics

    means = process_validation_metrics(
        ["d"] * 3, ["a", "b", "c"], {"criterion/x": [1.0, None, 0.0], "valid": [1.0] * 3}
    )
    assert means["d"]["criterion/x"] == {"mean@1": 0.5}


async def test_verl_0_9_1_rate_limited_makes_zero_of_an_error_and_is_warned_of(policy, capsys, monkeypatch):
    from verl.experimental.reward_loop.reward_manager.limited import RateLimitedRewardManager

    monkeypatch.setattr(RateLimitedRewardManager, "_class_initialized", False)
    limited = ("reward.reward_manager.name=rate_limited", *settings(skill="instruction-following"))
    here = worker(policy, *limited)
    given = await here.compute_score(batch_of(here.input_tokenizer, [("p", "Hi", {"prompt": "Nothing to verify."})]))
    assert given["reward_score"] == 0.0
    assert "rate_limited makes 0.0 of whatever is raised" in capsys.readouterr().out


def test_verl_0_9_1_is_ended_at_its_start_by_settings_that_cannot_be_used(policy):
    for wrong, words in (
        ([*settings(skill="no-such-skill")], "no-such-skill"),
        ([*settings(skill="instruction-following", group_size=4)], r"reward\.num_workers=1"),
    ):
        with pytest.raises(Exception, match=words) as raised:
            worker(policy, *TOLD_PROMPTS, *wrong)
        assert type(raised.value).__module__ == "skillrm.errors"


async def test_verl_0_9_1_reads_what_data_verinstruct_writes(policy, judge_server, tmp_path, tables):
    from verl.utils.dataset.rl_dataset import RLHFDataset

    server, table = await judge_server(decided({})), str(tmp_path / "rows.parquet")
    rows = str(ROOT / "examples/verinstruct.jsonl")
    command = ["data", "verinstruct", rows, "-o", table, "--for", "verl"]
    await asyncio.to_thread(CliRunner().invoke, app, command)
    judge = settings(skill="instruction-following", model="judge", base_url=server.base_url)
    cache = f"+data.cache_dir={tmp_path}/cache"
    here = worker(policy, *judge, "data.filter_overlong_prompts=false", cache)
    data = list(RLHFDataset(table, here.input_tokenizer, here.config.data))
    assert len(data) == 5
    given = await asyncio.gather(
        *(
            here.reward_manager.compute_score(
                data_source=row["data_source"],
                solution_str="Three words here.",
                ground_truth=row["reward_model"]["ground_truth"],
                extra_info=row["extra_info"],
            )
            for row in data
        )
    )
    assert [told["valid"] for told in given] == [1.0] * 5
    assert any(told["verified"] is not None for told in given)
    assert server.requests
    assert "checkers" not in str(server.requests)


async def test_verl_0_9_1_data_get_their_prompts_as_the_page_says(tmp_path, monkeypatch, tables):
    import pandas

    monkeypatch.chdir(tmp_path)
    turns = [{"role": "user", "content": PROMPT}]
    for extra in ({"index": 0}, None):
        pandas.DataFrame({"prompt": [turns], "extra_info": [extra]}).to_parquet("train.parquet")
        exec(re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)[1], {})  # noqa: S102 (the page)
        (told,) = pandas.read_parquet("with-prompts.parquet")["extra_info"]
        assert adapter.row_of("d", "", told)["prompt"] == turns


def test_verl_0_9_1_has_no_managers_batch_and_prime_any_more():
    from verl.experimental.reward_loop.reward_manager import get_reward_manager_cls

    for name in ("batch", "prime"):
        with pytest.raises(ValueError, match="Unknown reward manager"):
            get_reward_manager_cls(name)
