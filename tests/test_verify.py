"""Verifiers over many samples side by side."""

from __future__ import annotations

import asyncio

import pytest

import virtual_time
from skillrm import Resource, Sample
from skillrm.ledger import Ledger
from skillrm.types import Candidate
from skillrm.verifiers.registry import Finding, NoArgs, decided, verifier
from skillrm.verify import AT_ONCE, run, run_all

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


@verifier("test:slow", version="1", args=NoArgs, keeps=True)
async def slow(sample: Sample, candidate: Candidate, args: NoArgs) -> Finding:
    """Takes as many seconds as the answer says."""
    await asyncio.sleep(float(candidate.final))
    return decided(True, "done")


def slow_ones(count: int) -> list[Resource]:
    return [Resource(id=f"r{n}", kind="verifier", verifier="test:slow") for n in range(count)]


def test_what_was_found_before_the_deadline_stands():
    sample = Sample.parse({"prompt": "p", "responses": ["1", "2", "900"]})
    done, _ = virtual_time.run(run(slow_ones(1)[0], sample, sample.labels, 60))
    assert [finding.status for finding in done.findings.values()] == ["decided", "decided", "error"]
    assert "r0 did not finish within 60 s" in done.findings["C"].observation


def test_the_verifiers_of_one_judgment_have_so_much_time_together_and_then_a_moment_each():
    sample = Sample.parse({"prompt": "p", "response": "900"})

    async def all_of(count: int) -> tuple[list[str], float]:
        ledger = Ledger([], sample.labels)
        seen = await run_all(slow_ones(count), sample, sample.labels, ledger, 60, together=50)
        return [one.content for one in seen], asyncio.get_running_loop().time()

    (said, took), _ = virtual_time.run(all_of(5 * AT_ONCE))
    assert all("within 50 s" in words for words in said[:AT_ONCE])
    assert all("within 0.5 s" in words for words in said[AT_ONCE:])
    assert took == pytest.approx(52)


def test_a_judgment_with_many_verifiers_does_not_make_another_wait_for_all_of_them():
    sample = Sample.parse({"prompt": "p", "response": "1"})

    async def one(count: int) -> float:
        await run_all(slow_ones(count), sample, sample.labels, Ledger([], sample.labels), 60)
        return asyncio.get_running_loop().time()

    async def both() -> list[float]:
        many = asyncio.ensure_future(one(20 * AT_ONCE))
        await asyncio.sleep(0.5)
        return [await one(1), await many]

    (single, many), _ = virtual_time.run(both())
    assert single == pytest.approx(2)
    assert many == pytest.approx(21)
