"""script:python."""

from __future__ import annotations

import pytest

from skillrm.verifiers import check, find


@pytest.mark.parametrize(
    ("source", "status", "score"),
    [
        ("result = True", "decided", 1),
        ("result = 0.25", "decided", 0.25),
        ("result = {'score': 0, 'observation': 'no'}", "decided", 0),
        ("result = {'score': None, 'observation': 'cannot tell'}", "unknown", None),
        ("result = 1.5", "error", None),
        ("result = float('nan')", "error", None),
        ("result = 'yes'", "error", None),
        ("result = None", "error", None),
        ("result = {'points': 1}", "error", None),
        ("result = {'score': 1, 'observation': 5}", "error", None),
        ("pass", "error", None),
        ("1 / 0", "error", None),
        ("import sys; sys.exit(0)", "error", None),
        ("while True: pass", "error", None),
        ("def f(:", "error", None),
        ("open('/etc/passwd').read(); result = True", "error", None),
    ],
)
def test_a_script_decides_only_by_a_result_that_is_one(source: str, status: str, score: float | None) -> None:
    found = check("script:python", "answer", source=source, seconds=1.0)
    assert (found.status, found.score) == (status, score), found.observation


def test_a_script_sees_prompt_candidate_reference_and_params() -> None:
    source = "result = [prompt, candidate, reference, params['n']] == ['ask', 'say', 'ref', 3]"
    assert check("script:python", "say", prompt="ask", reference="ref", source=source, params={"n": 3}).satisfied


def test_an_entry_is_called_by_name() -> None:
    source = (
        "def rate(candidate, prompt, reference, most): return {'score': len(candidate) / most, 'observation': prompt}"
    )
    found = check("script:python", "abc", prompt="p", source=source, entry="rate", params={"most": 6})
    assert (found.score, found.observation) == (0.5, "p")


def test_a_sample_may_not_bring_scripts() -> None:
    assert not find("script:python").sample_safe


def test_without_a_sandbox_the_finding_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SKILLRM_SANDBOX", "none")
    assert check("script:python", "x", source="result = True").status == "error"
