"""`skillrm.toml`: below the environment, which is below flags; what it cannot mean is told."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from skillrm.cli.app import app

JUDGED = ["compare", "-p", "Is it rude to whistle?", "-a", "Not at sea.", "-b", "Yes.", "--timeout", "1", "--json"]
CONFIGURED = '[compare]\nmodel = "from-file"\nbase-url = ["http://127.0.0.1:9/v1"]\n'


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(monkeypatch, tmp_path):
    for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY", "SKILLRM_MODEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def invoke(*args: str):
    return CliRunner().invoke(app, list(args))


def test_the_environment_wins_over_the_file_and_flags_over_both(tmp_path, monkeypatch):
    (tmp_path / "skillrm.toml").write_text(CONFIGURED)
    assert '"model":"from-file"' in invoke(*JUDGED).stdout
    monkeypatch.setenv("SKILLRM_MODEL", "from-environment")
    assert '"model":"from-environment"' in invoke(*JUDGED).stdout
    assert '"model":"from-flag"' in invoke(*JUDGED, "--model", "from-flag").stdout


def test_every_unknown_table_and_option_is_named_with_the_nearest(tmp_path):
    (tmp_path / "skillrm.toml").write_text('[judge]\nskil = "general"\n[jugde]\nseed = 1\n')
    done = invoke("skill", "list")
    assert done.exit_code == 2
    assert "skillrm.toml: judge.skil: no such option (did you mean skill?)" in done.stderr
    assert "skillrm.toml: jugde: no table of a command (did you mean judge?)" in done.stderr


def test_a_table_of_a_command_below_another_is_read(tmp_path):
    (tmp_path / "skillrm.toml").write_text("[skill.show]\nprocedure = true\n")
    assert "# Is the answer right?" in invoke("skill", "show", "math-answer").stdout


def test_a_file_that_is_no_toml_is_an_error(tmp_path):
    (tmp_path / "skillrm.toml").write_text("[judge\n")
    done = invoke("skill", "list")
    assert done.exit_code == 2
    assert "error: skillrm.toml: is no valid TOML" in done.stderr
