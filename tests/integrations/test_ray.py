"""`--engine ray` on a real cluster of two nodes: rows, processes, nodes and commands get lost, judgments do not."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import shutil
import signal
import socket
import sys
import uuid
from contextlib import aclosing
from functools import partial
from pathlib import Path

import pytest

from judge_server import Says
from judging import COMMAS, well_behaved, write_skill
from skillrm.backends import Budget
from skillrm.cli.choosing import Chosen
from skillrm.cli.placing import Placing
from skillrm.cli.running import File, Showing, judge_file, rejudge_run
from skillrm.engine import Engine, Tally
from skillrm.engine.ray import RayWorkers, cluster
from skillrm.errors import ClusterLost, ConfigError
from skillrm.judgment import Judgment
from skillrm.reward_model import RewardModel
from skillrm.store import Run
from skillrm.types import Sample

ray = pytest.importorskip("ray")
# what Ray warns of and leaves open is its own
pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]
NODE = {"num_cpus": 1, "object_store_memory": 80 << 20, "include_dashboard": False}
TOKEN = "SKILLRM_TEST_CLUSTER"
KEY = "sk-that-nobody-may-read"
ON_RAY = Placing(engine="ray", concurrency=4)
QUIET = Showing(json=False, verbose=False, quiet=True)
COMMAS_SKILL = Chosen(skill="instruction-following")


@pytest.fixture(scope="module")
def nodes():
    from ray.cluster_utils import Cluster

    os.environ[TOKEN] = uuid.uuid4().hex
    nodes = Cluster(initialize_head=True, head_node_args=NODE)
    nodes.add_node(**NODE)
    ray.init(nodes.address, log_to_driver=False, logging_level="ERROR")
    ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])
    yield nodes
    ray.shutdown()
    nodes.shutdown()


@pytest.fixture(autouse=True)
def _here(monkeypatch, tmp_path, nodes):
    for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY", "SKILLRM_MODEL", "RAY_ADDRESS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def workers() -> list[int]:
    """The processes of this cluster's workers."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            named = place.joinpath("cmdline").read_bytes().startswith(b"ray::Worker")
            if named and os.environ[TOKEN].encode() in place.joinpath("environ").read_bytes():
                found.append(int(place.name))
        except OSError:
            continue
    return found


def holding(words: str) -> list[Path]:
    """Files of Ray's session and of the run that hold these words."""
    session = Path(ray._private.worker._global_node.get_session_dir_path())
    files = [file for folder in (session, Path("run")) for file in folder.rglob("*") if file.is_file()]
    assert len(files) > 20
    return [file for file in files if words.encode() in file.read_bytes()]


def row(number: int) -> dict[str, object]:
    return {"id": f"r{number}", "prompt": "Name rivers. Do not use any commas.", "response": f"Elbe {number}, Oder"}


def written(rows, name: str = "in.jsonl") -> str:
    Path(name).write_text("".join(json.dumps(one) + "\n" for one in rows))
    return name


async def judged(file: str, chosen: Chosen, placing: Placing = ON_RAY, folder: str = "run", tally: Tally | None = None):
    tally = tally or Tally()
    await judge_file(File(file), chosen, "scores", placing, tally, QUIET, Path(folder), fresh=False)
    return tally


def kept(folder: str) -> list[tuple[str, str | None, Judgment | None]]:
    run = Run.open(Path(folder), writable=False)
    try:
        return [(one.id, one.status, one.judgment and Judgment.model_validate_json(one.judgment)) for one in run.rows()]
    finally:
        run.close()


@pytest.fixture
async def slow_judge(judge_server):
    """A judge model that takes its time, and the options that name it."""

    async def start(delay: float = 0.1):
        server = await judge_server(lambda request, turn: Says(calls=well_behaved(request["messages"]), delay=delay))
        chosen = Chosen(skill="general", judge="direct", model="judge", base_url=[server.base_url], cache=False)
        return server, chosen

    return start


def asked(count: int) -> str:
    return written({"id": f"r{n}", "prompt": "Is it rude to whistle?", "response": f"Yes {n}"} for n in range(count))


async def meanwhile(tally: Tally, rows: int, do, *args) -> None:
    """Do it once so many rows are done."""
    async with asyncio.timeout(60):
        while tally.rows < rows:  # noqa: ASYNC110 (the tally tells nobody)
            await asyncio.sleep(0.02)
    await asyncio.to_thread(do, *args)


