"""The files of a skill: what belongs to it, what is refused, and its digest."""

from __future__ import annotations

import hashlib
import os

import pytest

from skillrm.skill import folder as folder_module
from skillrm.skill.folder import read


@pytest.fixture
def path(tmp_path):
    made = tmp_path / "demo"
    made.mkdir()
    (made / "a.md").write_text("a")
    return made


def messages(folder):
    return [(fault.file, fault.message) for fault in folder.faults]


def test_the_digest_is_that_of_the_sorted_names_and_hashes(path):
    (path / "sub").mkdir()
    (path / "sub" / "b").write_bytes(b"\x00\xff")
    one, two = hashlib.sha256(b"a").hexdigest(), hashlib.sha256(b"\x00\xff").hexdigest()
    assert read(path).digest == hashlib.sha256(f"a.md\0{one}\nsub/b\0{two}\n".encode()).hexdigest()


def test_tests_dot_files_and_caches_are_no_part_of_a_skill(path):
    before = read(path).digest
    for name in ("tests/cases.jsonl", ".git/HEAD", ".DS_Store", "scripts/__pycache__/x.pyc"):
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text("x")
    assert read(path).digest == before
    (path / "references" / "tests").mkdir(parents=True)
    (path / "references" / "tests" / "x.md").write_text("x")
    assert read(path).digest != before


def test_renaming_a_file_changes_the_digest(path):
    before = read(path).digest
    (path / "a.md").rename(path / "b.md")
    assert read(path).digest != before


def test_a_link_out_of_the_folder_is_refused_and_not_read(path, tmp_path):
    (tmp_path / "secret").write_text("gold")
    (path / "leak.md").symlink_to(tmp_path / "secret")
    folder = read(path)
    assert messages(folder) == [(str(path / "leak.md"), "is a link out of the skill's folder")]
    assert "leak.md" not in folder.files


def test_a_link_within_the_folder_is_read_as_the_file_it_leads_to(path):
    (path / "b.md").symlink_to(path / "a.md")
    assert read(path).files == {"a.md": b"a", "b.md": b"a"}


def test_links_to_folders_dangling_links_and_loops_are_refused(path):
    (path / "up").symlink_to(path.parent)
    (path / "gone").symlink_to(path / "nothing")
    (path / "loop").symlink_to(path / "loop")
    assert sorted(name.rsplit("/", 1)[1] for name, _ in messages(read(path))) == ["gone", "loop", "up"]


def test_a_pipe_is_refused_without_being_opened(path):
    os.mkfifo(path / "pipe")
    assert messages(read(path)) == [(str(path / "pipe"), "is no regular file")]


def test_a_huge_file_is_refused_without_being_read(path):
    with (path / "huge").open("wb") as file:
        file.truncate(1 << 40)
    assert messages(read(path)) == [(str(path / "huge"), f"takes {1 << 40} bytes; at most {1 << 20}")]


def test_too_many_files_are_refused(path, monkeypatch):
    monkeypatch.setattr(folder_module, "MAX_FILES", 3)
    for number in range(5):
        (path / str(number)).write_text("")
    assert messages(read(path)) == [(str(path), "too many or too large files")]


def test_a_missing_folder_is_a_fault(tmp_path):
    assert messages(read(tmp_path / "none")) == [(str(tmp_path / "none"), "there is no such folder")]


@pytest.mark.parametrize(
    ("content", "message", "line"),
    [
        (b"\xef\xbb\xbfname", "starts with a UTF-8 byte order mark", 1),
        ("name".encode("utf-16"), "starts with UTF-16", 1),
        (b"a\nb\nna\xefve", "is not UTF-8: byte 0xef", 3),
        (b"a\n\0b", "holds a NUL character", 2),
    ],
)
def test_what_is_not_plain_utf8_is_a_fault_with_its_line(path, content, message, line):
    (path / "a.md").write_bytes(content)
    folder = read(path)
    assert folder.text("a.md") is None
    assert [(fault.message, fault.line) for fault in folder.faults] == [(message, line)]


def test_windows_line_ends_are_read_as_ours(path):
    (path / "a.md").write_bytes(b"a\r\nb")
    assert read(path).text("a.md") == "a\nb"
