"""A cache is shared by many processes, stays within its size, and never breaks a judgment."""

from __future__ import annotations

import logging
import os
import sqlite3
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path

import pytest

from skillrm.cache import Cache, default_path, files
from skillrm.errors import StoreError


def key(number: int) -> bytes:
    return sha256(b"%d" % number).digest()


def reopened(cache: Cache) -> Cache:
    cache.close()
    return Cache(cache.path)


@pytest.fixture
def cache(tmp_path):
    cache = Cache(tmp_path / "cache")
    yield cache
    cache.close()


def test_what_was_put_is_found_at_once_and_by_the_next_process(cache):
    cache.put(key(1), b"one")
    assert cache.get(key(1)) == b"one"
    later = reopened(cache)
    assert later.get(key(1)) == b"one"
    assert later.get(key(2)) is None
    later.close()


def test_hits_and_misses_are_counted_and_entries_are_those_on_disk(cache):
    for number in range(10):
        cache.put(key(number), b"x" * 1000)
    later = reopened(cache)
    for number in range(12):
        later.get(key(number))
    stats = later.stats()
    assert (stats.entries, stats.hits, stats.misses, stats.dropped) == (10, 10, 2, 0)
    assert 10_000 < stats.bytes < 100_000
    assert stats.path == cache.path
    later.close()


def test_a_value_put_again_is_the_new_one(cache):
    cache.put(key(1), b"old")
    later = reopened(cache)
    later.put(key(1), b"new")
    last = reopened(later)
    assert last.get(key(1)) == b"new"
    assert last.stats().entries == 1
    last.close()


@pytest.mark.parametrize("value", [b"", b"\x00" * 10, os.urandom(100_000)])
def test_any_bytes_come_back_as_they_were(cache, value):
    cache.put(key(1), value)
    later = reopened(cache)
    assert later.get(key(1)) == value
    later.close()


def test_cleared_means_empty_and_the_space_is_given_back(cache):
    for number in range(300):
        cache.put(key(number), os.urandom(5000))
    later = reopened(cache)
    before = later.stats().bytes
    later.clear()
    assert later.stats().entries == 0
    assert later.stats().bytes < before / 10
    assert later.get(key(1)) is None
    later.close()


def test_beyond_its_size_the_longest_unused_go(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_DROPPED_AT_ONCE", 10)
    now = time.time()
    hours = iter(range(1000))

    def put(numbers: range) -> None:
        cache = Cache(tmp_path, max_bytes=1_000_000)
        at = now + 3600 * next(hours)
        monkeypatch.setattr(time, "time", lambda: at)
        for number in numbers:
            cache.put(key(number), b"x" * 4000)
        cache.get(key(0))
        cache.close()

    put(range(20))
    for first in range(20, 400, 20):
        put(range(first, first + 20))
    cache = Cache(tmp_path)
    found = [number for number in range(400) if cache.get(key(number)) is not None]
    assert cache.stats().bytes <= 1_000_000
    assert found[0] == 0, "it was used all the time"
    assert found[1:] == list(range(found[1], 400)), "the oldest went first"
    assert len(found) > 150
    cache.close()


def test_too_many_puts_at_once_are_dropped_not_waited_for(cache):
    value = b"x" * 1_000_000
    for number in range(200):
        cache.put(key(number), value)
    dropped = cache.stats().dropped
    assert dropped > 0
    later = reopened(cache)
    assert later.stats().entries == 200 - dropped
    later.close()


def test_a_closed_cache_misses(cache):
    cache.put(key(1), b"one")
    cache.close()
    assert cache.get(key(1)) is None
    cache.put(key(2), b"two")
    cache.close()


SHARER = """
import sys
from hashlib import sha256
from pathlib import Path
from skillrm.cache import Cache
cache = Cache(Path(sys.argv[1]))
first = int(sys.argv[2])
for number in range(first, first + 400):
    cache.put(sha256(b"%d" % number).digest(), b"%d" % number * 500)
    cache.get(sha256(b"%d" % (number - 300)).digest())
cache.close()
print(cache._dropped)
"""


def test_many_processes_begin_and_fill_one_cache(tmp_path):
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", SHARER, str(tmp_path), str(worker * 200)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for worker in range(6)
    ]
    for worker in workers:
        out, err = worker.communicate()
        assert (out, err) == (b"0\n", b"")
    cache = Cache(tmp_path)
    assert all(cache.get(key(number)) == b"%d" % number * 500 for number in range(1400))
    assert cache.stats().entries == 1400
    cache.close()


