"""The best of N answers without a reference: what most of them agree on is soft evidence."""

from skillrm import RewardModel, run

answers = [
    "5 crates of 12 are 60, less 4 is 56. The answer is 56.",
    "The answer is 64.",
    "60 - 4 = 56",
    "Answer: 52",
    "We get 5 * 12 - 4, that is 56 bottles.",
]
judgment = run(
    RewardModel("math-answer").select("Five crates hold 12 bottles each. 4 break. How many are left?", answers)
)
best = judgment.verdict.ranking[0]
print("status:", judgment.status, "best:", ", ".join(best))
