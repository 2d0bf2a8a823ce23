"""Real GRPO and RLOO runs of TRL 1.16 with a tiny model made here; claims of docs/trainers/trl.md about TRL."""

from __future__ import annotations

import copy
import csv
import inspect
import json
import math
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from judging import entry, open_cells, record, says, shown, submit, well_behaved, write_skill
from skillrm import RewardModel
from skillrm.backends import ScriptedBackend, open_backend
from skillrm.cli.app import app
from skillrm.errors import BackendTransportError, NoReward
from skillrm.integrations.trl import reward_function

pytestmark = pytest.mark.integration
ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples/trl"
PROMPTS = ["Write about the river. Do not use any commas.", "Write about the city. Do not use any commas."]


def rows(**columns):
    """Two prompts as strings, with whatever columns."""
    return [
        {"prompt": prompt, **{name: values[at] for name, values in columns.items()}}
        for at, prompt in enumerate(PROMPTS)
    ]


def chats():
    return [{"prompt": [{"role": "user", "content": prompt}]} for prompt in PROMPTS]


@pytest.fixture(scope="module")
def example():
    """The example's modules by name."""
    sys.path.insert(0, str(EXAMPLE))
    try:
        import scripted_judge
        import tiny_model
    finally:
        sys.path.remove(str(EXAMPLE))
    return {"judge": scripted_judge, "tiny": tiny_model}


@pytest.fixture(scope="module")
def untrained(example):
    return example["tiny"].tiny_model(seed=0, warm_up=0)


@pytest.fixture
def trainer_of(untrained, tmp_path):
    """Makes a trainer for a few rows; two groups of four completions a step."""
    import trl
    from datasets import Dataset

    def made(rewards, data, kind="GRPO", **settings):
        model, tokenizer = copy.deepcopy(untrained[0]), untrained[1]
        config = {
            "max_steps": 2,
            "per_device_train_batch_size": 8,
            "num_generations": 4,
            "max_completion_length": 8,
            "beta": 0.0,
        }
        quiet = {"logging_steps": 1, "report_to": [], "save_strategy": "no", "disable_tqdm": True, "use_cpu": True}
        args = getattr(trl, f"{kind}Config")(str(tmp_path), seed=0, bf16=False, **{**config, **quiet, **settings})
        given = {"train_dataset": Dataset.from_list(data), "processing_class": tokenizer}
        return getattr(trl, f"{kind}Trainer")(model, rewards, args, **given)

    return made


def steps_of(trainer):
    return [entry for entry in trainer.state.log_history if "reward" in entry]


def weights(trainer):
    return {name: value.detach().clone() for name, value in trainer.model.named_parameters()}


def moved(before, trainer) -> bool:
    return any(not value.equal(before[name]) for name, value in trainer.model.named_parameters())


def by_letter(**decisions):
    """A judge model that decides every cell by the candidate's letter; the rest is `violated`."""

    def reply(request):
        seen = shown(request.messages)
        words = {letter: decisions.get(letter, "violated") for letter in seen}
        return says(record(*(entry(c, words, list(seen.values())) for c in open_cells(request.messages))), submit())

    return ScriptedBackend(reply)


