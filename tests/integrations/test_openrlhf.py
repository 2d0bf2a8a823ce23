"""OpenRLHF 0.11: the calls that its `SingleTurnAgentExecutor` makes, of a file and of a URL."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import aiohttp
import pytest

from judge_server import refusal
from serving import BAD, GOOD, PROMPT, running
from skillrm import RewardModel
from skillrm.errors import ConfigError, NoReward, SkillError
from skillrm.integrations import openrlhf
from skillrm.integrations.transcripts import answer_of
from skillrm.judgment import Score
from skillrm.rewards import Reward, Rewards

CHAT = f"<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n{PROMPT}<|im_end|>\n<|im_start|>assistant\n"
END = "<|im_end|>"
PAGE = (Path(__file__).parents[2] / "docs/trainers/openrlhf.md").read_text()


@pytest.fixture
def path():
    """What stands behind `--reward.remote_url`."""
    command = [sys.executable, "-m", "skillrm.integrations.openrlhf"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def environment(monkeypatch):
    """Settings as the engine's environment has them."""

    def settle(**settings):
        for name, value in settings.items():
            monkeypatch.setenv(f"SKILLRM_{name.upper()}" if name != "openai_base_url" else "OPENAI_BASE_URL", value)

    return settle


def loaded(path):
    """The module, as an engine loads it while it starts, in its event loop."""
    spec = importlib.util.spec_from_file_location("reward_func", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.reward_func


async def by_file(reward_func, *queries, label=""):
    """A thread for each answer, one item in each list; what is raised is no reward."""

    async def one(query):
        try:
            return await asyncio.to_thread(reward_func, [query], [CHAT], [label])
        except Exception:
            return None

    return await asyncio.gather(*(one(query) for query in queries))


async def by_url(url, query, prompt, label, tries=5):
    """A session for each try, 180 seconds in all, one second between tries; after the last there is no reward."""
    timeout = aiohttp.ClientTimeout(total=180)
    for _ in range(tries):
        try:
            async with aiohttp.ClientSession(timeout=timeout) as session:
                data = {"query": [query], "prompts": [prompt], "labels": [label]}
                async with session.post(url, json=data) as response:
                    response.raise_for_status()
                    return await response.json()
        except aiohttp.ClientError:
            pass
    return None


async def test_openrlhf_0_11_loads_the_file_and_calls_it_from_threads(path, environment, capsys):
    environment(skill="instruction-following")
    reward_func = loaded(path)
    told = await by_file(reward_func, *[CHAT + GOOD + END, CHAT + BAD + END] * 4)
    assert [float(one["rewards"][0]) for one in told] == [1.0, 0.0] * 4
    assert [float(one["scores"][0]) for one in told] == [1.0, 0.0] * 4
    assert [float(one["extra_logs"]["skillrm/valid"][0]) for one in told] == [1.0] * 8
    assert capsys.readouterr().out == (
        "skillrm: rewards for OpenRLHF from instruction-following, judged by verifiers alone, scores; "
        "on_failure=raise: after 3 tries there is no reward, and OpenRLHF ends the run\n"
    )


async def test_openrlhf_0_11_logs_are_finite_and_have_the_same_keys_whatever_is_open(path, environment):
    environment(skill="general", on_failure="constant:0")
    reward_func = loaded(path)
    told = await by_file(reward_func, CHAT + GOOD + END, CHAT + BAD + END)
    logs = [{name: float(values[0]) for name, values in one["extra_logs"].items()} for one in told]
    assert logs[0].keys() == logs[1].keys()
    assert all(0.0 <= value <= 1.0 for one in logs for value in one.values())
    assert logs[0]["skillrm/valid"] == 0.0
    assert (logs[0]["skillrm/judged/low"], logs[0]["skillrm/judged/high"]) == (0.0, 1.0)  # nobody judged


class Counting:
    """A reward model that keeps how many answers each judgment had."""

    def __init__(self, model):
        self.model, self.sizes = model, []

    def __getattr__(self, name):
        return getattr(self.model, name)

    async def judge(self, sample, goal="scores"):
        self.sizes.append(len(sample.candidates))
        return await self.model.judge(sample, goal)


async def test_openrlhf_0_11_groups_meet_although_their_threads_are_few(monkeypatch):
    model = Counting(RewardModel("instruction-following"))
    rewards = Rewards(model, group_size=4, group_wait=120.0, on_failure="group_mean")
    monkeypatch.setattr("skillrm.integrations.openrlhf.opened", lambda *_, **__: rewards)
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(2))
    openrlhf.make_room()  # as loading the file does
    reward_func = openrlhf.reward_function()
    names = ["Rhine", "Elbe", "Oder", "Main, Spree"]

    async def one(place, name):
        prompt = CHAT.replace("rivers", f"rivers of {place}")
        return await asyncio.to_thread(reward_func, [prompt + name + END], [prompt], [""])

    told = await asyncio.gather(*(one(place, name) for name in names for place in range(6)))
    assert [float(one["rewards"][0]) for one in told] == [1.0] * 18 + [0.0] * 6
    assert model.sizes == [4] * 6


