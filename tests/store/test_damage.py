"""Torn files, NUL tails, a full disk: recovered from, or told with the mend; never a traceback."""

from __future__ import annotations

import asyncio
import json
import random
import shutil
import subprocess
import sys
from hashlib import sha256

import pytest

from skillrm.errors import InputError, StoreError
from skillrm.store import Counts, Run
from skillrm.store.database import packed

MANIFEST = {"model": "qwen3"}
KEYS = [sha256(b"%d" % number).digest() for number in range(200)]


async def kept(run: Run, numbers: range) -> None:
    for number in numbers:
        await run.enter(number + 1, None, "", KEYS[number], b"{}")
    await asyncio.gather(*(run.keep(KEYS[number], "ok", b"%d" % number * 2000) for number in numbers))


@pytest.fixture
async def folder(tmp_path):
    """A run of 200 judgments, closed."""
    async with Run.create(tmp_path / "run", MANIFEST) as run:
        await kept(run, range(200))
    return tmp_path / "run"


@pytest.fixture
async def crashed(tmp_path):
    """A run as a killed process leaves it: 100 judgments in the file, 100 in the log."""
    async with Run.create(tmp_path / "live", MANIFEST) as run:
        await kept(run, range(100))
    async with Run.open(tmp_path / "live") as run:
        await kept(run, range(100, 200))
        shutil.copytree(tmp_path / "live", tmp_path / "run")
    assert (tmp_path / "run" / "run.sqlite-wal").stat().st_size > 0
    return tmp_path / "run"


async def go_on(folder, at_least: int) -> None:
    """The run opens, holds whole judgments only, and can be finished."""
    async with Run.open(folder) as run:
        found = [key for key in KEYS if run.status(key) == "ok"]
        assert len(found) >= at_least
        assert all(run.judgment(key) == b"%d" % KEYS.index(key) * 2000 for key in found)
        await kept(run, range(200))
        assert run.count() == Counts(rows=200, ok=200)


async def test_a_log_left_by_a_killed_process_is_read(crashed):
    await go_on(crashed, 200)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.98])
async def test_a_torn_log_costs_at_most_what_was_in_it(crashed, share):
    log = crashed / "run.sqlite-wal"
    content = log.read_bytes()
    log.write_bytes(content[: int(len(content) * share)])
    await go_on(crashed, 100)


@pytest.mark.parametrize("name", ["run.sqlite", "run.sqlite-wal"])
async def test_a_tail_of_nuls_harms_nothing(crashed, name):
    with (crashed / name).open("ab") as stream:
        stream.write(bytes(50_000))
    await go_on(crashed, 200)


@pytest.mark.parametrize("content", [b"", b"{", b'{"format": 1, "mod', b"\x00" * 40, b"\xff\xfe", b'{"a": NaN'])
async def test_a_torn_manifest_is_restored_from_the_store(folder, content):
    (folder / "run.json").write_bytes(content)
    async with Run.open(folder) as run:
        assert run.manifest == MANIFEST
    assert json.loads((folder / "run.json").read_text()) == {"format": 1, **MANIFEST}


async def test_a_lost_manifest_is_restored_from_the_store(folder):
    (folder / "run.json").unlink()
    async with Run.open(folder, writable=False) as run:
        assert run.manifest == MANIFEST
    assert not (folder / "run.json").exists()  # a reader writes nothing
    async with Run.open(folder) as run:
        assert run.count().ok == 200
    assert (folder / "run.json").exists()


@pytest.mark.parametrize("share", [0.0, 0.001, 0.1, 0.5, 0.9, 0.98])
async def test_a_truncated_store_is_named_with_the_mend(folder, share):
    path = folder / "run.sqlite"
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    for writable in (True, False):
        with pytest.raises(StoreError, match=r"run\.sqlite: is damaged: .*--fresh"):
            Run.open(folder, writable=writable)
    async with Run.create(folder, MANIFEST, fresh=True) as run:
        assert run.count() == Counts()


async def test_a_store_that_is_something_else_is_named(folder):
    (folder / "run.sqlite").write_bytes(b"not a database " * 1000)
    with pytest.raises(StoreError, match="is damaged: file is not a database"):
        Run.open(folder)


async def test_a_missing_store_is_named(folder):
    (folder / "run.sqlite").unlink()
    with pytest.raises(StoreError, match=r"run\.sqlite: is missing"):
        Run.open(folder)