async def test_the_result_is_that_of_the_local_engine_with_bad_and_equal_rows():
    bad, equal = {"id": "bad", "prompt": "p"}, row(3)
    file = written([*(row(n) for n in range(120)), bad, equal])
    far = await judged(file, COMMAS_SKILL)
    near = await judged(file, COMMAS_SKILL, Placing(concurrency=4), "near")
    assert str(far) == str(near)
    assert (far.rows, far.ok, far.unreadable) == (122, 121, 1)
    for (name, status, one), (other, state, two) in zip(kept("run"), kept("near"), strict=True):
        assert (name, status) == (other, state)
        if one is not None:
            assert one.verdict == two.verdict
            assert [row.model_dump() for row in one.evidence] == [row.model_dump() for row in two.evidence]
    with pytest.raises(ConfigError, match="another skills"):
        await judged(file, Chosen(skill="math-answer"))


async def test_the_key_reaches_the_judge_and_no_file_of_ray(slow_judge, nodes, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    server, chosen = await slow_judge(0)
    tally = await judged(asked(20), chosen)
    assert (tally.rows, tally.ok, tally.calls) == (20, 20, 20)
    assert {headers["Authorization"] for headers in server.headers} == {f"Bearer {KEY}"}
    assert holding(KEY) == []


async def test_the_rows_of_a_group_share_one_plan_as_long_as_their_worker_has_room(judge_server):
    planned: list[str] = []

    def script(request, turn):
        if "propose_criteria" in str(request["tools"]):
            planned.append(str(request["messages"]))
            return Says(calls=[("propose_criteria", {"criteria": []})], delay=0.05)
        return Says(calls=well_behaved(request["messages"]), delay=0.02)

    server = await judge_server(script)
    chosen = Chosen(skill="general", model="judge", base_url=[server.base_url], cache=False)
    groups = [(prompt, answer) for prompt in range(50) for answer in range(4)]
    file = written({"id": f"{p}-{a}", "prompt": f"Is {p} odd? Why?", "response": f"Think, {a}."} for p, a in groups)
    tally = await judged(file, chosen, Placing("ray", concurrency=16))
    assert (tally.rows, tally.ok) == (200, 200)
    assert 50 <= len(planned) <= 60  # 70 to 80 if each row went wherever there is most room


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGSTOP])
async def test_a_worker_that_dies_or_falls_silent_loses_no_row(slow_judge, monkeypatch, sent):
    monkeypatch.setattr(cluster, "_SILENCE", 4.0)
    _, chosen = await slow_judge()
    tally, hit = Tally(), []

    def lose() -> None:
        hit.append(workers()[0])
        os.kill(hit[0], sent)

    try:
        await asyncio.gather(judged(asked(200), chosen, tally=tally), meanwhile(tally, 30, lose))
    finally:
        for process in hit if sent == signal.SIGSTOP else ():
            os.kill(process, signal.SIGKILL)
    assert (tally.rows, tally.ok) == (200, 200)
    assert [name for name, _, _ in kept("run")] == [f"r{n}" for n in range(200)]


async def test_a_node_that_is_lost_loses_no_row_and_holds_nothing_up(slow_judge, nodes):
    _, chosen = await slow_judge()
    third = nodes.add_node(**NODE)
    tally = Tally()
    async with asyncio.timeout(60):
        await asyncio.gather(
            judged(asked(300), chosen, Placing("ray", ray_workers=3, concurrency=4), tally=tally),
            meanwhile(tally, 40, partial(nodes.remove_node, third, allow_graceful=False)),
        )
    assert (tally.rows, tally.ok) == (300, 300)
    assert [status for _, status, _ in kept("run")] == ["ok"] * 300


async def test_a_command_that_is_interrupted_and_one_that_is_killed_are_gone_on_with(slow_judge, nodes):
    server, chosen = await slow_judge()
    file = asked(200)
    args = ("judge", file, "--skill", "general", "--judge", "direct", "-m", "judge", "--base-url", server.base_url)
    on = ("--engine", "ray", "--ray-address", nodes.address, "--concurrency", "4", "--no-cache", "-o", "run")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}

    async def begun(until: int):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "skillrm", *args, *on), stderr=asyncio.subprocess.PIPE, env=environment
        )
        await server.until(lambda: len(server.requests) > until, seconds=60)
        return process

    first = await begun(40)
    first.send_signal(signal.SIGINT)
    async with asyncio.timeout(8):
        said = (await first.communicate())[1].decode()
    assert first.returncode == 130, said
    assert "resume: skillrm judge" in said
    assert "Traceback" not in said
    before = [name for name, status, _ in kept("run") if status == "ok"]
    assert len(before) > 20
    second = await begun(100)
    second.kill()
    await second.wait()
    done = [name for name, status, _ in kept("run") if status == "ok"]
    assert set(before) < set(done)
    server.requests.clear()
    tally = await judged(file, chosen)
    assert (tally.rows, tally.ok, tally.repeated) == (200, 200, len(done))
    assert len(server.requests) == 200 - len(done)


