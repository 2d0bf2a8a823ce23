"""The course of a GRPO run: lines on the way; at the end log.jsonl (all that TRL logged), curve.csv and reward.png."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import matplotlib
from transformers import TrainerCallback

matplotlib.use("Agg")
COLUMNS = ("step", "reward", "reward_std", "loss", "skillrm/valid", "skillrm/coverage", "completions/mean_length")
WINDOW = 20


class Progress(TrainerCallback):
    """A line every 25 steps."""

    def on_log(self, args, state, control, logs=None, **_) -> None:
        if "reward" in logs and (state.global_step % 25 == 0 or state.global_step == 1):
            told = (f"{name} {math.nan if logs[name] is None else logs[name]:.3f}" for name in COLUMNS[1:6])
            print(f"step {state.global_step}:", ", ".join(told), flush=True)


def mean(values: list) -> float:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else math.nan


def draw(history: list[dict], folder: str) -> None:
    from matplotlib import pyplot

    out, steps = Path(folder), [entry for entry in history if "reward" in entry]
    out.mkdir(parents=True, exist_ok=True)
    (out / "log.jsonl").write_text("".join(json.dumps(entry) + "\n" for entry in history))
    with (out / "curve.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(steps)
    at, rewards, valid = ([entry[key] for entry in steps] for key in ("step", "reward", "skillrm/valid"))
    figure, axes = pyplot.subplots(figsize=(6, 3.5), layout="constrained")
    axes.plot(at, [mean([reward]) for reward in rewards], color="#9ecae1", label="reward, mean of a step")
    for values, color, line, label in ((rewards, "#08519c", "-", "reward"), (valid, "#808080", ":", "valid share")):
        smooth = [mean(values[max(0, n - 9) : n + 1]) for n in range(len(values))]
        axes.plot(at, smooth, color=color, linestyle=line, label=f"{label}, mean of 10 steps")
    axes.set(xlabel="step", ylim=(0, 1.02))
    axes.legend(loc="lower right")
    figure.savefig(out / "reward.png", dpi=100)
    n = min(WINDOW, len(rewards) // 2)
    print(f"mean reward of the first {n} steps {mean(rewards[:n]):.3f}, of the last {n} {mean(rewards[-n:]):.3f}")
    print(f"mean valid share {mean(valid):.3f}; log.jsonl, curve.csv and reward.png are in {out}")
