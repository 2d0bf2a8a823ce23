"""Which of two answers follows the instruction better, and why."""

from skillrm import RewardModel, run

prompt = "Recommend a board game in at least 15 words. Do not use any commas."
a = "Try Carcassonne because the rules fit on one page and every game draws a new map."
b = "Try Carcassonne, a tile game."

judgment = run(RewardModel("instruction-following").compare(prompt, a, b))
print("winner:", judgment.verdict.winner)
for row in judgment.evidence:
    print(f"{row.candidate}  {row.decision:<10} {row.reason}")
