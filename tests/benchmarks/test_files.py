"""Upstream's layouts as they come, and what is said when something is missing or broken."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from skillrm.benchmarks import find, names
from skillrm.benchmarks.registry import BENCHMARKS
from skillrm.errors import ConfigError, InputError

PAIR = {"pair_id": "p1", "source": "mmlu-pro-law", "question": "Q?", "response_A": "a", "response_B": "b"}


def write(folder: Path, name: str, *rows: object) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.mark.parametrize("benchmark", BENCHMARKS, ids=[f"{one.name}-{one.mode}" for one in BENCHMARKS])
def test_an_empty_folder_is_told_which_file_is_missing_and_where_it_comes_from(benchmark, tmp_path):
    with pytest.raises(InputError) as caught:
        benchmark.load(tmp_path)
    assert benchmark.upstream.files[0] in str(caught.value)
    assert benchmark.upstream.project in str(caught.value)


def test_a_path_that_does_not_exist_is_told_so_at_once(tmp_path):
    with pytest.raises(InputError, match=r"nowhere: does not exist \(it comes from ScalerLab/JudgeBench"):
        find("judgebench").load(tmp_path / "nowhere")


def test_json_arrays_jsonl_and_parquet_give_the_same_samples(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    rows = [{**PAIR, "label": "A>B"}, {**PAIR, "pair_id": "p2", "label": "B>A"}]
    lines = write(tmp_path, "lines/a.jsonl", *rows)
    array = tmp_path / "a.json"
    array.write_text(json.dumps(rows, indent=1))
    (tmp_path / "hub" / "data").mkdir(parents=True)
    parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "hub" / "data" / "gpt-00000.parquet")
    loaded = [list(find("judgebench").load(path)) for path in (lines, array, tmp_path / "hub", lines.parent)]
    assert loaded[0] == loaded[1] == loaded[2] == loaded[3]
    assert [sorted(item.label.right) for item in loaded[0]] == [["A"], ["B"]]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({**PAIR}, r"a.jsonl:1: label: is missing \(the row has pair_id"),
        ({**PAIR, "label": "A"}, "a.jsonl:1: label: must be A>B or B>A, this is A"),
        ({**PAIR, "label": "A>B", "response_A": 3}, "a.jsonl:1: response_A: must be text or null, this is int"),
        ("text", "a.jsonl:1: a row must be an object, this is str"),
    ],
)
def test_a_faulty_row_is_named_by_file_line_and_field(tmp_path, row, said):
    path = write(tmp_path, "a.jsonl", row)
    with pytest.raises(InputError, match=said):
        list(find("judgebench").load(path))


def test_faulty_rows_can_be_reported_and_the_others_go_on(tmp_path):
    good = {**PAIR, "label": "A>B"}
    path = write(tmp_path, "a.jsonl", good, {**PAIR}, {**good, "pair_id": "p3"})
    with path.open("a") as file:
        file.write("{torn")
    faults = []
    items = list(find("judgebench").load(path, on_fault=faults.append))
    assert [item.sample.id for item in items] == ["p1", "p3"]
    assert [fault.line for fault in faults] == [2, 4]


def test_a_key_that_repeats_is_marked_so_that_no_row_stands_for_another(tmp_path):
    good = {**PAIR, "label": "A>B"}
    items = list(find("judgebench").load(write(tmp_path, "a.jsonl", good, good, good)))
    assert [item.key for item in items] == [("mmlu-pro", "p1"), ("mmlu-pro", "p1#2"), ("mmlu-pro", "p1#3")]


def test_rewardbench_ids_that_repeat_across_subsets_are_two_rows(tmp_path):
    row = {"id": "12", "prompt": "p", "chosen": ["good"], "rejected": ["x", "y", "z"]}
    path = write(tmp_path, "a.jsonl", {**row, "subset": "Factuality"}, {**row, "subset": "Math"})
    items = list(find("rewardbench2").load(path))
    assert [item.key for item in items] == [("Factuality", "12"), ("Math", "12")]


def test_a_missing_position_map_is_named(tmp_path):
    write(tmp_path, "if_rewardbench.json", {"id": 1})
    with pytest.raises(
        InputError, match=r"holds no position_maps.json \(it is inference/position_maps.json of thu-coai"
    ):
        find("if-rewardbench").load(tmp_path)
    list(find("if-rewardbench", "constraint").load(tmp_path, on_fault=lambda _: None))  # which needs none


def test_llmbar_takes_its_subset_from_the_folder(tmp_path):
    row = {"input": "i", "output_1": "a", "output_2": "b", "label": 2}
    for subset in ("Natural", "Adversarial/GPTOut"):
        write(tmp_path, f"{subset}/dataset.json", row)
    items = list(find("llmbar").load(tmp_path))
    assert [(item.subset, sorted(item.label.right)) for item in items] == [("GPTOut", ["B"]), ("Natural", ["B"])]


def test_the_official_ifeval_output_of_one_folder_a_model_is_read(tmp_path):
    rule = {"prompt": "No  commas.", "instruction_id_list": ["punctuation:no_comma"], "follow_all_instructions": True}
    for model, followed in (("small", False), ("large", True)):
        answer = {**rule, "response": model, "follow_instruction_list": [followed]}
        write(tmp_path, f"{model}/eval_results_strict.jsonl", answer)
    write(tmp_path, "input_data.jsonl", {"key": 1, "prompt": "No commas.", **rule, "kwargs": [{"x": None}]})
    opened, mounted = (list(find("ifeval").load(tmp_path, access)) for access in ("open", "sample"))
    (item,) = opened
    assert [candidate.text for candidate in item.sample.candidates if candidate.label in item.label.right] == ["large"]
    assert not item.sample.resources
    (resource,) = mounted[0].sample.resources
    assert (resource.verifier, resource.decides) == ("ifeval:punctuation:no_comma", ("instruction-1",))


def test_without_kwargs_the_official_constraints_cannot_be_mounted(tmp_path):
    row = {"prompt": "p", "response": "r", "follow_instruction_list": [True]}
    write(tmp_path, "eval_results_strict.jsonl", row)
    assert len(list(find("ifbench").load(tmp_path))) == 1
    with pytest.raises(InputError, match="has no kwargs of its instructions"):
        list(find("ifbench").load(tmp_path, "sample"))


def test_the_first_mode_of_a_benchmark_is_its_default_and_unknown_ones_are_named():
    assert names()["rewardbench2"] == ("select", "rate")
    assert find("rewardbench2").mode == "select"
    with pytest.raises(ConfigError, match="there are rewardbench2, rmbench, judgebench"):
        find("rewardbench")
    with pytest.raises(ConfigError, match="rmbench has no mode 'elo' \\(there are pairs, scores\\)"):
        find("rmbench", "elo")
