"""IFEval and IFBench: answers of models with the official results of their checkers.

Zhou et al., "Instruction-Following Evaluation for Large Language Models", arXiv 2311.07911;
Pyatkin et al., "Generalizing Verifiable Instruction Following", arXiv 2507.02833.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from skillrm.benchmarks.benchmark import Benchmark, Upstream
from skillrm.benchmarks.files import Row, located, read_rows
from skillrm.benchmarks.jetts import kept, lines
from skillrm.benchmarks.labelled import Label, LabelledSample, arranged
from skillrm.benchmarks.metrics import Mark
from skillrm.benchmarks.outcome import Ask, Result, together
from skillrm.benchmarks.statistics import kappa, mean
from skillrm.errors import InputError, VerifierNotFound
from skillrm.types import Access, Criterion, Resource, Sample

IFEVAL_UPSTREAM = Upstream(
    project="google-research/instruction_following_eval",
    paper="arXiv 2311.07911",
    files=("gold.jsonl", "eval_results_strict.jsonl", "*/eval_results_strict.jsonl"),
    get="run its evaluation on your models' answers; one folder a model",
)
IFBENCH_UPSTREAM = Upstream(
    project="allenai/IFBench",
    paper="arXiv 2507.02833",
    files=("gold.jsonl", "eval_results_strict.jsonl", "*/eval_results_strict.jsonl"),
    get="run its evaluation on your models' answers; one folder a model",
)
INPUTS = ("prompts.jsonl", "*input_data.jsonl", "IFBench_test.jsonl")
"""Files with the kwargs of the instructions, beside the results or in a folder above."""
STATED = "stated"
"""Tag: the sample brings its constraints, none need be read out of the prompt."""


def rows(path: Path, upstream: Upstream) -> Iterator[Row]:
    """One row a prompt: its answers by model, and whether each follows each instruction."""
    files = located(path, upstream.files, upstream)
    inputs = _inputs(path if path.is_dir() else path.parent)
    if files[0].name == "gold.jsonl":
        folder = files[0].parent / "responses"
        answers = {file.stem: _by_prompt(file) for file in located(folder, ("*.jsonl",), upstream)}
        return (_joined(row, answers, inputs) for row in read_rows(files[0]))
    models = {_model(file, files): _by_prompt(file) for file in files}
    return (_evaluated(row, models, inputs) for row in read_rows(files[0]))


def _model(file: Path, files: Sequence[Path]) -> str:
    return file.parent.name if len(files) > 1 else "model"


def _plain(prompt: Any) -> str:
    """Stored prompts differ in white space alone from file to file."""
    return " ".join(str(prompt).split())


def _by_prompt(file: Path) -> dict[str, Mapping[str, Any]]:
    return {_plain(row.content.get("prompt")): row.content for row in read_rows(file) if not row.faults}


def _by_key(file: Path) -> dict[str, Mapping[str, Any]]:
    """By `key`, which the results carry too, and by prompt, which they may have changed."""
    found = _by_prompt(file)
    return {**found, **{f"key {row['key']}": row for row in found.values() if "key" in row}}


def _input_of(row: Row, inputs: Mapping[str, Any]) -> Any:
    return inputs.get(f"key {row.content.get('key')}", inputs.get(_plain(row.content.get("prompt"))))


def _inputs(folder: Path) -> dict[str, Mapping[str, Any]]:
    for place in (folder, folder.parent):
        found = sorted(file for pattern in INPUTS for file in place.glob(pattern))
        if found:
            return _by_key(found[0])
    return {}


def _joined(row: Row, answers: Mapping[str, Mapping[str, Mapping[str, Any]]], inputs: Mapping[str, Any]) -> Row:
    """gold.jsonl: `gold` maps each model to its strict results."""
    prompt = _plain(row.content.get("prompt"))
    gold = row.content.get("gold")
    gold = gold if isinstance(gold, Mapping) else {}
    followed = {model: given.get("strict") if isinstance(given, Mapping) else None for model, given in gold.items()}
    said = {model: answers[model][prompt].get("response") for model in followed if prompt in answers.get(model, {})}
    return replace(row, content={**row.content, "said": said, "followed": followed, "input": _input_of(row, inputs)})


def _evaluated(row: Row, models: Mapping[str, Mapping[str, Mapping[str, Any]]], inputs: Mapping[str, Any]) -> Row:
    """eval_results_strict.jsonl, as upstream's script writes it for each model."""
    prompt = _plain(row.content.get("prompt"))
    found = {model: answers[prompt] for model, answers in models.items() if prompt in answers}
    said = {model: one.get("response") for model, one in found.items()}
    followed = {model: one.get("follow_instruction_list") for model, one in found.items()}
    return replace(row, content={**row.content, "said": said, "followed": followed, "input": _input_of(row, inputs)})