async def test_a_skill_comes_along_though_no_other_node_has_its_folder(tmp_path):
    model = RewardModel(write_skill(tmp_path, COMMAS))
    shutil.rmtree(tmp_path / "small")
    make = partial(Chosen(skill="/nowhere/small", judge="verifiers").reward_model, model.skill)
    async with RayWorkers(make, model.identity) as there:
        judgment = await there.judge(Sample.parse({"prompt": "p", "response": "a, b"}))
    assert judgment.reward() == 0.0
    assert judgment.versions.skill_digest == model.skill.digest


class Deadly:
    """A reward model that takes its whole process along where the answer says so."""

    def __init__(self) -> None:
        self.model = RewardModel("instruction-following")
        self.identity = self.model.identity

    async def judge(self, sample, goal="scores"):
        if "deadly" in sample.candidates[0].final:
            os._exit(1)
        await asyncio.sleep(0.02)
        return await self.model.judge(sample, goal)

    async def aclose(self) -> None:
        await self.model.aclose()


async def deadly() -> Deadly:
    return Deadly()


async def test_a_row_that_kills_its_worker_is_refused_and_takes_no_other_along():
    rows = [row(n) for n in range(60)]
    rows[30]["response"] = "deadly"
    async with RayWorkers(deadly, Deadly().identity, concurrency=4) as there:
        engine = Engine(there.judge, concurrency=there.concurrency)
        async with aclosing(engine.outcomes(rows)) as outcomes:
            ends = {one.row.id: one async for one in outcomes}
    assert len(ends) == 60
    assert [name for name, one in ends.items() if one.status != "ok"] == ["r30"]
    assert "3 workers were lost while they judged this row" in str(ends["r30"].faults[0])


async def test_a_budget_ends_the_work(slow_judge):
    _, chosen = await slow_judge(0)
    model = await chosen.reward_model()
    budget = Budget(max_tokens=120 * 10)
    make = partial(chosen.reward_model, model.skill)
    async with model, RayWorkers(make, model.identity, concurrency=2, budget=budget) as there:
        engine = Engine(there.judge, concurrency=there.concurrency, budget=budget)
        rows = ({"prompt": "Is it rude to whistle?", "response": str(n)} for n in itertools.count())
        async with aclosing(engine.outcomes(rows)) as outcomes:
            ends = [one async for one in outcomes]
    assert engine.stopped == "the budget of 1,200 tokens is spent"
    assert 10 <= len(ends) < 20


async def test_workers_that_would_judge_otherwise_are_refused():
    model = RewardModel("instruction-following")
    other = Chosen(skill="general", judge="verifiers")
    with pytest.raises(ClusterLost, match="a worker would judge with another skill"):
        async with RayWorkers(other.reward_model, model.identity) as there:
            await there.judge(Sample.parse(row(1)))


async def test_a_cluster_without_room_ends_the_run_with_words(monkeypatch):
    file = written(row(n) for n in range(9))
    model = RewardModel("instruction-following")
    async with RayWorkers(COMMAS_SKILL.reward_model, model.identity, concurrency=1) as holder:
        # both have a row, so both are there and leave no room
        await asyncio.gather(*(holder.judge(Sample.parse(row(n))) for n in range(40)))
        monkeypatch.setattr(cluster, "_PATIENCE", 1.0)
        with pytest.raises(ClusterLost, match="took a worker within 1 s"):
            await judged(file, COMMAS_SKILL)
    monkeypatch.setattr(cluster, "_PATIENCE", 60.0)
    assert (await judged(file, COMMAS_SKILL)).ok == 9


async def test_failed_rows_of_a_run_are_judged_again_on_the_cluster(judge_server):
    healthy = False

    def script(request, turn):
        return Says(calls=well_behaved(request["messages"])) if healthy else Says("I would rather not.")

    server = await judge_server(script)
    chosen = Chosen(judge="direct", model="judge", base_url=[server.base_url], cache=False)
    assert (await judged(asked(5), chosen)).failed == 5
    healthy, tally = True, Tally()
    await rejudge_run(Path("run"), {"failed"}, chosen, ON_RAY, tally, QUIET)
    assert (tally.rows, tally.ok) == (5, 5)


def test_a_cluster_that_does_not_answer_is_named_at_once():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ConfigError, match=f"--ray-address: no Ray cluster answers at {address}"):
            cluster._connect(ray, address)
