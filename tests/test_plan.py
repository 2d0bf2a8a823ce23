"""Which criteria and resources apply: by rule, by what the sample brings, by what the prompt asks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authoring import write
from skillrm import plan as plan_module
from skillrm.errors import SampleError
from skillrm.plan import plan_for
from skillrm.skill import load_skill
from skillrm.types import Sample
from skillrm.verifiers import decided

BANK = """\
criteria:
  - {id: always, text: x}
  - {id: tagged, text: x}
  - {id: correct, text: x}
  - {id: followed, text: x}
resources:
  - {id: rubric, kind: rubric, text: a}
  - {id: tagged-rubric, kind: rubric, text: a}
  - {id: verify, kind: verifier, verifier: "authoring:longer", decides: [correct], hard: true, needs: [reference]}
  - {id: both, kind: verifier, verifier: "authoring:longer", decides: [tagged, always]}
plan:
  - {when: {tags: long}, criteria: [tagged], resources: [tagged-rubric]}
  - {when: {needs: [reference]}, criteria: [correct]}
  - {when: {without: [quiet]}, detect: authoring}
  - {when: {undetected: true, without: [criteria]}, criteria: [followed]}
"""
REFERENCE = {"id": "reference", "kind": "reference", "text": "42", "access": "sample"}


@pytest.fixture
def skill(tmp_path):
    return load_skill(write(tmp_path, BANK))


def planned(skill, prompt="say it", goal="scores", access="sample", **more):
    sample = Sample.model_validate({"prompt": prompt, "candidates": [{"label": "A", "text": "t"}], **more})
    return plan_for(skill, skill.mount(sample, access), goal)


def ids(things):
    return [one.id for one in things]


def test_what_no_rule_names_always_applies(skill):
    plan = planned(skill)
    assert ids(plan.criteria) == ["always", "followed"]
    assert ids(plan.resources) == ["rubric", "both"]


def test_what_a_rule_names_applies_when_it_holds(skill):
    plan = planned(skill, tags=["long"])
    assert ids(plan.criteria) == ["always", "tagged", "followed"]
    assert ids(plan.resources) == ["rubric", "tagged-rubric", "both"]


def test_a_resource_decides_only_what_is_in_force(skill):
    assert planned(skill).resources[-1].decides == ("always",)
    assert planned(skill, tags=["long"]).resources[-1].decides == ("tagged", "always")


def test_a_resource_whose_needs_are_not_met_is_not_planned(skill):
    assert "verify" not in ids(planned(skill).resources)
    plan = planned(skill, resources=[REFERENCE])
    assert "correct" in ids(plan.criteria)
    assert ids(plan.resources) == ["rubric", "verify", "both", "reference"]


def test_a_reference_that_is_not_mounted_brings_nothing(skill):
    assert "correct" not in ids(planned(skill, resources=[REFERENCE], access="open").criteria)


def test_a_detector_adds_criteria_their_verifiers_and_the_words_that_prove_them(skill):
    plan = planned(skill, "please SHOUT and RUN")
    assert ids(plan.criteria) == ["always", "prompt-shout", "prompt-run"]
    assert ids(plan.resources)[-2:] == ["prompt-shout-check", "prompt-run-check"]
    assert plan.spans == {"prompt-shout": "SHOUT", "prompt-run": "RUN"}
    assert plan.detectors == {"authoring": "7"}
    assert {one.origin for one in plan.criteria[1:]} == {"prompt"}


def test_a_detector_whose_rule_does_not_hold_is_not_asked(skill):
    plan = planned(skill, "please SHOUT", tags=["quiet"])
    assert (ids(plan.criteria), plan.detectors) == (["always", "followed"], {})


def test_what_the_sample_states_wins_over_what_is_read(skill):
    stated = {"id": "v", "kind": "verifier", "verifier": "authoring:longer", "args": {"than": 9}, "decides": ["mine"]}
    plan = planned(skill, "please SHOUT", resources=[stated], criteria=[{"id": "mine", "text": "x"}])
    assert ids(plan.criteria) == ["always", "mine"]
    assert ids(plan.resources) == ["rubric", "both", "v"]
    assert plan.spans == {}


def test_the_same_constraint_said_twice_counts_once(skill):
    assert ids(planned(skill, "SHOUT and SHOUT").criteria) == ["always", "prompt-shout"]


def test_detected_ids_give_way_to_those_of_the_sample(skill):
    plan = planned(skill, "please SHOUT", criteria=[{"id": "prompt-shout", "text": "mine"}])
    assert ids(plan.criteria) == ["always", "prompt-shout-2", "prompt-shout"]
    check = plan.resources[-1]
    assert (check.id, check.decides) == ("prompt-shout-check", ("prompt-shout-2",))


def test_a_samples_own_criteria_always_apply_and_say_whose_they_are(skill):
    plan = planned(skill, criteria=[{"id": "mine", "text": "x"}])
    assert [(one.id, one.origin) for one in plan.criteria] == [("always", "skill"), ("mine", "sample")]


def test_a_samples_resource_for_a_criterion_that_is_not_in_force_is_not_planned(skill):
    verify = {"id": "v", "kind": "verifier", "verifier": "authoring:longer", "decides": ["tagged"]}
    assert "v" not in ids(planned(skill, resources=[verify]).resources)
    assert "v" in ids(planned(skill, resources=[verify], tags=["long"]).resources)


def test_a_second_hard_decider_from_the_sample_is_a_sample_error(skill):
    verify = {"id": "v", "kind": "verifier", "verifier": "authoring:longer", "decides": ["correct"], "hard": True}
    with pytest.raises(SampleError, match=r"resources.1: verify and v both decide correct, and both are hard"):
        planned(skill, resources=[REFERENCE, verify])
    assert "v" in ids(planned(skill, resources=[REFERENCE, {**verify, "hard": False}]).resources)


def test_goal_and_number_of_candidates_are_conditions(tmp_path):
    bank = (
        "criteria: [{id: a, text: x}, {id: b, text: x}]\n"
        "plan:\n  - {when: {goal: winner, min_candidates: 2}, criteria: [b]}\n"
    )
    skill = load_skill(write(tmp_path, bank))
    two = [{"label": label, "text": "t"} for label in "AB"]
    assert ids(planned(skill, goal="winner").criteria) == ["a"]
    assert ids(planned(skill, goal="scores", candidates=two).criteria) == ["a"]
    assert ids(planned(skill, goal="winner", candidates=two).criteria) == ["a", "b"]


def test_a_group_shares_one_reading_of_its_prompt(skill):
    plan_module._read_prompt.cache_clear()
    for answer in "abc":
        planned(skill, "please SHOUT for the group", candidates=[{"label": "A", "text": answer}])
    assert plan_module._read_prompt.cache_info().misses == 1


def test_chat_prompts_are_read_turn_by_turn_and_not_mixed_up_with_text(skill):
    turns = [{"role": "system", "content": "be LOUD"}, {"role": "user", "content": "say it"}]
    plan = planned(skill, turns)
    assert ids(plan.criteria) == ["always", "prompt-loud"]
    assert ids(planned(skill, [{"role": "user", "content": "say it"}]).criteria) == ["always", "followed"]


def test_a_detector_never_sees_an_answer(skill):
    assert ids(planned(skill, candidates=[{"label": "A", "text": "SHOUT"}]).criteria) == ["always", "followed"]


prompts = st.lists(st.sampled_from(["say", "SHOUT", "RUN", "it"]), max_size=5).map(" ".join)
brought = st.lists(st.sampled_from([REFERENCE, {"id": "log", "kind": "tool", "text": "x"}]), max_size=2, unique_by=str)


@pytest.fixture(scope="module")
def one_skill(tmp_path_factory):
    return load_skill(write(tmp_path_factory.mktemp("plans"), BANK))


@given(
    prompts, brought, st.lists(st.sampled_from(["long", "quiet"]), unique=True), st.sampled_from(["scores", "winner"])
)
def test_every_plan_is_consistent_and_the_same_each_time(one_skill, prompt, resources, tags, goal):
    plan = planned(one_skill, prompt, goal, resources=resources, tags=tags)
    assert plan == planned(one_skill, prompt, goal, resources=resources, tags=tags)
    assert len(set(ids(plan.criteria))) == len(plan.criteria)
    assert len(set(ids(plan.resources))) == len(plan.resources)
    assert {name for one in plan.resources for name in one.decides} <= set(ids(plan.criteria))
    assert set(plan.spans) <= set(ids(plan.criteria))


def test_both_sides_of_an_exact_count_are_one_criterion(tmp_path):
    sample = Sample.parse(
        {"prompt": "What is a fjord? Answer in exactly two sentences.", "response": "A fjord. It is deep."}
    )
    skill = load_skill("instruction-following")
    plan = plan_for(skill, skill.mount(sample), "scores")
    (criterion,) = plan.criteria
    assert criterion.combine == "all"
    assert [resource.decides for resource in plan.resources if resource.hard] == [(criterion.id,)] * 2


def test_what_follows_from_the_skill_alone_is_made_once_for_all_samples_of_a_situation(skill):
    one, other = planned(skill, "say it"), planned(skill, "tell it")
    assert one.own is other.own
    tagged = planned(skill, tags=["long"])
    assert "tagged-rubric" in tagged.own.by_id
    assert "tagged-rubric" not in one.own.by_id


def test_a_finding_outside_zero_to_one_is_a_broken_verifier():
    with pytest.raises(ValueError, match="outside 0 to 1"):
        decided(2.0, "twice as good")