def label_of(family: str) -> Any:
    """The loader for verifiers registered under `family`."""

    def label(row: Row, access: Access, seed: int) -> LabelledSample:
        identity = str(row.content.get("key", row.ordinal))
        said, followed = row.mapping("said"), row.mapping("followed")
        missing = [model for model in followed if model not in said]
        if missing or not followed:
            raise row.fault(f"there is no answer of {', '.join(missing) or 'any model'} to this prompt", "prompt")
        models = list(followed)
        group = arranged([said[model] for model in models], seed, family, identity)
        kept = {name: _results(row, followed[model]) for name, model in zip(group.names, models, strict=True)}
        right = frozenset(name for name, results in kept.items() if all(results))
        worth = {name: float(name in right) for name in group.names}
        criteria, resources = ((), ()) if access == "open" else _mounted(row, family)
        sample = Sample(
            id=identity,
            prompt=row.text("prompt"),
            candidates=group.candidates,
            criteria=criteria,
            resources=resources,
            tags=() if access == "open" else (STATED,),
        )
        return LabelledSample(sample, family, Label(given=group.names, right=right, worth=worth, followed=kept))

    return label


def _results(row: Row, value: Any) -> tuple[bool, ...]:
    if not isinstance(value, list) or not value:
        raise row.fault("holds no list of results, one for each instruction", "gold or follow_instruction_list")
    return tuple(bool(one) for one in value)


def _mounted(row: Row, family: str) -> tuple[tuple[Criterion, ...], tuple[Resource, ...]]:
    """The official instructions as criteria; those that we can check bring their verifier, the judge decides others."""
    from skillrm.verifiers import find

    given = row.content.get("input")
    if not isinstance(given, Mapping):
        mend = f"put {' or '.join(INPUTS)} with this prompt beside the results, or run with access open"
        raise row.fault("has no kwargs of its instructions", "prompt", mend)
    stated = replace(row, content=given)
    listed, kwargs = stated.listed("instruction_id_list"), stated.listed("kwargs")
    if len(listed) != len(kwargs) or not all(one is None or isinstance(one, Mapping) for one in kwargs):
        raise row.fault(f"its {len(listed)} instructions need an object of kwargs each", "kwargs")
    criteria, resources = [], []
    for number, (name, some) in enumerate(zip(listed, kwargs, strict=True), start=1):
        args = {key: value for key, value in (some or {}).items() if value is not None}
        criterion = f"instruction-{number}"
        criteria.append(Criterion(id=criterion, text=f"Follows {name} {args or ''}".strip(), origin="sample"))
        try:
            find(f"{family}:{name}").parse(args)
        except (VerifierNotFound, InputError):
            continue
        resources.append(
            Resource(
                id=f"verify-{number}",
                kind="verifier",
                verifier=f"{family}:{name}",
                args=args,
                access="sample",
                decides=(criterion,),
                hard=True,
            )
        )
    return tuple(criteria), tuple(resources)


def scored(item: LabelledSample) -> tuple[Ask, ...]:
    """A score for every answer."""
    return together(item, "scores")


def passed(result: Result) -> dict[str, bool | None]:
    """Whether the judge says that the answer follows everything: a full score."""
    return {name: None if score is None else score >= 1.0 for name, score in result.scores.items()}


def mark_selection(result: Result) -> Mark:
    """Does the best scored answer follow every instruction? A draw where there is no answer, as in reranking."""
    return kept(result, result.top, bool(result.top))


def mark_agreement(result: Result) -> Mark:
    """Share of answers on which judge and official result agree; upstream: what is unknown does not follow."""
    said = passed(result)
    gold = {name: name in result.label.right for name in said}
    lenient = mean([float(bool(word) == gold[name]) for name, word in said.items()])
    strict = mean([float(word == gold[name]) for name, word in said.items()])
    return Mark(result.key, lenient, strict, None not in said.values())


def figures(results: Sequence[Result]) -> dict[str, float]:
    """Agreement with the official results answer by answer, beside the lines that need no judge."""
    pairs = [(word, name in result.label.right) for result in results for name, word in passed(result).items()]
    known = [(word, gold) for word, gold in pairs if word is not None]
    found = lines(results)
    found["agreement"] = mean([float(word == gold) for word, gold in pairs])
    found["answers_decided"] = len(known) / len(pairs)
    beyond_chance = kappa([word for word, _ in known], [gold for _, gold in known]) if known else None
    if beyond_chance is not None:
        found["kappa"] = beyond_chance
    return found


IFEVAL = Benchmark(
    name="ifeval",
    mode="select",
    summary="the best of several models' answers; it should follow every instruction, strictly",
    upstream=IFEVAL_UPSTREAM,
    label=label_of("ifeval"),
    asks=scored,
    mark=mark_selection,
    figures=figures,
    rows=rows,
)
IFBENCH = Benchmark(
    name="ifbench",
    mode="agreement",
    summary="each answer scored; does a full score agree with the official strict result?",
    upstream=IFBENCH_UPSTREAM,
    label=label_of("ifbench"),
    asks=scored,
    mark=mark_agreement,
    figures=figures,
    rows=rows,
)