def test_a_forked_child_uses_it_too(tmp_path):
    code = """
import os, sys
from pathlib import Path
from skillrm.cache import Cache
cache = Cache(Path(sys.argv[1]))
cache.put(b"parent", b"1")
child = os.fork()
if child == 0:
    cache.put(b"child", b"2")
    found = cache.get(b"child")
    cache.close()
    os._exit(0 if found == b"2" else 1)
assert os.waitpid(child, 0)[1] == 0
cache.close()
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    cache = Cache(tmp_path)
    assert (cache.get(b"parent"), cache.get(b"child")) == (b"1", b"2")
    cache.close()


def filled(folder: Path) -> Path:
    cache = Cache(folder)
    for number in range(200):
        cache.put(key(number), os.urandom(2000))
    cache.close()
    return folder / "cache-1.sqlite"


@pytest.mark.parametrize("damage", ["garbage", "truncated", "another database"])
def test_a_damaged_file_is_set_aside_and_a_new_one_begun(tmp_path, caplog, damage):
    path = filled(tmp_path)
    if damage == "garbage":
        path.write_bytes(os.urandom(10_000))
    elif damage == "truncated":
        path.write_bytes(path.read_bytes()[:50_000])
    else:
        path.unlink()
        other = sqlite3.connect(path)
        other.execute("CREATE TABLE entries(x)")
        other.close()
    with caplog.at_level(logging.WARNING):
        cache = Cache(tmp_path)
        for number in range(200):
            assert cache.get(key(number)) is None
            cache.put(key(number), b"new")
    assert len(caplog.records) == 1
    assert "damaged" in caplog.text
    assert path.exists()
    later = reopened(cache)
    assert later.get(key(1)) == b"new"
    assert not path.exists(), "the next start clears away what was set aside"
    later.close()


def test_damage_met_while_reading_gives_misses_then_a_new_file(tmp_path, caplog):
    path = filled(tmp_path)
    cache = Cache(tmp_path)
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    path.write_bytes(bytes(content))
    with caplog.at_level(logging.WARNING):
        assert all(cache.get(key(number)) is None for number in range(200))
        cache.put(key(1), b"new")
    assert len(caplog.records) <= 1
    later = reopened(cache)
    assert later.get(key(1)) == b"new"
    later.close()


def test_a_value_whose_bytes_changed_is_a_miss(tmp_path):
    cache = Cache(tmp_path)
    cache.put(key(1), b"right" * 100)
    cache.close()
    path = tmp_path / "cache-1.sqlite"
    path.write_bytes(path.read_bytes().replace(b"right" * 10, b"wrong" * 10))
    cache = Cache(tmp_path)
    assert cache.get(key(1)) is None
    cache.close()


def test_a_folder_that_cannot_be_made_is_a_cache_that_misses(tmp_path, caplog):
    (tmp_path / "file").write_text("x")
    with caplog.at_level(logging.WARNING):
        cache = Cache(tmp_path / "file")
        cache.put(key(1), b"one")
        assert cache.get(key(1)) is None
    assert len(caplog.records) == 1
    assert "judging goes on without it" in caplog.text
    with pytest.raises(StoreError, match="SKILLRM_CACHE"):
        cache.stats()
    cache.close()


FULL_DISK = """
import os, resource, sys
from pathlib import Path
from skillrm.cache import Cache
cache = Cache(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, resource.RLIM_INFINITY))
for number in range(2000):
    cache.put(b"%d" % number, os.urandom(2000))
    cache.get(b"%d" % number)
cache.close()
"""


def test_a_full_disk_is_one_warning_and_what_was_there_stays(tmp_path):
    filled(tmp_path)
    done = subprocess.run([sys.executable, "-c", FULL_DISK, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("unusable") == 1
    cache = Cache(tmp_path)
    assert all(cache.get(key(number)) is not None for number in range(200))
    cache.close()


def test_readers_do_not_wait_for_a_writer(cache):
    cache.put(key(1), b"one")
    cache = reopened(cache)
    writer = sqlite3.connect(cache.path / "cache-1.sqlite", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    assert cache.get(key(1)) == b"one"
    writer.close()
    cache.close()


def test_a_file_that_another_process_locks_for_long_is_a_cache_that_misses(tmp_path, caplog, monkeypatch):
    monkeypatch.setattr(files, "WAIT", 0.1)
    locker = sqlite3.connect(filled(tmp_path), isolation_level=None)
    locker.execute("PRAGMA locking_mode=EXCLUSIVE")
    locker.execute("BEGIN EXCLUSIVE")
    with caplog.at_level(logging.WARNING):
        cache = Cache(tmp_path)
        assert cache.get(key(1)) is None
        cache.put(key(1), b"one")
        cache.close()
    locker.close()
    assert caplog.text.count("locked") == 1


def test_the_folder_is_the_one_the_environment_names(monkeypatch, tmp_path):
    monkeypatch.setenv("SKILLRM_CACHE", str(tmp_path / "here"))
    assert default_path() == tmp_path / "here"
    monkeypatch.delenv("SKILLRM_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_path() == tmp_path / "skillrm"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert default_path().name in ("skillrm", "cache")
