"""The laws of the readout (DESIGN section 6), over arbitrary tables, and its rules by example."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from skillrm.judgment import Judgment, LengthGate, Readout, Shaping, Versions
from skillrm.readout import readout, reread, status_of
from skillrm.types import Criterion, Evidence, Preference, decision_of

LABELS = ("A", "B", "C", "D")
KINDS = ("weighted", "checklist", "lexicographic", "preference")
cell = st.one_of(st.none(), st.sampled_from([0.0, 1.0]), st.sampled_from([0.25, 0.5, 0.75]), st.floats(0, 1))


@st.composite
def tables(draw, kinds=KINDS):
    count = draw(st.integers(1, 5))
    criteria = []
    for number in range(count):
        weight = draw(st.floats(0.1, 5)) if number == 0 else draw(st.floats(-3, 5).filter(lambda w: abs(w) > 0.01))
        gate = draw(st.one_of(st.none(), st.none(), st.floats(0, 1)))
        criteria.append(
            Criterion(
                id=f"c{number}",
                text="t",
                weight=weight,
                gate=gate,
                required=draw(st.booleans()),
                tier=draw(st.integers(0, 2)),
                pass_at=draw(st.sampled_from([None, 0.5])),
            )
        )
    labels = LABELS[: draw(st.integers(1, 4))]
    cells = {}
    for criterion, label in itertools.product(criteria, labels):
        value = draw(cell)
        if value is not None:
            cells[criterion.id, label] = value
    declaration = Readout(
        kind=draw(st.sampled_from(kinds)),
        min_coverage=draw(st.sampled_from([0.0, 0.5, 1.0])),
        tolerance=draw(st.sampled_from([0.0, 0.2])),
        step=draw(st.sampled_from([0.1, 0.25, 0.3, 1.0])),
        tie_break=draw(st.sampled_from(["none", "preference"])),
    )
    shuffled = draw(st.permutations(labels))
    preference = draw(
        st.sampled_from(
            [None, Preference(ranking=tuple((label,) for label in shuffled)), Preference(ranking=(tuple(labels),))]
        )
    )
    goal = draw(st.sampled_from(["scores", "ranking", "winner"]))
    return criteria, labels, cells, declaration, goal, preference


@given(tables(), st.randoms())
def test_permuting_candidates_permutes_the_verdict(table, rng):
    criteria, labels, cells, declaration, goal, preference = table
    mixed = list(labels)
    rng.shuffle(mixed)
    ours, theirs = readout(*table), readout(criteria, mixed, cells, declaration, goal, preference)
    assert ours == theirs


@given(tables(), st.randoms())
def test_permuting_rows_changes_nothing_to_the_last_bit(table, rng):
    criteria, labels, cells, declaration, goal, preference = table
    mixed, items = list(criteria), list(cells.items())
    rng.shuffle(mixed)
    rng.shuffle(items)
    again = readout(mixed, labels, dict(items), declaration, goal, preference)
    assert again.model_dump_json() == readout(*table).model_dump_json()


@given(tables(), st.data())
def test_upgrading_a_decision_never_lowers_a_score(table, data):
    criteria, labels, cells, declaration, goal, preference = table
    positive = [(c.id, label) for c in criteria if c.weight > 0 for label in labels if (c.id, label) in cells]
    if not positive:
        return
    place = data.draw(st.sampled_from(positive))
    better = {**cells, place: data.draw(st.floats(cells[place], 1))}
    old, new = (
        readout(*table).scores[place[1]],
        readout(criteria, labels, better, declaration, goal, preference).scores[place[1]],
    )
    assert new.low >= old.low
    assert new.high >= old.high
    if old.value is not None and new.value is not None:
        assert new.value >= old.value


@given(tables(), st.data())
def test_filling_an_unknown_cell_never_leaves_the_old_bounds(table, data):
    criteria, labels, cells, declaration, goal, preference = table
    unknown = [(c.id, label) for c in criteria for label in labels if (c.id, label) not in cells]
    if not unknown:
        return
    place = data.draw(st.sampled_from(unknown))
    old = readout(*table).scores[place[1]]
    new = readout(criteria, labels, {**cells, place: data.draw(st.floats(0, 1))}, declaration, goal, preference).scores[
        place[1]
    ]
    assert old.low <= new.low <= new.high <= old.high
    if old.value is not None:
        assert old.low <= old.value <= old.high


@given(tables(kinds=KINDS[:3]), st.data())
def test_other_candidates_never_change_a_score(table, data):
    criteria, labels, cells, declaration, goal, preference = table
    mine = data.draw(st.sampled_from(labels))
    own = {place: score for place, score in cells.items() if place[1] == mine}
    assert readout(criteria, labels, own, declaration, goal, preference).scores[mine] == readout(*table).scores[mine]


@given(tables())
def test_a_full_table_has_no_bounds_and_is_closed(table):
    criteria, labels, cells, declaration, goal, _ = table
    full = {(c.id, label): cells.get((c.id, label), 1.0) for c in criteria for label in labels}
    ranked = Preference(ranking=tuple((label,) for label in labels))
    verdict = readout(criteria, labels, full, declaration, goal, ranked)
    if declaration.kind == "preference" and len(labels) < 2:
        return
    assert verdict.closed
    assert all(score.low == score.value == score.high for score in verdict.scores.values())


@given(tables())
@settings(max_examples=300)
def test_a_closed_winner_and_ranking_survive_every_completion(table):
    criteria, labels, cells, declaration, goal, preference = table
    verdict = readout(*table)
    if not verdict.closed or goal == "scores":
        return
    rng = random.Random(0)
    for _ in range(6):
        full = {
            (c.id, label): cells.get((c.id, label), rng.choice([0.0, 0.5, 1.0])) for c in criteria for label in labels
        }
        complete = readout(criteria, labels, full, declaration, goal, preference)
        assert complete.winner == verdict.winner
        if goal == "ranking":
            assert complete.ranking == verdict.ranking


@given(tables())
def test_the_winner_has_the_greatest_score(table):
    verdict = readout(*table)
    values = {label: score.value for label, score in verdict.scores.items() if score.value is not None}
    if verdict.winner in values and table[3].tie_break == "none":
        assert all(values[verdict.winner] > value for label, value in values.items() if label != verdict.winner)


def row(criterion, candidate, score):
    return Evidence(criterion=criterion, candidate=candidate, decision=decision_of(score), score=score, source="judge")


def judgment_of(table):
    criteria, labels, cells, declaration, goal, preference = table
    verdict = readout(*table)
    return Judgment(
        sample_id="s",
        sample_digest="d",
        goal=goal,
        status=status_of(verdict, None),
        verdict=verdict,
        criteria=tuple(criteria),
        readout=declaration,
        evidence=tuple(row(c.id, label, cells.get((c.id, label))) for c in criteria for label in labels),
        preference=preference,
        versions=Versions(package="0", skill="s", skill_digest="d"),
    )


@given(tables())
def test_rereading_the_same_readout_gives_the_same_bytes_and_json_round_trips(table):
    judgment = judgment_of(table)
    assert reread(judgment).model_dump_json() == judgment.model_dump_json()
    assert Judgment.model_validate_json(judgment.model_dump_json()).model_dump_json() == judgment.model_dump_json()


def test_a_violated_gate_with_cap_zero_closes_the_score_at_once():
    criteria = [Criterion(id="gate", text="t", gate=0.0), Criterion(id="rest", text="t", weight=9)]
    verdict = readout(criteria, ["A"], {("gate", "A"): 0.0}, Readout(), "scores")
    assert verdict.closed
    assert verdict.scores["A"].value == 0


def test_negative_criteria_count_against_and_never_below_zero():
    criteria = [Criterion(id="good", text="t"), Criterion(id="fault", text="t", weight=-2)]
    table = {("good", "A"): 1.0, ("fault", "A"): 0.25, ("good", "B"): 1.0, ("fault", "B"): 1.0}
    verdict = readout(criteria, ["A", "B"], table, Readout(), "ranking")
    assert (verdict.scores["A"].value, verdict.scores["B"].value) == (0.5, 0.0)


def test_a_gate_on_a_fault_fires_when_the_fault_is_present():
    criteria = [Criterion(id="good", text="t"), Criterion(id="leak", text="t", weight=-0.1, gate=0.2)]
    verdict = readout(criteria, ["A"], {("good", "A"): 1.0, ("leak", "A"): 1.0}, Readout(), "scores")
    assert verdict.scores["A"].value == 0.2


def test_an_open_required_cell_withholds_the_value_but_not_the_bounds():
    criteria = [Criterion(id="must", text="t", required=True), Criterion(id="may", text="t")]
    verdict = readout(criteria, ["A"], {("may", "A"): 1.0}, Readout(min_coverage=0.5), "scores")
    assert verdict.scores["A"].value is None
    assert (verdict.scores["A"].low, verdict.scores["A"].high, verdict.scores["A"].coverage) == (0.5, 1.0, 0.5)
    assert not verdict.closed


def test_an_unknown_never_helps_in_a_ranking():
    criteria = [Criterion(id="one", text="t"), Criterion(id="two", text="t")]
    verdict = readout(
        criteria, ["A", "B"], {("one", "A"): 1.0, ("one", "B"): 1.0, ("two", "B"): 0.5}, Readout(), "winner"
    )
    assert verdict.ranking == (("B",), ("A",))
    assert verdict.winner is None
    assert not verdict.closed


def test_a_sure_tie_at_the_top_is_a_closed_answer_without_a_winner():
    verdict = readout(
        [Criterion(id="one", text="t")], ["A", "B"], {("one", "A"): 1.0, ("one", "B"): 1.0}, Readout(), "winner"
    )
    assert verdict.closed
    assert verdict.winner is None
    assert verdict.ranking == (("A", "B"),)


def test_lexicographic_tiers_come_before_weights():
    criteria = [Criterion(id="first", text="t", tier=0), Criterion(id="second", text="t", tier=1, weight=100)]
    table = {("first", "A"): 1.0, ("second", "A"): 0.0, ("first", "B"): 0.5, ("second", "B"): 1.0}
    verdict = readout(criteria, ["A", "B"], table, Readout(kind="lexicographic", step=0.5), "ranking")
    assert verdict.ranking == (("A",), ("B",))
    assert verdict.scores["A"].value == round(6 / 8, 9)


@pytest.mark.parametrize("kind", KINDS[:3])
def test_all_satisfied_is_one_and_all_violated_is_zero(kind):
    criteria = [Criterion(id=f"c{n}", text="t", tier=n) for n in range(3)]
    for value in (0.0, 1.0):
        verdict = readout(criteria, ["A"], {(c.id, "A"): value for c in criteria}, Readout(kind=kind), "scores")
        assert verdict.scores["A"].value == value


def test_the_preference_readout_scores_by_mid_rank():
    preference = Preference(ranking=(("B",), ("A", "C"), ("D",)))
    verdict = readout([], LABELS, {}, Readout(kind="preference"), "ranking", preference)
    assert [verdict.scores[label].value for label in LABELS] == [0.5, 1.0, 0.5, 0.0]
    assert verdict.winner == "B"


def test_a_gate_caps_a_preference():
    preference = Preference(ranking=(("A",), ("B",)))
    gate = [Criterion(id="safe", text="t", gate=0.0)]
    verdict = readout(
        gate, ["A", "B"], {("safe", "A"): 0.0, ("safe", "B"): 1.0}, Readout(kind="preference"), "winner", preference
    )
    assert verdict.ranking == (("A", "B"),)


def test_shaping_scales_and_clips_the_reward_and_failure_is_none():
    table = (
        [Criterion(id="one", text="t")],
        ["A"],
        {("one", "A"): 0.75},
        Readout(shaping=Shaping(scale=(-1, 1), clip=(-1, 0.25))),
        "scores",
        None,
    )
    judgment = judgment_of(table)
    assert judgment.reward() == 0.25
    assert judgment.model_copy(update={"status": "failed"}).reward() is None


GATE = LengthGate(free=100, full=200, cap=0.2)
CRITERION = Criterion(id="c", text="t")


@given(tables(), st.integers(0, 300))
def test_a_length_gate_is_the_least_of_the_score_and_its_cap(table, length):
    criteria, labels, cells, declaration, goal, preference = table
    gated = declaration.model_copy(update={"length": GATE})
    lengths = dict.fromkeys(labels, (length, length))
    free = readout(*table).scores
    held = readout(criteria, labels, cells, gated, goal, preference, lengths).scores
    for label in labels:
        cap = round(GATE.at(length), 9)
        assert (held[label].low, held[label].high) == (min(free[label].low, cap), min(free[label].high, cap))
        if free[label].value is not None:
            assert held[label].value == min(free[label].value, cap)


@pytest.mark.parametrize(("length", "expected"), [(0, 1.0), (100, 1.0), (150, 0.6), (200, 0.2), (9999, 0.2)])
def test_a_length_gate_caps_the_score_evenly_between_free_and_full(length, expected):
    declared = Readout(length=GATE)
    verdict = readout([CRITERION], ["A"], {("c", "A"): 1.0}, declared, "scores", lengths={"A": (length, 0)})
    assert verdict.scores["A"].value == pytest.approx(expected)
    whole = Readout(length=GATE.model_copy(update={"of": "whole"}))
    verdict = readout([CRITERION], ["A"], {("c", "A"): 1.0}, whole, "scores", lengths={"A": (0, length)})
    assert verdict.scores["A"].value == pytest.approx(expected)


def test_an_unknown_length_leaves_open_what_the_gate_could_take():
    score = readout([CRITERION], ["A"], {("c", "A"): 1.0}, Readout(length=GATE), "scores").scores["A"]
    assert (score.value, score.low, score.high) == (None, 0.2, 1.0)
    score = readout([CRITERION], ["A"], {("c", "A"): 0.1}, Readout(length=GATE), "scores").scores["A"]
    assert (score.value, score.low, score.high) == (0.1, 0.1, 0.1)


def test_an_answer_that_is_far_too_long_is_settled_before_anything_is_asked():
    declared = Readout(length=LengthGate(free=10, full=20))
    verdict = readout([CRITERION], ["A"], {}, declared, "scores", lengths={"A": (50, 50)})
    assert (verdict.scores["A"].value, verdict.closed) == (0.0, True)


def test_a_gate_that_rises_is_refused():
    with pytest.raises(ValidationError, match="full must not be less than free"):
        LengthGate(free=2, full=1)