async def test_openrlhf_0_11_has_no_reward_where_the_judge_fails(path, environment, judge_server, monkeypatch):
    server = await judge_server([refusal(400, "no")])
    monkeypatch.setattr("time.sleep", lambda _: None)
    environment(skill="general", model="judge", openai_base_url=server.base_url)
    reward_func = loaded(path)
    assert await by_file(reward_func, CHAT + GOOD + END) == [None]
    tries = len(server.requests)
    assert tries >= 3
    with pytest.raises(NoReward, match=r"no valid judgment for 1 of 1 answers: .*no"):
        await asyncio.to_thread(reward_func, [CHAT + GOOD + END], [CHAT], [""])


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"skill": "nosuch"}, SkillError),
        ({"on_failure": "zero"}, ConfigError),
        ({"on_failure": "group_mean"}, ConfigError),  # of which group?
    ],
)
def test_openrlhf_0_11_does_not_start_with_settings_that_cannot_be_used(path, environment, settings, error):
    environment(**settings)
    with pytest.raises(error):
        loaded(path)


def test_openrlhf_0_11_may_load_a_file_with_its_own_settings(tmp_path):
    file = tmp_path / "my_reward.py"
    file.write_text(
        "from skillrm.integrations.openrlhf import reward_function\n"
        'reward_func = reward_function(skill="math-answer", on_failure="constant:-1")\n'
    )
    reward_func = loaded(file)
    question = "What is 12 squared?"
    told = reward_func([question + " \\boxed{144}", question + " \\boxed{12}"], [question] * 2, ["144", "144"])
    assert [float(value) for value in told["rewards"]] == [1.0, 0.0]


@pytest.mark.integration
async def test_openrlhf_0_11_agents_get_tensors_of_one_number(path, environment):
    import torch

    environment(skill="instruction-following")
    told = loaded(path)([CHAT + GOOD], [CHAT], [None])
    assert told["rewards"].item() == 1.0
    assert torch.tensor([told["rewards"]]).shape == (1,)
    assert told["extra_logs"]["skillrm/valid"].flatten()[0].item() == 1.0


async def test_openrlhf_0_11_posts_single_queries_of_any_prompt_and_label():
    async with running(RewardModel("instruction-following"), group_size=2) as service:
        url = f"{service.url}/get_reward"
        turns = CHAT.replace("Be brief.", "No commas.").replace("Do not use any commas.", "And two lakes.")
        label = '{"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]}'
        calls = [(CHAT + GOOD + END, CHAT, None), (CHAT + BAD + END, CHAT, None)]
        calls += [(turns + GOOD + END, turns, label), (turns + BAD + END, turns, label)]
        told = await asyncio.gather(*(by_url(url, *call) for call in calls))
        assert [one["rewards"] for one in told] == [[1.0], [0.0], [1.0], [0.0]]
        assert all(one["extra_logs"]["skillrm/valid"] == [1.0] for one in told)
        await service.counted('skillrm_judgments_total{status="ok"} 2.0')  # each pair together


async def test_openrlhf_0_11_tries_again_after_a_503_and_then_has_no_reward(judge_server):
    server = await judge_server([refusal(400, "no")])
    model = RewardModel("general", model="judge", base_url=server.base_url, judge="direct", cache=None)
    async with running(model) as service:
        assert await by_url(f"{service.url}/get_reward", CHAT + GOOD, CHAT, "") is None
        path = 'skillrm_rewards_missing_total{on_failure="none",path="/get_reward"}'
        await service.counted(f"{path} 5.0")


def test_openrlhf_0_11_filters_by_the_score_and_where_only_the_rank_is_known_by_that():
    known = Reward(0.3, True, "ok", Score(value=0.9, low=0.9, high=0.9, coverage=1.0))
    ranked = Reward(1.0, True, "ok", Score(value=None, low=0.2, high=1.0, coverage=0.5))
    told = openrlhf.told([known, ranked])
    assert (told["rewards"], told["scores"]) == ([0.3, 1.0], [0.9, 1.0])


LONG = CHAT.replace("Be brief.", "Be brief, " * 40)


@pytest.mark.parametrize(
    ("query", "prompt"),
    [
        (LONG[120:] + "Rhine<|im_end|>", LONG),  # a prompt too long for the context loses its front
        ("Cafe\u0301? ".replace("e\u0301", "\u00e9") + "Rhine", "Cafe\u0301? "),  # a tokenizer that composes letters
        ("fi ½: Rhine".replace("½", "1⁄2"), "ﬁ ½: "),  # or makes them compatible
    ],
    ids=["cut", "composed", "compatible"],
)
def test_openrlhf_0_11_queries_hold_their_prompts_as_the_tokenizer_left_them(query, prompt):
    assert answer_of(query, prompt, 0).strip() == "Rhine"


def test_openrlhf_0_11_commands_of_the_page_print_the_path_and_the_line_it_shows():
    install, *commands = PAGE.split("```sh\n")[1].split("```")[0].splitlines()
    assert install == "pip install skillrm"
    run = "import runpy, sys; runpy.run_path(sys.argv[1], run_name='reward_func')"
    load = f'python -c "{run}" $(python -m skillrm.integrations.openrlhf)'
    folder = str(Path(sys.executable).parent)
    environment = os.environ | {"PATH": f"{folder}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", "\n".join([*commands, load])], env=environment, capture_output=True, text=True, check=True
    )
    path, line = done.stdout.splitlines()
    assert path == openrlhf.__file__
    assert line in PAGE.splitlines()
