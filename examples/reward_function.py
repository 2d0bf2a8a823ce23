"""A reward for training: a float, or None when there is no valid judgment. Never a made-up number."""

from skillrm import RewardModel, run


async def rewards(prompt: str, completions: list[str], reference: str) -> list[float | None]:
    async with RewardModel("math-answer") as model:
        judgment = await model.judge({"prompt": prompt, "responses": completions, "reference": reference})
    return [judgment.reward(label) for label in judgment.verdict.scores]


print(run(rewards("What is 12 squared?", ["12 * 12 = 144", "\\boxed{124}", "<think>hm"], "144")))
