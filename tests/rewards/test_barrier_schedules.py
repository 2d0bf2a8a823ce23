"""The barrier under random schedules, held against a plain account of what should happen."""

from __future__ import annotations

import asyncio
import gc
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

import virtual_time
from skillrm.errors import NoReward
from skillrm.rewards import Barrier, Group, Reward

WAIT, JUDGING = 10.0, 3.0
LAPSE = 10 * WAIT
REFUSED = "x"
"""An answer of which a judgment gives no reward when it is one of a group."""


@dataclass(frozen=True)
class Join:
    at: float
    key: str
    answer: str
    patience: float | None
    """After so long the caller leaves."""


@st.composite
def schedules(draw: st.DrawFn) -> list[Join]:
    """No two things happen at the same time: joins at odd fractions, timers at sums of whole ones."""
    steps = draw(st.lists(st.sampled_from([0.0, 0.4, 1.0, 4.0, 12.0, 60.0, 130.0]), min_size=1, max_size=40))
    now, joins = 0.0, []
    for number, step in enumerate(steps):
        now += step + 0.001 + number * 1e-6
        patience = draw(st.sampled_from([None, None, None, 0.0107, 5.0107]))
        joins.append(Join(now, draw(st.sampled_from("pq")), draw(st.sampled_from("abcx")), patience))
    return joins


@dataclass
class Account:
    """One group as it should be."""

    number: int
    opened: float
    members: list[str] = field(default_factory=list)
    came: int = 0
    closed: float | None = None
    failed_at: dict[str, float] = field(default_factory=dict)
    lates: dict[str, float] = field(default_factory=dict)


def expected(joins: list[Join], size: int, broken: set[int]) -> tuple[list[str], list[list[str]], int]:
    """What each caller gets, which groups are judged, and how many answers are judged alone. Groups are numbered in
    the order in which they are closed, as the judge sees them.
    """
    current: dict[str, Account] = {}
    every: list[Account] = []
    seats: list[tuple[Account, str, float]] = []
    for join in joins:
        group = current.get(join.key)
        if group is not None and group.closed is None and join.at > group.opened + WAIT:
            group.closed = group.opened + WAIT
        if group is not None and not takes(group, join, size, number_of(group, every, broken)):
            group = None
        if group is None:
            group = current[join.key] = Account(len(every), join.at)
            every.append(group)
        group.came += 1
        if group.closed is None:
            group.members.append(join.answer)
            seats.append((group, join.answer, join.at))
            if group.came >= size:
                group.closed = join.at
        else:
            seats.append((group, join.answer, join.at))
    for group in every:
        group.closed = group.opened + WAIT if group.closed is None else group.closed
    order = sorted(every, key=lambda group: group.closed)
    told, alone = [], set()
    for group, answer, at in seats:
        number = order.index(group)
        done = group.closed + JUDGING
        if number in broken:
            told.append(f"broken {number}")
        elif answer in group.members and not (answer == REFUSED and at > done):
            told.append(f"refused {number}" if answer == REFUSED else f"{number} {answer}")
        else:  # late, or another try
            told.append(f"late {number} {answer}")
            alone.add((number, answer))
    return told, [group.members for group in order], len(alone)


def takes(group: Account, join: Join, size: int, is_broken: bool) -> bool:
    if group.closed is None:
        return True
    done = group.closed + JUDGING
    if join.at > done and (is_broken or join.at > done + LAPSE):
        return False
    known = join.answer in group.members or join.answer in group.lates
    if known or group.came < size:
        group.lates.setdefault(join.answer, join.at)
        return True
    return False


def number_of(group: Account, every: list[Account], broken: set[int]) -> bool:
    """Whether judging breaks for this group, by its place among those that are closed."""
    ends = [one.closed if one.closed is not None else one.opened + WAIT for one in every]
    mine = ends[group.number]
    return sum(end < mine for end in ends) in broken


class Judge:
    def __init__(self, broken: set[int]) -> None:
        self.broken = broken
        self.groups: list[list[str]] = []
        self.lates = 0

    async def judge(self, row, answers) -> Group:
        number = len(self.groups)
        self.groups.append(list(answers))
        await asyncio.sleep(JUDGING)
        if number in self.broken:
            raise ValueError(f"broken {number}")
        rewards = [
            NoReward(f"refused {number}") if answer == REFUSED else Reward(1.0, True, "ok", error=f"{number} {answer}")
            for answer in answers
        ]
        return Group(tuple(rewards), (float(number),))

    async def late(self, row, answer, group) -> Reward:
        self.lates += 1
        await asyncio.sleep(0)
        return Reward(1.0, True, "ok", error=f"late {group.places[0]:.0f} {answer}")


async def played(joins: list[Join], barrier: Barrier) -> list[str | None]:
    """What each caller got; None for one that left."""

    async def call(join: Join) -> str | None:
        await asyncio.sleep(join.at)
        try:
            async with asyncio.timeout(join.patience):
                return (await barrier.join(join.key, {"prompt": join.key}, join.answer, join.answer)).error
        except TimeoutError:
            return None
        except (ValueError, NoReward) as error:
            return str(error)

    got = await asyncio.gather(*map(call, joins))
    await asyncio.sleep(1000)  # what nobody waits for any more is judged as well
    return list(got)


@settings(max_examples=150)
@given(joins=schedules(), size=st.integers(1, 5), broken=st.sets(st.integers(0, 6), max_size=2))
def test_every_caller_gets_what_the_account_says_and_nobody_waits_for_ever(
    joins: list[Join], size: int, broken: set[int]
) -> None:
    judge = Judge(broken)
    barrier = Barrier(size, WAIT, judge.judge, judge.late)
    got, complaints = virtual_time.run(played(joins, barrier))
    told, groups, alone = expected(joins, size, broken)
    assert [was for was, join in zip(got, joins, strict=True) if was is not None] == [
        said for was, said in zip(got, told, strict=True) if was is not None
    ]
    assert judge.groups == groups
    assert judge.lates == alone
    assert all(len(group) <= size for group in judge.groups)
    gc.collect()
    assert complaints == []
