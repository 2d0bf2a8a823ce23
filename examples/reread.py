"""Score a stored judgment anew under other weights: no model is called, the evidence is kept."""

from skillrm import Judgment, RewardModel, run
from skillrm.readout import reread

prompt = "Describe a river in at least 10 words. Do not use any commas. Use all lowercase letters."
model = RewardModel("instruction-following")
judgment = run(
    model.judge(
        {"prompt": prompt, "response": "the old river carries its stones and, at night, its secrets to the sea"}
    )
)

stored = judgment.model_dump_json()  # what `skillrm judge --json` writes
again = Judgment.model_validate_json(stored)
strict = [c.model_copy(update={"gate": 0.0}) if "comma" in c.text else c for c in again.criteria]
print("as declared:        ", again.reward())
print("with commas a gate: ", reread(again, criteria=strict).reward())
