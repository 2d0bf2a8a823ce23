"""Verifiers over many samples side by side."""

from __future__ import annotations

import asyncio

from skillrm import Resource, Sample
from skillrm.verifiers.registry import Finding, NoArgs, decided, verifier
from skillrm.verify import AT_ONCE, run

at_work: list[int] = [0, 0]
"""Now, and at most."""


@verifier("test:costly", version="1", args=NoArgs, keeps=True)
async def costly(sample: Sample, candidate: object, args: NoArgs) -> Finding:
    """Takes a few turns of the loop."""
    at_work[0] += 1
    at_work[1] = max(at_work)
    for _ in range(20):
        await asyncio.sleep(0)
    at_work[0] -= 1
    return decided(True, "done")


async def test_costly_verifiers_wait_for_their_turn_outside_their_own_time():
    samples = [Sample.parse({"prompt": f"p{n}", "response": "a"}) for n in range(5 * AT_ONCE)]
    resource = Resource(id="r", kind="verifier", verifier="test:costly")
    runs = await asyncio.gather(*(run(resource, one, one.labels, 60) for one in samples))
    assert all(one.findings["A"].satisfied for one in runs)
    assert at_work == [0, AT_ONCE]


def test_another_loop_has_turns_of_its_own():
    sample = Sample.parse({"prompt": "p", "response": "a"})
    resource = Resource(id="r", kind="verifier", verifier="test:costly")
    for _ in range(2):
        assert asyncio.run(run(resource, sample, sample.labels, 60)).findings["A"].satisfied
