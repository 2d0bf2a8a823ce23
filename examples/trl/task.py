"""The task: say something about a topic under constraints that skillrm reads out of the prompt and verifies."""

from __future__ import annotations

import itertools
import random
import re

NOUNS = ("river", "mountain", "forest", "city", "island", "desert", "garden", "storm", "harbor", "bridge", "village")
WORDS = ("old", "wide", "quiet", "bright", "cold", "green", "deep", "slow", "wild", "calm", "warm", "strange")
DEMANDS = 'Write about the {noun}. Use at most {most} words. Do not use any commas. Include the word "{word}".'


def prompts() -> list[str]:
    return [DEMANDS.format(noun=n, most=m, word=w) for n, m, w in itertools.product(NOUNS, (8, 10, 12), WORDS[:6])]


def topic(prompt: str) -> str:
    return re.search(r"the (\w+)\.", prompt)[1]


def careless(prompt: str, rng: random.Random) -> str:
    """One to four clauses on the topic, half of them joined by commas; the word asked for comes up at times."""
    word = re.search('"(.+)"', prompt)[1]
    clauses = []
    for _ in range(rng.randint(1, 4)):
        said = rng.sample(WORDS, rng.choice((1, 2)))
        said[0] = word if rng.random() < 0.3 else said[0]
        clauses.append(f"the {topic(prompt)} is {' and '.join(said)}")
    return "".join(clause + rng.choice((",", ".")) + " " for clause in clauses[:-1]) + clauses[-1] + "."