def run_example(out: Path, *options: str) -> tuple[list[dict[str, str]], list[dict], str]:
    """The curve, TRL's log and what was printed."""
    command = [sys.executable, EXAMPLE / "grpo.py", "--out", out, *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr
    with (out / "curve.csv").open() as file:
        curve = list(csv.DictReader(file))
    return curve, [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()], done.stdout + done.stderr


def mean(values) -> float:
    known = [float(value) for value in values if value not in (None, "")]
    return math.fsum(known) / len(known)


def test_trl_1_16_grpo_learns_the_constraints_in_a_hundred_steps(tmp_path):
    curve, _, said = run_example(tmp_path, "--steps", "100")
    rewards = [step["reward"] for step in curve]
    assert len(rewards) == 100
    assert mean(rewards[75:]) > mean(rewards[:25]) + 0.1
    assert {step["skillrm/valid"] for step in curve} == {"1.0"}
    assert "on_failure=none: None, which TRL takes as unscored" in said
    assert "rewards: {'ok': 6400}" in said
    assert (tmp_path / "reward.png").stat().st_size > 10_000


def test_trl_1_16_grpo_goes_on_while_a_judge_fails_at_three_calls_in_ten(tmp_path):
    curve, log, said = run_example(tmp_path, "--steps", "60", "--failing-share", "0.3")
    assert 0.6 < mean(step["skillrm/valid"] for step in curve) < 0.8
    assert mean(step["reward"] for step in curve[45:]) > mean(step["reward"] for step in curve[:15]) + 0.05
    steps = [entry for entry in log if "loss" in entry]
    assert len(steps) == 60
    assert all(math.isfinite(entry["loss"]) and math.isfinite(entry["grad_norm"]) for entry in steps)
    assert "HTTP 500" in said


def test_trl_1_16_takes_the_reward_function_for_a_coroutine_function():
    from trl.trainer.utils import get_callable_name, is_async_callable

    reward = reward_function(RewardModel("instruction-following"), name="obedience")
    assert is_async_callable(reward)
    assert inspect.iscoroutinefunction(reward)
    assert get_callable_name(reward) == "obedience"


@pytest.mark.parametrize("kind", ["GRPO", "RLOO"])
@pytest.mark.parametrize("data", [rows(), chats()], ids=["strings", "chats"])
def test_trl_1_16_logs_metrics_and_columns(trainer_of, kind, data):
    trainer = trainer_of(reward_function(RewardModel("instruction-following")), data, kind)
    trainer.train()
    for step in steps_of(trainer):
        assert step["skillrm/valid"] == step["skillrm/coverage"] == 1.0
        assert step["skillrm/low"] == pytest.approx(step["rewards/skillrm/mean"])
    assert list(trainer._logs["extra"]["skillrm/status"]) == ["ok"] * 8
    columns = ("criterion/follows-instructions", "high", "judged", "low", "status", "verified")
    assert sorted(trainer._logs["extra"]) == [f"skillrm/{column}" for column in columns]


def test_trl_1_16_rows_of_a_dataset_keep_their_own_kwargs(trainer_of):
    names = [["length_constraints:number_words"], ["keywords:forbidden_words"]]
    kwargs = [[{"relation": "at least", "num_words": 1}], [{"forbidden_words": ["zebra"]}]]
    data = rows(instruction_id_list=names, kwargs=kwargs, source=["mine", None])
    trainer = trainer_of(reward_function(RewardModel("instruction-following")), data)
    assert trainer.train_dataset[0]["kwargs"] == [{**kwargs[0][0], "forbidden_words": None}]  # filled in by Arrow
    trainer.train()
    assert all(step["skillrm/valid"] == 1.0 for step in steps_of(trainer))
    assert trainer.reward_funcs[0].rewards.counts == {"ok": 16}


def test_trl_1_16_trains_on_what_data_verinstruct_writes(trainer_of, tmp_path):
    from datasets import Dataset

    table = str(tmp_path / "rows.parquet")
    rows = str(ROOT / "examples/verinstruct.jsonl")
    CliRunner().invoke(app, ["data", "verinstruct", rows, "-o", table, "--for", "trl"])
    data = Dataset.from_parquet(table, cache_dir=str(tmp_path)).to_list()
    assert len(data) == 5
    judge = ScriptedBackend(lambda request: says(*well_behaved(request.messages)))
    trainer = trainer_of(reward_function(RewardModel("instruction-following", backend=judge)), data)
    trainer.train()
    assert all(step["skillrm/valid"] == 1.0 for step in steps_of(trainer))
    assert judge.requests


def test_trl_1_16_runs_the_page_on_a_cpu(untrained, tmp_path, monkeypatch, capsys):
    page = (ROOT / "docs/trainers/trl.md").read_text()
    code = re.findall(r"```python\n(.*?)```", page, re.DOTALL)[0]
    monkeypatch.chdir(tmp_path)
    name = re.search('model="(.+?)"', code)[1]
    for part in untrained:
        part.save_pretrained(name)  # a folder of that name is taken for the model on the hub
    code = code.replace('GRPOConfig("out"', 'GRPOConfig("out", use_cpu=True, bf16=False')
    exec(compile(code, "trl.md", "exec"), {})  # noqa: S102 - our own page
    said = re.search(r"^skillrm: rewards for TRL .*$", page, re.MULTILINE)[0]
    assert said in capsys.readouterr().out.splitlines()


def test_trl_1_16_a_step_without_any_judgment_moves_no_weight(trainer_of, tmp_path):
    gone = ScriptedBackend(lambda _: BackendTransportError("gone"))
    trainer = trainer_of(reward_function(RewardModel(write_skill(tmp_path), backend=gone)), rows())
    before = weights(trainer)
    trainer.train()
    assert not moved(before, trainer)
    assert all(step["reward"] is None and step["skillrm/failed"] == 1.0 for step in steps_of(trainer))
    assert all(step["loss"] == 0.0 for step in steps_of(trainer))


def advantages(trainer):
    """Of the last step, by group."""
    given, rewarded = list(trainer._logs["advantages"]), list(trainer._logs["rewards"]["skillrm"])
    return [list(zip(rewarded[at : at + 4], given[at : at + 4], strict=True)) for at in (0, 4)]


BANK = 'criteria:\n  - {id: good, text: "It is good."}\n'


def test_trl_1_16_an_unscored_completion_is_no_part_of_the_baseline(trainer_of, tmp_path):
    judge = by_letter(A="satisfied", B="unknown")
    trainer = trainer_of(
        reward_function(RewardModel(write_skill(tmp_path, BANK), backend=judge)), rows(), scale_rewards="none"
    )
    trainer.train()
    for group in advantages(trainer):
        scored = [reward for reward, _ in group if not math.isnan(reward)]
        baseline = math.fsum(scored) / len(scored)
        assert len(scored) < 4
        for reward, advantage in group:
            assert advantage == pytest.approx(0.0 if math.isnan(reward) else reward - baseline)


async def nothing(completions, **_):
    return [0.0] * len(completions)


@pytest.mark.parametrize(
    ("settings", "on_failure", "harmless"),
    [
        ({}, "none", False),
        ({}, "group_mean", True),
        ({"multi_objective_aggregation": "normalize_then_sum"}, "none", True),
    ],
    ids=["none", "group_mean", "normalize_then_sum"],
)
def test_trl_1_16_beside_another_reward_an_unscored_completion_counts_as_zero(
    trainer_of, tmp_path, settings, on_failure, harmless
):
    judge = by_letter(A="satisfied", B="unknown", C="satisfied", D="satisfied")
    reward = reward_function(RewardModel(write_skill(tmp_path, BANK), backend=judge), on_failure=on_failure)
    trainer = trainer_of([reward, nothing], rows(), max_steps=1, **settings)
    trainer.train()
    unscored = trainer._logs["extra"]["skillrm/status"].index("abstained")
    advantage = trainer._logs["advantages"][unscored]
    assert advantage == pytest.approx(0.0, abs=1e-6) if harmless else advantage < -0.5


def test_trl_1_16_raise_stops_the_run(trainer_of, tmp_path):
    reward = reward_function(RewardModel(write_skill(tmp_path), backend=ScriptedBackend([])), on_failure="raise")
    with pytest.raises(NoReward):
        trainer_of(reward, rows()).train()


def test_trl_1_16_one_reward_function_serves_several_trainers(trainer_of, example):
    data = rows(checklist=[["It speaks of the river."], ["It speaks of the city."]])
    judge = open_backend("scripted", base_url=example["judge"].start())
    reward = reward_function(RewardModel("instruction-following", backend=judge, cache=None))
    for kind in ("GRPO", "RLOO"):  # each has an event loop of its own
        trainer_of(reward, data, kind).train()
    assert reward.rewards.counts == {"ok": 32}