async def test_damage_in_the_middle_is_named_when_it_is_met(folder):
    path = folder / "run.sqlite"
    content = bytearray(path.read_bytes())
    content[8192:] = b"\xa5" * (len(content) - 8192)
    path.write_bytes(bytes(content))
    with pytest.raises(StoreError, match=r"is damaged: .*--fresh"):
        async with Run.open(folder, writable=False) as run:
            list(run.rows(samples=True))


@pytest.mark.parametrize("size", [100, 20_000])
async def test_a_judgment_whose_bytes_changed_is_damage_not_a_judgment(tmp_path, size):
    content = bytes(random.Random(1).choices(b"abcdefgh", k=size))
    async with Run.create(tmp_path, MANIFEST) as run:
        await run.enter(1, 1, "", KEYS[0], b"{}")
        await run.keep(KEYS[0], "ok", content)
    path = tmp_path / "run.sqlite"
    stored = packed(content)
    path.write_bytes(path.read_bytes().replace(stored[-40:-30], b"0123456789"))
    async with Run.open(tmp_path) as run:
        assert run.status(KEYS[0]) == "ok"
        with pytest.raises(StoreError, match="is damaged"):
            list(run.rows())


@pytest.mark.parametrize(
    ("content", "words"),
    [(b'{"format": 99}', "newer skillrm .*pip install -U"), (b"[1]", "no manifest"), (b'{"a": 1}', "no manifest")],
)
async def test_a_manifest_of_another_kind_is_refused(folder, content, words):
    (folder / "run.json").write_bytes(content)
    with pytest.raises(InputError, match=words):
        Run.open(folder)
    (folder / "run.json").write_text(json.dumps({"format": 1, **MANIFEST}))
    Run.open(folder).close()  # a refusal lets go of the folder


def test_a_folder_without_a_run_is_no_run(tmp_path):
    with pytest.raises(InputError, match="is no run"):
        Run.open(tmp_path)
    with pytest.raises(InputError, match="is no folder"):
        Run.open(tmp_path / "missing")
    assert list(tmp_path.iterdir()) == []


def test_a_file_where_the_folder_should_be_is_told(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="cannot be made"):
        Run.create(tmp_path / "file", MANIFEST)
    with pytest.raises(InputError, match="is no folder"):
        Run.open(tmp_path / "file")


@pytest.mark.parametrize("left", ["nothing", "empty store", "store without tables"])
def test_a_creation_that_was_killed_can_be_repeated(tmp_path, left):
    import sqlite3

    if left == "empty store":
        (tmp_path / "run.sqlite").write_bytes(b"")
    elif left == "store without tables":
        connection = sqlite3.connect(tmp_path / "run.sqlite")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.close()
    with pytest.raises(InputError, match="is no run"):
        Run.open(tmp_path)
    run = Run.create(tmp_path, MANIFEST)
    assert run.count() == Counts()
    run.close()


def test_a_damaged_store_without_manifest_is_not_overwritten(tmp_path):
    (tmp_path / "run.sqlite").write_bytes(b"not a database " * 1000)
    with pytest.raises(InputError, match="already holds a run"):
        Run.create(tmp_path, MANIFEST)


FULL_DISK = """
import asyncio, resource, sys
from hashlib import sha256
from pathlib import Path
from skillrm.errors import StoreError
from skillrm.store import Run

async def main(folder):
    run = Run.open(folder)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, resource.RLIM_INFINITY))
    for number in range(2000):
        key = sha256(b"%d" % number).digest()
        try:
            await run.enter(number + 1, None, "", key, b"{}")
            await run.keep(key, "ok", sha256(key).hexdigest().encode() * 100)
        except StoreError as error:
            print(error)
            break
        print(key.hex())
    try:
        await run.enter(9999, None, "", key, b"{}")
    except StoreError:
        print("takes no more")
    await run.aclose()

asyncio.run(main(Path(sys.argv[1])))
"""


def test_a_full_disk_is_told_keeps_what_was_reported_and_the_run_goes_on(tmp_path):
    folder = tmp_path / "run"
    Run.create(folder, MANIFEST).close()
    done = subprocess.run([sys.executable, "-c", FULL_DISK, str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    *reported, error, last = done.stdout.splitlines()
    assert "cannot be written" in error
    assert "free space" in error
    assert last == "takes no more"
    assert len(reported) > 20
    run = Run.open(folder)
    assert all(run.status(bytes.fromhex(key)) == "ok" for key in reported)
    asyncio.run(run.keep(KEYS[150], "ok", b"{}"))
    run.close()
