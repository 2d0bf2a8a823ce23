"""What of a sample may be seen, and what it may bring."""

from __future__ import annotations

import pytest

from authoring import write
from skillrm.errors import SampleError
from skillrm.skill import load_skill
from skillrm.types import Resource, Sample
from skillrm.verifiers.registry import MAX_ARGS

BANK = """\
criteria: [{id: c, text: x}]
resources:
  - {id: open-one, kind: rubric, text: a}
  - {id: sample-one, kind: rubric, text: a, access: sample}
  - {id: gold-one, kind: rubric, text: a, access: privileged}
"""


@pytest.fixture
def skill(tmp_path):
    return load_skill(write(tmp_path, BANK))


def sample(*resources, **more):
    return Sample.model_validate(
        {"prompt": "p", "candidates": [{"label": "A", "text": "t"}], "resources": list(resources), **more}
    )


def text(identity, access="open", kind="reference"):
    return {"id": identity, "kind": kind, "text": "t", "access": access}


@pytest.mark.parametrize(
    ("access", "seen"),
    [
        ("open", ["open-one", "own-open"]),
        ("sample", ["open-one", "sample-one", "own-open", "own-sample"]),
        ("privileged", ["open-one", "sample-one", "gold-one", "own-open", "own-sample", "own-gold"]),
    ],
)
def test_what_is_not_mounted_does_not_exist(skill, access, seen):
    brought = sample(text("own-open"), text("own-sample", "sample"), text("own-gold", "privileged"))
    bank = skill.mount(brought, access)
    assert [one.id for one in bank.resources] == seen
    assert [one.id for one in bank.sample.resources] == [identity for identity in seen if identity.startswith("own")]
    for hidden in {"gold-one", "own-sample", "own-gold"} - set(seen):
        assert bank.get(hidden) is None
        assert bank.sample.resource(hidden) is None
        assert hidden not in repr(bank)


def test_a_candidates_own_resources_are_mounted_by_the_same_rule(skill):
    candidate = {"label": "A", "text": "t", "resources": [text("log"), text("grade", "privileged")]}
    bank = skill.mount(sample(candidates=[candidate]))
    assert [one.id for one in bank.sample.candidates[0].resources] == ["log"]


def test_the_view_has_its_own_digest(skill):
    brought = sample(text("own-gold", "privileged"))
    assert brought.digest != skill.mount(brought).sample.digest == sample().digest


def test_a_sample_that_hides_nothing_is_mounted_as_it_is(skill):
    plain = sample(text("own-open"))
    assert skill.mount(plain).sample is plain


def fault(skill, *resources, **more):
    with pytest.raises(SampleError) as raised:
        skill.mount(sample(*resources, **more))
    (found,) = raised.value.faults
    return found.field, found.message


def verify(name="authoring:longer", **more):
    return {"id": "v", "kind": "verifier", "verifier": name, **more}


def test_a_sample_may_bring_a_safe_verifier_with_valid_arguments(skill):
    assert skill.mount(sample(verify(args={"than": 5}))).get("v") is not None


def test_a_sample_may_not_reuse_an_id_of_the_skill(skill):
    assert fault(skill, text("open-one")) == ("resources.0.id", "the skill has a resource of that id")
    assert fault(skill, text("gold-one"))[0] == "resources.0.id"
    assert fault(skill, criteria=[{"id": "c", "text": "y"}]) == (
        "criteria.0.id",
        "the skill has a criterion of that id",
    )


def test_endpoints_scripts_and_unsafe_verifiers_come_only_from_skills(skill):
    endpoint = {"id": "v", "kind": "verifier", "endpoint": "http://10.0.0.1/score"}
    assert fault(skill, endpoint)[1] == "endpoints come only from skills"
    unsafe = "authoring:private is not safe with arguments from a sample"
    assert fault(skill, verify("authoring:private")) == ("resources.0.verifier", unsafe)


def test_a_sample_may_bring_neither_a_script_nor_a_scorer_by_name(skill):
    pytest.importorskip("skillrm.verifiers.script")
    for name in ("script:python", "scorer:http"):
        assert "not safe with arguments from a sample" in fault(skill, verify(name))[1]


def test_an_unknown_verifier_is_told_the_nearest(skill):
    assert "did you mean authoring:longer" in fault(skill, verify("authoring:longr"))[1]


def test_wrong_arguments_are_named(skill):
    field, message = fault(skill, verify(args={"than": -1}))
    assert field == "resources.0.args.than"
    assert "must be at least 0, this is -1" in message


def test_huge_arguments_are_refused(skill):
    assert fault(skill, verify(args={"than": "1" * MAX_ARGS}))[0] == "resources.0.args"


def test_nothing_that_a_candidate_brings_is_run(skill):
    candidate = {"label": "A", "text": "t", "resources": [verify()]}
    assert fault(skill, candidates=[candidate])[0] == "candidates.0.resources.0"


def test_every_fault_of_a_sample_comes_at_once(skill):
    with pytest.raises(SampleError) as raised:
        skill.mount(sample(text("open-one"), verify("nobody:home"), {**verify(args={"than": []}), "id": "w"}))
    assert [one.field for one in raised.value.faults] == [
        "resources.0.id",
        "resources.1.verifier",
        "resources.2.args.than",
    ]


def test_what_is_not_mounted_is_not_even_checked(skill):
    hidden = verify("nobody:home", access="privileged")
    assert skill.mount(sample(hidden)).get("v") is None


def test_the_bank_finds_by_id(skill):
    found = skill.mount(sample()).get("open-one")
    assert isinstance(found, Resource)
    assert found.text == "a"
