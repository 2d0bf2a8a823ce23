"""A run keeps what it reported, whatever happens to the process or the disk."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from skillrm.errors import Fault, InputError
from skillrm.store import Counts, Run, key_of

MANIFEST = {"model": "qwen3", "limits": {"turns": 6}, "skill": "general"}
A, B, C = (key_of(name * 64, "scores") for name in "abc")


@pytest.fixture
async def run(tmp_path):
    run = Run.create(tmp_path / "run", MANIFEST)
    yield run
    await run.aclose()


async def fill(run: Run) -> None:
    await run.enter(1, 1, "first", A, b'{"prompt": "p"}')
    await run.enter(2, 2, "torn", None, None, [Fault("is no JSON", file="in.jsonl", line=2)])
    await run.enter(3, 3, "again", A, b'{"prompt": "p"}')
    await run.enter(4, None, "open", B, b'{"prompt": "q"}')
    await run.keep(A, "ok", b'{"winner": "A"}')


async def test_rows_come_back_in_input_order_with_what_came_of_them(run):
    await fill(run)
    rows = list(run.rows(samples=True))
    assert [(row.ordinal, row.line, row.id, row.state) for row in rows] == [
        (1, 1, "first", "ok"),
        (2, 2, "torn", "unreadable"),
        (3, 3, "again", "ok"),
        (4, None, "open", "pending"),
    ]
    assert rows[0].judgment == rows[2].judgment == b'{"winner": "A"}'
    assert rows[1].faults == (Fault("is no JSON", file="in.jsonl", line=2),)
    assert rows[3].sample == b'{"prompt": "q"}'
    assert run.count() == Counts(rows=4, ok=2, unreadable=1, pending=1)


async def test_rows_of_some_states_only(run):
    await fill(run)
    assert [row.ordinal for row in run.rows(status={"pending", "unreadable"})] == [2, 4]


async def test_more_rows_than_a_page_come_back_all_and_once(run):
    for ordinal in range(1, 301):
        await run.enter(ordinal, ordinal, "", A, b"{}")
    await run.keep(A, "ok", b"{}")
    assert [row.ordinal for row in run.rows()] == list(range(1, 301))


async def test_a_kept_judgment_is_found_at_once_and_an_unknown_key_is_none(run):
    await fill(run)
    assert run.status(A) == "ok"
    assert run.status(B) is None
    assert run.judgment(A) == b'{"winner": "A"}'
    assert run.judgment(B) is None
    assert run.sample(3) == b'{"prompt": "p"}'
    assert run.sample(2) is None
    assert run.row(3).id == "again"
    assert run.row(9) is None


@pytest.mark.parametrize(
    ("first", "then", "stays"),
    [
        ("failed", "ok", "ok"),
        ("failed", "abstained", "abstained"),
        ("abstained", "ok", "ok"),
        ("abstained", "failed", "abstained"),
        ("ok", "failed", "ok"),
    ],
)
async def test_a_judgment_is_replaced_by_a_better_one_only(run, first, then, stays):
    await run.enter(1, 1, "", A, b"{}")
    await run.keep(A, first, b'"first"')
    await run.keep(A, then, b'"then"')
    assert run.status(A) == stays
    assert run.judgment(A) == (b'"then"' if stays == then else b'"first"')
    assert run.count().rows == 1


async def test_the_same_key_kept_by_many_at_once_is_one_judgment(run):
    await run.enter(1, 1, "", A, b"{}")
    await asyncio.gather(*(run.keep(A, "ok", b"%d" % number) for number in range(100)))
    assert run.count() == Counts(rows=1, ok=1)
    assert run.judgment(A) == b"99"


async def test_entering_a_place_again_replaces_it(run):
    await run.enter(1, 1, "was", A, b"{}")
    await run.enter(1, 1, "is", None, None, [Fault("cannot be judged")])
    await run.keep(B, "ok", b"{}")
    assert run.row(1).id == "is"
    assert run.count() == Counts(rows=1, unreadable=1)


async def test_an_entered_row_that_is_now_another_is_replaced_when_the_run_goes_on(tmp_path):
    async with Run.create(tmp_path / "run", MANIFEST) as run:
        await run.enter(1, 1, "same", A, b'"old"')
        await run.enter(2, 2, "other", A, b'"old"')
    async with Run.open(tmp_path / "run") as run:
        await run.enter(1, 1, "same", A, b'"old"')
        await run.enter(2, 2, "other", B, b'"new"')
    async with Run.open(tmp_path / "run") as run:
        assert [(row.key, row.sample) for row in run.rows(samples=True)] == [(A, b'"old"'), (B, b'"new"')]


@pytest.mark.parametrize("content", [b"{}", b'{"x": "%s"}' % (b"moon " * 5000), b"x marks what is packed", b""])
async def test_short_and_long_contents_come_back_as_they_were(run, content):
    await run.enter(1, 1, "", A, content)
    await run.keep(A, "ok", content)
    assert run.judgment(A) == run.sample(1) == content


async def test_text_that_no_file_can_hold_ends_no_run(tmp_path):
    manifest = {"data": "caf\udce9.jsonl"}
    async with Run.create(tmp_path / "run", manifest) as run:
        await run.enter(1, 1, "half \ud83d", None, None, [Fault("says \ud83d", field="\x00")])
    async with Run.open(tmp_path / "run") as run:
        assert run.manifest == manifest
        assert run.row(1).id == "half ?"
        assert run.row(1).faults == (Fault("says \ud83d", field="\x00"),)


async def test_forgotten_judgments_are_pending_again(run):
    await fill(run)
    await run.keep(B, "failed", b"{}")
    assert await run.forget("failed", "abstained") == 1
    assert run.status(B) is None
    assert run.status(A) == "ok"


async def test_more_than_the_queue_holds_is_entered_whole(run):
    await asyncio.gather(*(run.enter(number, number, "", A, b"{}") for number in range(1, 5001)))
    await run.keep(A, "ok", b"{}")
    assert run.count() == Counts(rows=5000, ok=5000)


async def test_a_run_goes_on_where_it_ended(tmp_path):
    async with Run.create(tmp_path / "run", MANIFEST) as run:
        await fill(run)
    async with Run.open(tmp_path / "run") as run:
        assert run.manifest == MANIFEST
        assert run.status(A) == "ok"
        await run.keep(B, "ok", b"{}")
        assert run.count() == Counts(rows=4, ok=3, unreadable=1)


async def test_a_closed_run_is_its_files_and_nothing_beside(tmp_path):
    async with Run.create(tmp_path / "run", MANIFEST) as run:
        await fill(run)
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == ["run.json", "run.lock", "run.sqlite"]
    assert json.loads((tmp_path / "run" / "run.json").read_text()) == {"format": 1, **MANIFEST}


async def test_what_differs_is_told_by_its_dotted_name(run):
    new = {"model": "llama3", "limits": {"turns": 4}, "skill": "general", "data": "x" * 100}
    assert run.differences(MANIFEST) == []
    assert run.differences(new) == [
        "model: qwen3 -> llama3",
        "limits.turns: 6 -> 4",
        f"data: (none) -> {'x' * 59}…",
    ]


async def test_a_second_writer_is_refused_and_told_by_whom(run):
    import os

    with pytest.raises(InputError, match=f"another process \\(pid {os.getpid()}\\)"):
        Run.open(run.folder)


async def test_a_reader_sees_what_is_committed_while_another_writes(run):
    await fill(run)
    async with Run.open(run.folder, writable=False) as reader:
        assert reader.count().ok == 2
        await run.keep(B, "abstained", b"{}")
        assert reader.count().abstained == 1
        with pytest.raises(InputError, match="open for reading only"):
            await reader.keep(B, "ok", b"{}")


async def test_a_run_is_not_begun_over_another_unless_asked(tmp_path):
    folder: Path = tmp_path / "run"
    async with Run.create(folder, MANIFEST) as run:
        await fill(run)
    with pytest.raises(InputError, match=r"already holds a run .*--fresh"):
        Run.create(folder, MANIFEST)
    async with Run.create(folder, {"model": "other"}, fresh=True) as run:
        assert run.count() == Counts()
        assert run.manifest == {"model": "other"}


def test_keys_tell_content_and_goal_apart():
    assert len({key_of("a" * 64, "scores"), key_of("a" * 64, "winner"), key_of("b" * 64, "scores")}) == 3
    assert len(A) == 32
