"""`skillrm bench`, as a person uses it."""

from __future__ import annotations

import asyncio
import json
import re
from importlib.util import find_spec
from pathlib import Path

import pytest
from aiohttp import web
from typer.testing import CliRunner

from judge_server import Says
from judging import well_behaved
from skillrm.benchmarks import names
from skillrm.cli.app import app
from skillrm.cli.ending import command


@pytest.fixture(autouse=True)
def _no_model(monkeypatch, tmp_path):
    for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY", "SKILLRM_MODEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def invoke(*args: str):
    return CliRunner().invoke(app, ["bench", *args])


def written(count: int = 12) -> str:
    """Pairs that a verifier of commas tells apart, in every third row the wrong way round."""
    rows = [
        {
            "question_id": f"q{number}",
            "query_type": "livebench-math" if number % 2 else "mmlu-pro-law",
            "prompt": f"Name {number} rivers. Do not use any commas.",
            "chosen": "Elbe, Rhine" if number % 3 == 0 else "Elbe and Rhine",
            "rejected": "Elbe and Oder" if number % 3 == 0 else "Elbe, Oder",
            "ground_truth": "Elbe",
        }
        for number in range(1, count + 1)
    ]
    Path("pairs.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows))
    return "pairs.jsonl"


ARGS = ("judgebench", "--skill", "instruction-following")


def test_the_list_names_every_benchmark_with_its_files_and_its_origin():
    shown = invoke("list").stdout
    for name, modes in names().items():
        assert name in shown
        assert all(mode in shown for mode in modes)
    assert "ScalerLab/JudgeBench" in shown
    assert "total_dataset.json" in shown


def test_a_run_prints_both_columns_with_what_stands_behind_them_and_keeps_a_record():
    done = invoke(*ARGS, "--data", written(), "-o", "run")
    assert done.exit_code == 0, done.output
    assert "judgebench (pairs) · reference-free, access open\n" in done.stdout
    assert "judge verifiers, skill instruction-following\n" in done.stdout
    for word in ("upstream", "headline", "coverage", "abstained", "failed", "random", "longest", "livebench-math"):
        assert word in done.stdout
    record = json.loads(Path("run/metrics.json").read_text())
    assert record["metrics"]["overall"]["headline"] == pytest.approx(8 / 12)
    chosen = record["choices"]["overall"]
    assert [chosen[name] for name in ("n", "right", "wrong", "undecided")] == [12, 8, 4, 0]
    assert record["numbers"] == "reference-free"
    assert record["command"].startswith("skillrm ")
    assert record["versions"]["verifiers"]
    assert len(Path("run/results.jsonl").read_text().splitlines()) == 12


def test_the_same_command_goes_on_and_another_one_is_refused_with_what_differs():
    data = written()
    invoke(*ARGS, "--data", data, "-o", "run")
    assert "24 judged before" in invoke(*ARGS, "--data", data, "-o", "run").stderr
    for more, words in (
        (("--access", "sample"), "access: open -> sample"),
        (("--seed", "1"), "bench.seed: 0 -> 1"),
        (("-n", "3"), "bench.limit: null -> 3"),
        (("--drop-resource", "constraints"), "bench.dropped"),
        (("--bank-fraction", "0.5"), "bench.bank_fraction: 1.0 -> 0.5"),
    ):
        done = invoke(*ARGS, "--data", data, "-o", "run", *more)
        assert done.exit_code == 2
        assert words in done.stderr.replace("\n", " ")
    Path(data).write_text(Path(data).read_text().replace("Oder", "Odra"))
    assert "another data" in invoke(*ARGS, "--data", data, "-o", "run").stderr


def test_the_two_kinds_of_access_and_the_ablation_are_named_in_the_title():
    done = invoke(*ARGS, "--data", written(), "--access", "sample", "--drop-resource", "constraints")
    assert "resource-available, access sample" in done.stdout
    assert "without constraints" in done.stdout
    half = json.loads(invoke(*ARGS, "--data", written(), "--bank-fraction", "0.5", "--json", "-q").stdout)
    assert half["judge"]["ablation"] == "0.5 of the bank (seed 0)"


def test_without_its_detector_the_verifiers_have_nothing_to_decide():
    told = json.loads(invoke(*ARGS, "--data", written(), "--drop-resource", "constraints", "--json", "-q").stdout)
    assert told["metrics"]["overall"]["coverage"] == 0
    assert told["statuses"]["overall"] == {"judgments": 24, "abstained": 24, "failed": 0}


def test_what_cannot_be_used_is_refused_with_the_mend():
    data = written()
    assert "there are rewardbench2, rmbench" in invoke("judgebanch", "--data", data).stderr
    assert "has no mode 'scores'" in invoke(*ARGS, "--data", data, "--mode", "scores").stderr
    assert "no resource 'rubrik'" in invoke(*ARGS, "--data", data, "--drop-resource", "rubrik").stderr
    assert "it comes from ScalerLab/JudgeBench" in invoke(*ARGS, "--data", "nowhere").stderr
    assert "is no range" in invoke(*ARGS, "--data", data, "--scorer", "http://x/score", "--scorer-range", "a").stderr
    assert invoke(*ARGS, "--data", data, "--judge", "direct").exit_code == 2


def test_a_bad_row_is_told_and_the_rest_are_judged():
    data = written()
    with Path(data).open("a") as lines:
        lines.write('{"question_id": "q99"}\n')
    done = invoke(*ARGS, "--data", data, "--json")
    assert "left out: pairs.jsonl:13: query_type: is missing" in done.stderr
    assert json.loads(done.stdout)["data"]["unreadable"] == 1


async def test_a_budget_stops_the_run_which_says_that_it_is_unfinished(judge_server):
    server = await judge_server(lambda request, turn: Says(calls=well_behaved(request["messages"])))
    words = ("judgebench", "--data", written(), "-s", "instruction-following", "-m", "judge", "--judge", "direct")
    words = (*words, "--base-url", server.base_url, "-o", "run", "--concurrency", "1")
    without = ("--drop-resource", "constraints")
    done = await asyncio.to_thread(invoke, *words, *without, "--max-tokens-total", "1000")
    assert done.exit_code == 1
    assert "UNFINISHED" in done.stdout
    assert "stopped: the budget of 1,000 tokens is spent" in done.stderr
    assert "resume: skillrm" in done.stderr
    whole = await asyncio.to_thread(invoke, *words, *without, "--json")
    assert json.loads(whole.stdout)["complete"] is True


def test_a_budget_that_is_over_before_the_first_row_is_told_without_numbers():
    done = invoke(*ARGS, "--data", written(), "-o", "run", "--max-seconds", "0.000000001")
    assert done.exit_code == 1
    assert done.stdout == ""
    assert "no row is judged yet" in done.stderr
    assert not Path("run/metrics.json").exists()
    assert "has no metrics.json" in invoke("compare", "run", "run").stderr


async def test_a_scalar_reward_model_is_the_judge(likes_length):
    done = await asyncio.to_thread(invoke, "judgebench", "--data", written(), "--scorer", likes_length, "--json", "-q")
    told = json.loads(done.stdout)
    assert told["judge"]["skill"] == "scorer"
    assert told["metrics"]["overall"]["coverage"] == 1
    assert told["choices"]["overall"]["accuracy"] == told["choices"]["overall"]["longest"]


@pytest.mark.data
async def test_a_reward_model_of_minus_length_has_the_known_score_on_ties(likes_length, data_dir):
    words = ("rewardbench2", "--mode", "rate", "--data", str(data_dir / "rewardbench2"), "--json", "-q")
    address = likes_length.replace("/likes/", "/dislikes/")
    told = json.loads(
        (await asyncio.to_thread(invoke, *words, "--scorer", address, "--scorer-range", "-9999,0")).stdout
    )
    assert told["metrics"]["overall"]["upstream"] == pytest.approx(0.024264, abs=5e-7)
    assert told["metrics"]["overall"]["headline"] == told["metrics"]["overall"]["upstream"]
    assert told["choices"]["overall"]["longest"] == 0


@pytest.fixture
async def likes_length():
    """A reward model that likes length, or dislikes it, in vLLM's shape; no sigmoid tells its raw scores apart."""

    async def score(request: web.Request) -> web.Response:
        body = await request.json()
        sign = 1 if request.match_info["taste"] == "likes" else -1
        return web.json_response({"data": [{"index": 0, "score": float(sign * len(body["text_2"]))}]})

    application = web.Application()
    application.router.add_post("/{taste}/score", score)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    yield f"http://{host}:{port}/likes/score"
    await runner.cleanup()


def test_the_command_is_kept_without_passwords():
    assert command(["bench", "--base-url", "http://me:secret@host/v1"]) == "skillrm bench --base-url http://***@host/v1"


def test_two_runs_are_compared_row_by_row_with_what_each_cost():
    data = written(30)
    invoke(*ARGS, "--data", data, "-o", "a")
    invoke(*ARGS, "--data", data, "-o", "b", "--drop-resource", "constraints")
    done = invoke("compare", "a", "b")
    assert done.exit_code == 0, done.output
    assert "without constraints" in done.stdout
    assert "tokens each" in done.stdout
    told = json.loads(invoke("compare", "a", "b", "--json").stdout)
    line = told["lines"]["overall"]
    assert (line["n"], line["gained"], line["lost"]) == (30, 0, 20)
    assert line["difference"] == pytest.approx(-20 / 30)
    assert line["p"] == pytest.approx(2 / 2**20)
    assert told["alike"]["alike"] == 0  # the other one decides nothing
    assert line["interval"]["low"] < -20 / 30 < line["interval"]["high"] < 0


def test_runs_of_different_access_are_compared_with_a_warning_and_other_benchmarks_not_at_all():
    data = written()
    invoke(*ARGS, "--data", data, "-o", "a")
    invoke(*ARGS, "--data", data, "-o", "b", "--access", "sample")
    assert "different access: A is reference-free, B is resource-available" in invoke("compare", "a", "b").stdout
    invoke("bon", candidates(), "-o", "c")
    assert "one run is of judgebench, the other of candidates" in invoke("compare", "a", "c").stderr


def candidates(count: int = 9) -> str:
    """Three answers a row, of which a verifier of commas finds the one that is right."""
    rows = [
        {
            "prompt": f"Name {number} rivers. Do not use any commas.",
            "responses": ["Elbe, Rhine, Oder", "Elbe", "Elbe, Rhine"],
            "correct": [False, True, False],
        }
        for number in range(count)
    ]
    Path("candidates.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows))
    return "candidates.jsonl"


BON = ("bon", "-s", "instruction-following")


def test_best_of_n_prints_the_lines_and_draws_them():
    done = invoke(*BON, candidates(), "-o", "run", "--json", "-q")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)["curves"]
    assert told["judge"] == pytest.approx([1 / 3, 2 / 3, 1])
    assert told["random"] == pytest.approx([1 / 3] * 3)
    assert told["oracle"] == told["judge"]
    assert told["longest"] == pytest.approx([1 / 3, 0, 0])
    assert told["majority"] == pytest.approx([1 / 3] * 3)
    assert Path("run/bon.png").read_bytes().startswith(b"\x89PNG")
    shown = invoke("bon", "run", "--plot", "again.png").stdout
    assert "oracle" in shown
    assert "0.6667" in shown
    assert Path("again.png").read_bytes() == Path("run/bon.png").read_bytes()


def test_the_vote_of_final_answers_is_a_line_where_answers_state_one():
    rows = [{"question": "6 * 7?", "samples": ["A: 42", "A: 41", "A: 42"], "base_pass": [True, False, True]}]
    Path("votes.jsonl").write_text(json.dumps(rows[0]))
    told = json.loads(invoke("bon", "votes.jsonl", "--json", "-q").stdout)["curves"]
    assert told["majority"] == pytest.approx([2 / 3, 2 / 3, 1])
    assert "majority" not in json.loads(invoke("bon", "votes.jsonl", "--no-majority", "--json", "-q").stdout)["curves"]


def test_a_file_of_candidates_that_does_not_say_what_is_right_is_told_how_to():
    Path("bare.jsonl").write_text('{"prompt": "x", "responses": ["a", "b"]}\n')
    told = invoke("bon", "bare.jsonl").stderr
    assert "bare.jsonl:1: correct: does not say of every answer whether it is right" in told
    assert "is neither a file nor a benchmark" in invoke("bon", "nothing").stderr
    assert "--data: is missing" in invoke("bon", "jetts").stderr


def test_the_report_is_one_page_that_asks_for_nothing_and_says_everything():
    data = written(30)
    invoke(*ARGS, "--data", data, "-o", "whole")
    invoke(*ARGS, "--data", data, "-o", "without", "--drop-resource", "constraints")
    invoke(*BON, candidates(), "-o", "best")
    done = invoke("report", "whole", "without", "best", "-o", "page.html", "--title", "Rivers & commas")
    assert done.exit_code == 0, done.output
    page = Path("page.html").read_text()
    assert "<h1>Rivers &amp; commas</h1>" in page
    assert not re.findall(r"(?:src|href)\s*=\s*[\"'](?!#)|@import|url\((?!#)", page)
    assert page.count("<svg") == 5  # subsets twice, calibration twice, a curve
    for words in (
        "reference-free",
        "without constraints",
        "McNemar p",
        "Matched compute",
        "ECE",
        "skills",
        "seed",
    ):
        assert words in page
    text = Path("page.md").read_text()
    assert "| overall | 30 | 0.6667 | 0.6667 |" in text
    assert "<svg" not in text


def test_the_report_without_a_run_is_refused():
    assert "is no benchmark run" in invoke("report", "nowhere").stderr


def test_a_judge_is_held_against_people():
    invoke(*ARGS, "--data", written(), "-o", "run")
    # q3, q6, ... are those that the judge gets wrong; people say so of q3 alone, and of q1 that it is a tie
    given = [{"id": f"q{n}", "choice": 0 if n == 1 else 2 if n == 3 else 1} for n in range(1, 13)]
    Path("people.jsonl").write_text("".join(json.dumps(one) + "\n" for one in given))
    told = json.loads(invoke("kappa", "run", "people.jsonl", "--json").stdout)
    assert told["judge and people"]["alike"] == pytest.approx(8 / 12)
    assert told["people and benchmark"]["alike"] == pytest.approx(10 / 12)
    assert told["judge and benchmark"]["alike"] == pytest.approx(8 / 12)
    assert -1 <= told["judge and people"]["kappa"] < 1
    assert "people and benchmark" in invoke("kappa", "run", "people.jsonl").stdout
    Path("people.jsonl").write_text('{"id": "q1", "choice": 3}')
    assert (
        "people.jsonl:1: choice: must be 1 to 2, or 0 for a tie, this is 3"
        in invoke("kappa", "run", "people.jsonl").stderr
    )
    Path("people.jsonl").write_text('{"id": "q77", "choice": 1}')
    assert "holds no row of this run" in invoke("kappa", "run", "people.jsonl").stderr


@pytest.mark.skipif(find_spec("datasets") is not None, reason="datasets is installed here")
def test_a_data_set_of_the_hub_needs_a_package_and_says_which():
    told = invoke(*ARGS, "--data", "hub:ScalerLab/JudgeBench").stderr
    assert "needs the package `datasets` (pip install 'skillrm[hub]'" in told


def test_options_may_stand_in_the_configuration_file():
    Path("skillrm.toml").write_text('[bench.run]\nskill = "instruction-following"\nlimit = 5\n')
    told = json.loads(invoke("judgebench", "--data", written(), "--json", "-q").stdout)
    assert told["judge"]["skill"] == "instruction-following"
    assert told["drawn"]["rows"] == 5


def test_help_names_the_commands_and_the_options():
    assert "judgebench --data" in invoke("--help").stdout or "NAME" in invoke("--help").stdout
    assert "--bank-fraction" in invoke("judgebench", "--help").stdout


def test_evidence_about_the_group_is_said_to_flatter_the_curve():
    answers = [{"text": f"A: {n}", "correct": n == 42} for n in (42, 41, 42, 40)]
    Path("votes.jsonl").write_text(json.dumps({"prompt": "6 * 7?", "candidates": answers}))
    done = invoke("bon", "votes.jsonl", "-s", "math-answer")
    assert "caution: consensus:answer compares all answers of a row" in done.stdout
    assert "caution" not in invoke(*BON, candidates()).stdout


def test_other_commands_read_the_run_or_say_what_it_is():
    invoke(*ARGS, "--data", written(), "-o", "run")
    done = CliRunner().invoke(app, ["export", "run", "out.jsonl"])
    assert done.exit_code == 0
    assert len(Path("out.jsonl").read_text().splitlines()) == 24
    told = CliRunner().invoke(app, ["rejudge", "run"])
    assert told.exit_code == 2
    assert "is a run of `skillrm bench` (repeat its command" in told.stderr
