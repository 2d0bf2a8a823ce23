"""Who may write what, and which row counts."""

from __future__ import annotations

from skillrm.ledger import Ledger
from skillrm.types import Criterion, Resource
from skillrm.verifiers import broken, decided, not_applicable, unknown

HARD = Resource(id="hard", kind="verifier", verifier="x:y", decides=("c",), hard=True)
SOFT = Resource(id="soft", kind="verifier", verifier="x:y", decides=("c",))


def ledger(*labels, combine=None):
    book = Ledger((Criterion(id="c", text="t", combine=combine),), labels or ("A",))
    book.observe("prompt", shown="p")
    for label in book.labels:
        book.observe("candidate", candidates=(label,), shown="text")
    return book


def row(book, label="A"):
    return next(one for one in book.resolved().evidence if one.candidate == label)


def test_observations_are_numbered_in_order_and_hash_what_was_shown():
    book = ledger("A", "B")
    assert [one.id for one in book.observations] == ["o1", "o2", "o3"]
    assert book.observations[1].content == ""
    assert len(book.observations[1].sha256) == 64


def test_the_judge_cannot_overrule_a_hard_verifier_and_the_attempt_is_kept_as_a_conflict():
    book = ledger()
    book.find(0, HARD, {"A": decided(0, "counted 3")}, 1.0)
    book.decide("c", "A", 1.0, ("o2",), "it looks right")
    assert (row(book).score, row(book).source) == (0.0, "hard_verifier")
    assert [(c.source, c.score) for c in book.resolved().conflicts] == [("judge", 1.0)]


def test_the_judge_overrules_a_soft_verifier():
    book = ledger()
    book.find(0, SOFT, {"A": decided(1, "majority")}, 1.0)
    book.decide("c", "A", 0.0, ("o2",), "it is wrong")
    assert (row(book).score, row(book).source) == (0.0, "judge")
    assert book.resolved().conflicts[0].source == "soft_verifier"


def test_a_forgeable_finding_of_a_hard_verifier_is_only_soft():
    book = ledger()
    book.find(0, HARD, {"A": decided(1, "tests passed", forgeable=True)}, 1.0)
    assert row(book).source == "soft_verifier"


def test_where_the_hard_verifier_cannot_tell_the_judge_decides():
    book = ledger()
    book.find(0, HARD, {"A": unknown("no number found")}, 1.0)
    assert not book.answered("c", "A")
    book.decide("c", "A", 1.0, ("o2",), "it says twelve")
    assert row(book).source == "judge"
    assert row(book).score == 1.0


def test_a_verifier_that_breaks_is_an_error_and_never_a_number():
    book = ledger()
    book.find(0, HARD, {"A": broken("no sandbox")}, 1.0)
    assert row(book).decision == "unknown"
    assert book.errors == {("c", "A"): "no sandbox"}


def test_a_criterion_drops_out_only_when_it_applies_to_no_candidate():
    mixed, none = ledger("A", "B"), ledger("A", "B")
    mixed.find(0, HARD, {"A": not_applicable("no code asked"), "B": decided(1, "ok")}, 1.0)
    none.find(0, HARD, {"A": not_applicable("no code asked"), "B": not_applicable("no code asked")}, 1.0)
    assert [one.decision for one in mixed.resolved().evidence] == ["unknown", "satisfied"]
    assert [one.decision for one in none.resolved().evidence] == ["not_applicable", "not_applicable"]


def test_an_empty_answer_is_violated_by_rule_before_anything_else():
    book = ledger()
    book.rule("A", book.observations[1], "there is no answer")
    book.find(0, HARD, {"A": decided(1, "no commas in nothing")}, 1.0)
    assert (row(book).score, row(book).source) == (0.0, "rule")


def test_all_needs_every_hard_decider_and_one_violation_is_enough():
    book = ledger(combine="all")
    other = HARD.model_copy(update={"id": "other"})
    book.find(0, HARD, {"A": decided(1, "ok")}, 1.0)
    book.find(0, other, {"A": unknown("cannot tell")}, 1.0)
    assert row(book).score is None
    book.find(0, HARD.model_copy(update={"id": "third"}), {"A": decided(0, "bad")}, 1.0)
    assert row(book).score == 0.0


def test_any_is_satisfied_by_one_hard_decider():
    book = ledger(combine="any")
    book.find(0, HARD, {"A": unknown("cannot tell")}, 1.0)
    book.find(0, HARD.model_copy(update={"id": "other"}), {"A": decided(1, "ok")}, 1.0)
    assert row(book).score == 1.0


def test_a_fork_does_not_write_into_its_base():
    book = ledger()
    fork = book.fork("p2.")
    fork.decide("c", "A", 1.0, ("o2",), "r")
    assert fork.observe("run_python").id == "p2.o3"
    assert row(book).score is None
    assert len(book.observations) == 2


def test_used_resources_are_what_was_run_in_first_use_order():
    book = ledger()
    book.find(0, SOFT, {"A": decided(1, "x")}, 1.0)
    book.find(1, HARD, {"A": decided(1, "x")}, 1.0)
    book.step(2, "read_resource", error="there is no resource")
    assert book.trace().used_resources == ("soft", "hard")


def test_the_judges_later_word_replaces_its_earlier_one():
    book = ledger()
    book.decide("c", "A", None, ("o2",), "not sure")
    book.decide("c", "A", 1.0, ("o2",), "checked")
    assert row(book).score == 1.0
    assert row(book).reason == "checked"


def test_the_table_read_after_a_change_holds_the_change():
    book = ledger("A", "B")
    book.decide("c", "A", 1.0, ("o2",), "r")
    before = book.resolved()
    assert book.resolved() is before
    book.decide("c", "B", 0.0, ("o3",), "r")
    assert [one.score for one in book.resolved().evidence] == [1.0, 0.0]
    book.extend((Criterion(id="d", text="t"),))
    assert len(book.resolved().evidence) == 4
    assert book.cells() == {("c", "A"): 1.0, ("c", "B"): 0.0}


def test_soft_evidence_is_left_out_of_the_cells_that_keep_a_judge_away():
    book = ledger()
    book.find(0, SOFT, {"A": decided(1, "majority")}, 1.0)
    assert book.cells() == {("c", "A"): 1.0}
    assert book.cells(soft=False) == {}


def test_rows_are_what_their_checked_twins_are_lone_surrogates_mended():
    book = ledger()
    book.decide("c", "A", 0.5, ("o2",), "a \ud83d reason", "a quote \udc00")
    one = row(book)
    twin = type(one).model_validate_json(one.model_dump_json())
    assert one == twin
    assert twin.model_dump_json() == one.model_dump_json()
    assert (one.reason, one.quote) == ("a \ufffd reason", "a quote \ufffd")
    assert one.model_copy(update={"reason": "other"}).reason == "other"
    assert one.model_fields_set == type(one)(**one.model_dump()).model_fields_set
