"""Parts of a bank left out: by name, or by a draw that the seed alone decides."""

from __future__ import annotations

import pytest

from judging import write_skill
from skillrm import Resource, Sample
from skillrm.benching import Ablation
from skillrm.errors import ConfigError

BANK = """\
criteria:
  - {id: helpful, text: "The answer helps."}
resources:
  - {id: rubric, kind: rubric, description: "Anchors", file: rubric.md}
  - {id: second, kind: rubric, description: "More", text: "More words."}
  - {id: third, kind: rubric, description: "Others", text: "Other words."}
plan:
  - {detect: constraints}
"""


def sample(prompt: str, count: int = 1) -> Sample:
    resources = tuple(Resource(id=f"r{n}", kind="reference", text="42", access="sample") for n in range(count))
    return Sample.parse({"prompt": prompt, "responses": ["a", "b"]}).model_copy(update={"resources": resources})


def test_a_whole_bank_is_the_same_object():
    whole = Ablation()
    one = sample("x")
    assert whole.sample(one) is one
    assert whole.words == ""


def test_a_dropped_resource_is_gone_and_the_skill_has_another_digest(tmp_path):
    skill = write_skill(tmp_path, BANK)
    without = Ablation(dropped=("second",))
    thin = without.skill(skill)
    assert [one.id for one in thin.resources] == ["rubric", "third"]
    assert thin.criteria == skill.criteria
    assert thin.digest != skill.digest
    assert without.words == "without second"
    assert without.skill(skill).digest == thin.digest


def test_a_detector_is_left_out_by_its_name(tmp_path):
    thin = Ablation(dropped=("constraints",)).skill(write_skill(tmp_path, BANK))
    assert [rule.detect for rule in thin.plan] == [None]


def test_what_a_sample_brings_is_left_out_for_every_order_of_its_candidates_alike():
    half = Ablation(fraction=0.5, seed=3)
    for number in range(40):
        one = sample(f"prompt {number}", 3)
        turned = one.model_copy(update={"candidates": one.candidates[::-1]})
        assert half.sample(one).resources == half.sample(turned).resources
        assert len(half.sample(one).resources) in (1, 2)
    assert Ablation(dropped=("r0",)).sample(sample("x")).resources == ()


def test_half_of_one_resource_is_a_draw_and_another_seed_is_another_draw():
    draws = {
        seed: [len(Ablation(fraction=0.5, seed=seed).sample(sample(f"p{n}")).resources) for n in range(200)]
        for seed in (0, 1)
    }
    assert 70 < sum(draws[0]) < 130
    assert draws[0] != draws[1]


def test_half_of_a_skill_is_half_of_its_resources_and_detectors(tmp_path):
    skill = write_skill(tmp_path, BANK)
    kept = set()
    for seed in range(20):
        thin = Ablation(fraction=0.5, seed=seed).skill(skill)
        names = (*(one.id for one in thin.resources), *(rule.detect for rule in thin.plan if rule.detect))
        assert len(names) == 2
        kept.add(names)
    assert len(kept) > 2


def test_a_resource_that_is_nowhere_is_named_with_those_that_are():
    with pytest.raises(ConfigError, match=r"no resource 'rubrik' in this run \(there are notes, rubric"):
        Ablation(dropped=("rubrik",)).check({"rubric", "notes"})


def test_a_share_beyond_one_is_refused():
    with pytest.raises(ConfigError, match="is no share"):
        Ablation(fraction=50)
