"""GRPO with TRL: a model learns to obey constraints, rewarded by skillrm. docs/trainers/trl.md has figures.

python examples/trl/grpo.py                       # a tiny model made here, verifiers alone, about a minute on CPU
python examples/trl/grpo.py --failing-share 0.3   # one more criterion, by a judge that fails 30 % of its calls
python examples/trl/grpo.py --model PATH --learning-rate 1e-6     # a real model, in bf16 if there is a GPU
"""

import argparse
import logging

import scripted_judge
import torch
from curve import Progress, draw
from datasets import Dataset
from task import prompts, topic
from tiny_model import tiny_model
from transformers import AutoModelForCausalLM, AutoTokenizer, PrinterCallback
from trl import GRPOConfig, GRPOTrainer

from skillrm import RewardModel
from skillrm.backends import open_backend
from skillrm.integrations.trl import reward_function

asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
asked.add_argument("--steps", type=int, default=150)
asked.add_argument("--seed", type=int, default=0)
asked.add_argument("--learning-rate", type=float, default=3e-4)
asked.add_argument("--failing-share", type=float, help="of a scripted judge's calls, from 0 to 1; without it, no judge")
asked.add_argument("--model", help="a folder or a name on the hub, instead of the tiny model")
asked.add_argument("--out", default="grpo-out")
given = asked.parse_args()
logging.getLogger("trl.trainer.grpo_trainer").setLevel(logging.ERROR)  # warns of every None; skillrm does, briefly

gpu = given.model is not None and torch.cuda.is_available()
rows = [{"prompt": [{"role": "user", "content": text}]} for text in prompts()]
judge = None
if given.failing_share is not None:
    url = scripted_judge.start(given.failing_share)
    judge = open_backend("scripted", base_url=url, retries=0)  # a call that fails is not made again
    rows = [{**row, "checklist": [f"It speaks of the {topic(row['prompt'][0]['content'])}."]} for row in rows]
if given.model:
    model = AutoModelForCausalLM.from_pretrained(given.model, dtype="bfloat16" if gpu else "float32")
    tokenizer = AutoTokenizer.from_pretrained(given.model)
else:
    torch.set_num_threads(1)  # so small a model gains nothing by more
    model, tokenizer = tiny_model(given.seed)
groups = {"per_device_train_batch_size": 64, "num_generations": 8, "max_completion_length": 256 if given.model else 40}
where = {"use_cpu": not gpu, "bf16": gpu, "gradient_checkpointing": gpu}
pace = {"max_steps": given.steps, "learning_rate": given.learning_rate, "lr_scheduler_type": "constant"}
told = {"logging_steps": 1, "report_to": [], "save_strategy": "no", "disable_tqdm": True}
config = GRPOConfig(given.out, seed=given.seed, **groups, **where, **pace, **told)
reward = reward_function(RewardModel("instruction-following", backend=judge, cache=None), on_failure="none")
data = Dataset.from_list(rows)
trainer = GRPOTrainer(model, reward, config, data, processing_class=tokenizer, callbacks=[Progress()])
trainer.remove_callback(PrinterCallback)
trainer.train()
draw(trainer.state.log_history, given.out)
print("rewards:", dict(reward.rewards.counts))
