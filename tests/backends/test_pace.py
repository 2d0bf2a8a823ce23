"""How many calls an endpoint gets: the limit's laws, its pauses and its breaker, on a clock of our own."""

from __future__ import annotations

import math
import random

import pytest

from skillrm.backends.endpoints import Endpoint
from skillrm.backends.failures import Failure
from skillrm.backends.pace import Pace
from skillrm.errors import BackendRateLimited, BackendReplyError, BackendTransportError

TIMEOUT = 120.0
REFUSED = Failure(BackendRateLimited("429"), overload=True)
GONE = Failure(BackendTransportError("reset"), down=True, away=True)
ODD = Failure(BackendReplyError("HTML"))


@pytest.fixture
def pace() -> Pace:
    return Pace(Endpoint("http://127.0.0.1:1"), TIMEOUT)


def fill(pace: Pace, most: int, now: float = 0.0) -> int:
    """Calls let through until there is no room, `most` at the most."""
    begun = 0
    while begun < most and pace.has_room(now):
        pace.begin(now)
        begun += 1
    return begun


def a_round(pace: Pace, demand: int, takes: int, now: float) -> int:
    """Fill up, then refuse all but `takes`; how many were let through."""
    begun = fill(pace, demand, now)
    for _ in range(begun - takes):
        pace.fail(REFUSED, now + 0.01)
    for _ in range(min(begun, takes)):
        pace.answer(now, now + 1.0)
    return begun


def test_a_thousand_calls_go_out_at_once_while_nothing_is_wrong(pace):
    assert fill(pace, 1000) == 1000
    assert pace.limit == math.inf


def test_one_round_of_refusals_finds_what_the_server_takes(pace):
    assert a_round(pace, 1000, 100, 0.0) == 1000
    assert 100 <= pace.limit <= 107


def test_a_full_server_is_refused_few_calls_from_then_on(pace):
    a_round(pace, 1000, 100, 0.0)
    sent = [a_round(pace, 1000, 100, 10.0 * n) for n in range(1, 60)]
    refused = sum(max(0, begun - 100) for begun in sent)
    assert refused / sum(sent) < 0.1
    assert min(sent) >= 90


def test_more_is_tried_when_the_server_takes_more(pace):
    a_round(pace, 1000, 10, 0.0)
    sent = [a_round(pace, 1000, 10_000, 10.0 * n) for n in range(1, 30)]
    assert sent == sorted(sent)
    assert sent[-1] > 256


@pytest.mark.parametrize("share", [0.01, 0.05])
def test_stray_refusals_do_not_sink_the_limit(pace, share):
    drawn, sent, out = random.Random(0), [], []
    for n in range(200 * 64):  # one ends, and as many begin as there is room for
        while len(out) < 64 and pace.has_room(n / 64):
            pace.begin(n / 64)
            out.append((n / 64, pace.outstanding))
        sent.append(len(out))
        began, crowd = out.pop(0)
        if drawn.random() < share:
            pace.fail(REFUSED, n / 64, crowd=crowd)
        else:
            pace.answer(began, n / 64)
    assert sum(sent) / len(sent) > 0.85 * 64


def test_it_never_falls_below_one(pace):
    for n in range(50):
        assert fill(pace, 5, float(n)) >= 1
        while pace.outstanding:
            pace.fail(REFUSED, n + 0.1)
    assert pace.limit == 1
    assert pace.has_room(100.0)


def test_a_refusal_with_few_calls_out_costs_little(pace):
    a_round(pace, 1000, 100, 0.0)
    pace.begin(10.0)
    pace.fail(REFUSED, 10.1)
    assert pace.limit > 80


def test_retry_after_pauses_the_endpoint_and_no_longer(pace):
    pace.begin(0.0)
    pace.fail(Failure(BackendRateLimited("429"), after=2.0, overload=True), 1.0)
    assert not pace.has_room(2.99)
    assert pace.has_room(3.2)


