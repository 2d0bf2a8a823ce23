"""The corpus itself: large, and made of attacks that work where nothing stops them."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from sandbox.corpus import ATTACKS


def test_the_corpus_is_large_and_every_attack_has_a_name_of_its_own():
    assert len(ATTACKS) >= 250
    assert len({(attack["family"], attack["name"]) for attack in ATTACKS}) == len(ATTACKS)


@pytest.mark.parametrize(
    "attack", [attack for attack in ATTACKS if attack.get("bare")], ids=lambda attack: attack["name"]
)
def test_a_harmless_attack_succeeds_without_the_sandbox(lost_world, attack):
    """Else its failure inside would prove nothing."""
    code = lost_world.filled(attack["code"], os.getpid()) + "\nprint(result)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    for _ in range(50):
        if lost_world.visitors or attack["family"] != "network":
            break
        time.sleep(0.02)
    assert lost_world.secret in ran.stdout or "ESCAPED" in ran.stdout or lost_world.visitors, ran
