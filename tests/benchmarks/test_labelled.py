"""A label never reaches a sample: not as a field, not as text, not through order or names."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from skillrm.benchmarks import LabelledSample, find, names
from skillrm.benchmarks.labelled import arranged, as_given
from skillrm.benchmarks.registry import BENCHMARKS
from skillrm.shapes import letter

pytestmark = pytest.mark.data
IDS = [f"{benchmark.name}-{benchmark.mode}" for benchmark in BENCHMARKS]
ROWS = {
    "rewardbench2": 102,
    "rmbench": 400,
    "judgebench": 350,
    "if-rewardbench": 15,
    "jetts": 164,
    "llmbar": 100,
    "ifeval": 541,
    "ifbench": 294,
    "ifbench-pairs": 444,
}
WORDS = ("chosen", "rejected", "num_correct", "preference_graph", '"score"', "follow_", "ground_truth", "o1-preview")


@pytest.mark.parametrize("benchmark", BENCHMARKS, ids=IDS)
def test_every_row_of_the_real_data_is_loaded_under_its_own_key(benchmark, real):
    items = real(benchmark)
    assert len(items) == ROWS[benchmark.name]
    assert len({item.key for item in items}) == len(items)


@pytest.mark.parametrize("benchmark", BENCHMARKS, ids=IDS)
def test_the_sample_holds_the_prompt_and_the_answers_under_neutral_labels_and_nothing_else(benchmark, real):
    for item in real(benchmark):
        dump = item.sample.model_dump(mode="json", exclude_defaults=True)
        assert set(dump) <= {"id", "prompt", "candidates"}
        assert all(set(candidate) <= {"label", "text"} for candidate in dump["candidates"])
        assert [one["label"] for one in dump["candidates"]] == [letter(n) for n in range(len(dump["candidates"]))]
        assert sorted(item.label.given) == sorted(item.sample.labels)
        frame = json.dumps({**dump, "prompt": "", "candidates": [one["label"] for one in dump["candidates"]]})
        assert not any(word in frame for word in WORDS)


@pytest.mark.parametrize("name", sorted(set(ROWS) - {"ifbench"}))  # whose real data has one answer a prompt
def test_the_place_of_a_candidate_does_not_tell_whether_it_is_right(name, real):
    items = real(find(name))
    right = [item.sample.labels.index(name) / (len(item.sample.labels) - 1) for item in items for name in better(item)]
    assert 0.4 < sum(right) / len(right) < 0.6


def better(item: LabelledSample) -> list[str]:
    return sorted(item.label.right) or [better for better, _ in item.label.better]


def test_another_seed_gives_another_order_and_the_same_one_gives_the_same(real):
    one, same, other = (real(find("rewardbench2"), seed=seed) for seed in (0, 0, 1))
    orders = [[[candidate.text for candidate in item.sample.candidates] for item in run] for run in (one, same, other)]
    assert orders[0] == orders[1] != orders[2]


def test_the_label_still_names_the_right_texts_after_shuffling():
    texts = [f"answer {n}" for n in range(30)]
    group = arranged(texts, "seed")
    by_label = {candidate.label: candidate.text for candidate in group.candidates}
    assert [by_label[name] for name in group.names] == texts
    assert [candidate.text for candidate in group.candidates] != texts


def test_a_given_order_stays_and_a_missing_answer_is_an_empty_one():
    group = as_given(["first", None])
    assert [(one.label, one.text) for one in group.candidates] == [("A", "first"), ("B", "")]


def test_shuffling_is_fair_over_many_rows():
    places = Counter(arranged(["right", "x", "y", "z"], 0, "subset", n).names[0] for n in range(4000))
    assert all(900 < count < 1100 for count in places.values())


def test_references_and_checklists_are_in_the_sample_only_with_access_to_them(real):
    opened, mounted = (real(find("judgebench"), access) for access in ("open", "sample"))
    assert not any(item.sample.resources for item in opened)
    brought = [item.sample.resources for item in mounted if item.subset != "livecodebench"]
    assert all(resource.access == "sample" for resources in brought for resource in resources)
    assert all(len(resources) == 1 for resources in brought)
    assert not any(item.sample.resources for item in mounted if item.subset == "livecodebench")
    constraint = find("if-rewardbench", "constraint")
    assert not any(item.sample.criteria for item in real(constraint))
    assert all(item.sample.criteria for item in real(constraint, "sample"))


def test_the_answer_in_the_metadata_of_a_jetts_query_is_never_read(tmp_path):
    row = {
        "query": {"content": "What is 6 x 7?", "metadata": {"input_correct_responses": ["SECRET 42"]}},
        "responses": [{"content": "41", "metadata": {"score": 0}}, {"content": "42", "metadata": {"score": 1}}],
    }
    (tmp_path / "gsm8k_model.jsonl").write_text(json.dumps(row))
    (item,) = find("jetts").load(tmp_path)
    assert item.sample.prompt == "What is 6 x 7?"
    assert "SECRET" not in item.sample.model_dump_json()


def test_every_benchmark_of_the_issue_is_there():
    assert set(ROWS) == set(names())
