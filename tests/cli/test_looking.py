"""`skillrm skill`, `verifier` and `doctor`."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from judging import write_skill
from skillrm.cli.app import app


@pytest.fixture(autouse=True)
def _no_model(monkeypatch):
    for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY", "SKILLRM_MODEL"):
        monkeypatch.delenv(name, raising=False)


def invoke(*args: str):
    return CliRunner().invoke(app, list(args))


def test_the_bundled_skills_have_no_faults():
    done = invoke("skill", "check", "general", "instruction-following", "math-answer", "code-tests")
    assert done.exit_code == 0, done.stdout
    assert done.stdout.count(": ok") == 4


def test_every_fault_of_a_skill_is_told_at_once_with_its_line(tmp_path):
    folder = write_skill(tmp_path).path
    (folder / "resources.yaml").write_text(
        "criteria:\n  - {id: a, text: t, wight: 2}\n  - {id: a, text: t}\nresources:\n"
        "  - {id: r, kind: rubric, file: missing.md}\n  - {id: v, kind: verifier, verifier: 'no:such', decides: [b]}\n"
    )
    done = invoke("skill", "check", str(folder))
    assert done.exit_code == 1
    for words in ("resources.yaml:2", "wight", "missing.md", "no:such"):
        assert words in done.stdout


def test_a_folder_that_is_no_skill_is_a_fault(tmp_path):
    done = invoke("skill", "check", str(tmp_path))
    assert done.exit_code == 1
    assert "SKILL.md" in done.stdout


def test_show_prints_criteria_and_digest():
    done = invoke("skill", "show", "general")
    assert done.exit_code == 0
    assert "helpful" in done.stdout


def test_show_prints_the_plan_with_its_detector():
    assert "the detector constraints" in invoke("skill", "show", "instruction-following").stdout


def test_show_prints_brackets_as_they_are(tmp_path):
    folder = write_skill(tmp_path).path
    (folder / "resources.yaml").write_text('criteria:\n  - {id: a, text: "Writes [bold] as markup."}\n')
    assert "Writes [bold] as markup." in invoke("skill", "show", str(folder)).stdout


def test_one_fault_is_one_fault(tmp_path):
    assert f"{tmp_path}/none: 1 fault\n" in invoke("skill", "check", f"{tmp_path}/none").stdout


def test_a_verifier_can_be_run_by_hand():
    done = invoke("verifier", "check", "ifeval:punctuation:no_comma", "one, two")
    assert done.stdout.startswith("violated: counted 1 comma")


def test_a_reference_given_by_hand_is_text_also_where_it_is_a_number():
    done = invoke("verifier", "check", "answer:math", "So it is 5.", "-a", "reference=5")
    assert done.stdout.startswith("satisfied:"), done.output


def test_a_verifier_shows_its_arguments_with_type_default_and_meaning():
    done = invoke("verifier", "show", "structure:length")
    assert "unit (words | characters" in done.stdout
    assert "min (integer; default null): At least so many." in done.stdout


def test_a_prefix_without_verifiers_names_the_families():
    done = invoke("verifier", "list", "zz")
    assert done.exit_code == 2
    assert "consensus, function, ifbench, ifeval" in done.stderr


def test_wrong_arguments_of_a_verifier_are_named():
    done = invoke("verifier", "check", "ifeval:length_constraints:number_words", "one two", "-a", "num_wrds=3")
    assert done.exit_code == 2
    assert "num_wrds" in done.stderr


def test_an_unknown_verifier_gets_near_names():
    done = invoke("verifier", "show", "ifeval:punctuation:no_coma")
    assert done.exit_code == 2
    assert "ifeval:punctuation:no_comma" in done.stderr


def test_verifiers_are_listed():
    assert "ifeval:punctuation:no_comma" in invoke("verifier", "list", "ifeval:").stdout


def test_doctor_tells_what_this_machine_gives_and_never_the_key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    done = invoke("doctor", "--json")
    report = json.loads(done.stdout)
    assert report["sandbox"]["used"]
    assert report["judge model"]["key"] == "set"
    assert "sk-very-secret" not in done.stdout


def test_doctor_fails_when_what_is_configured_does_not_work(monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    done = invoke("doctor")
    assert done.exit_code == 1
    assert "not working: http://127.0.0.1:9/v1" in done.stderr