def test_a_stray_retry_after_among_many_replies_pauses_nothing_and_a_series_does(pace):
    later = Failure(BackendRateLimited("429"), after=60.0, overload=True)
    for n in range(100):
        pace.begin(0.01 * n)
        if n % 40 == 39:
            pace.fail(later, 0.01 * n)
        else:
            pace.answer(0.01 * n, 0.01 * n + 0.2)
        assert pace.has_room(0.01 * n)
    refused = 0
    while pace.has_room(2.0):
        pace.begin(2.0)
        pace.fail(later, 2.0)
        refused += 1
    assert refused <= 5


def test_a_wish_for_hours_is_cut(pace):
    pace.begin(0.0)
    pace.fail(Failure(BackendRateLimited("429"), after=1e9, overload=True), 0.0)
    assert pace.has_room(400.0)


def opened(pace: Pace, now: float = 0.0) -> float:
    """When the next probe may go out, after three failures at `now`."""
    for _ in range(3):
        pace.begin(now)
    for _ in range(3):
        pace.fail(GONE, now)
    return pace.ready_at


def test_three_failures_in_a_row_open_it_and_one_probe_closes_it(pace):
    ready = opened(pace)
    assert pace.open_since == 0.0
    assert not pace.has_room(0.1)
    assert pace.begin(ready) is True
    assert not pace.has_room(ready)
    pace.answer(ready, ready + 0.1)
    assert pace.open_since is None
    assert fill(pace, 500, ready + 0.1) == 500


def test_failures_between_replies_do_not_open_it(pace):
    for n in range(30):
        pace.begin(float(n))
        if n % 3 == 2:
            pace.answer(float(n), n + 0.1)
        else:
            pace.fail(GONE, n + 0.1)
    assert pace.open_since is None


def test_an_odd_reply_is_a_sign_of_life(pace):
    ready = opened(pace)
    pace.begin(ready)
    pace.fail(ODD, ready)
    assert pace.open_since is None


def test_probes_come_less_often_but_at_least_every_ten_seconds(pace):
    ready, gaps = opened(pace), []
    for _ in range(12):
        assert pace.has_room(ready)
        probe = pace.begin(ready)
        pace.fail(GONE, ready, probe=probe)
        gaps.append(pace.ready_at - ready)
        ready = pace.ready_at
    assert gaps[0] < gaps[2] < gaps[4]
    assert max(gaps) < 10.001


def test_an_outage_of_some_seconds_is_told_once_and_so_is_its_end(pace, caplog):
    pace.begin(0.0)
    pace.answer(0.0, 0.0)
    now = opened(pace)
    for _ in range(6):
        now = max(now, pace.ready_at)
        pace.fail(GONE, now, probe=pace.begin(now))
    assert [record.getMessage().split(" s; ")[1] for record in caplog.records] == [f"calls wait for it ({GONE.error})"]
    pace.begin(now)
    pace.answer(now, now)
    assert [record.getMessage() for record in caplog.records[1:]] == [f"{pace.endpoint.shown} answers again"]


def test_calls_that_were_on_their_way_do_not_put_the_probe_off(pace):
    for _ in range(64):
        pace.begin(0.0)
    for _ in range(64):
        pace.fail(GONE, 0.0)
    assert pace.ready_at <= 0.5


def slow_rounds(pace: Pace, latency, demand: int = 100, rounds: int = 40) -> None:
    """Rounds whose latency depends on the calls in flight."""
    now = 0.0
    for most in [1] * 10 + [demand] * rounds:
        begun = fill(pace, most, now)
        took = latency(begun)
        for _ in range(begun):
            pace.answer(now, now + took)
        now += took


def test_a_queue_that_nears_the_timeout_is_shortened(pace):
    slow_rounds(pace, lambda begun: 0.6 * begun)  # one at a time: 100 in flight wait for a minute
    assert 20 < pace.limit < 60


def test_long_replies_that_no_shorter_queue_makes_quicker_are_left_alone(pace):
    slow_rounds(pace, lambda begun: 60.0 if begun > 1 else 1.0)
    assert pace.limit >= 75


def test_latency_far_from_the_timeout_cuts_nothing(pace):
    slow_rounds(pace, lambda begun: 0.2 * begun)
    assert pace.limit == math.inf
