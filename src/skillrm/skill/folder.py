"""The files of a skill: walked without following anything out of the folder, bounded, decoded, hashed."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from skillrm.errors import Fault

MAX_FILES = 256
MAX_FILE = 1 << 20
"""Bytes of one file."""
MAX_ALL = 8 << 20
"""Bytes of all files together."""
_MARKS = ((b"\xef\xbb\xbf", "a UTF-8 byte order mark"), (b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"))


@dataclass
class Folder:
    """What lies in a skill's folder; `tests/`, dot files and `__pycache__` are no part of the skill."""

    path: Path
    """As the caller wrote it: faults name files below it."""
    files: dict[str, bytes] = field(default_factory=dict)
    """Relative path with `/` -> content."""
    faults: list[Fault] = field(default_factory=list)

    def name_of(self, file: str) -> str:
        return str(self.path / file)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over sorted `relpath\\0sha256\\n`."""
        lines = (f"{name}\0{hashlib.sha256(self.files[name]).hexdigest()}\n" for name in sorted(self.files))
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    def text(self, file: str) -> str | None:
        """The file as text with `\\n` line ends; None, and a fault, when it is not plain UTF-8."""
        content = self.files[file]
        for mark, what in _MARKS:
            if content.startswith(mark):
                self._fault(file, f"starts with {what}", 1, "save it as UTF-8 without a byte order mark")
                return None
        try:
            text = content.decode()
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            self._fault(file, f"is not UTF-8: byte 0x{content[error.start]:02x}", line, "save it as UTF-8")
            return None
        if "\0" in text:
            self._fault(file, "holds a NUL character", text.count("\n", 0, text.index("\0")) + 1, "is it binary?")
            return None
        return text.replace("\r\n", "\n")

    def _fault(self, file: str, message: str, line: int | None = None, mend: str | None = None) -> None:
        self.faults.append(Fault(message, self.name_of(file), line, mend=mend))


def read(path: Path) -> Folder:
    """Every file below `path`. What cannot be read is a fault of the folder, never an exception."""
    folder = Folder(path)
    if not os.path.isdir(path):
        folder.faults.append(Fault("there is no such folder", str(path)))
        return folder
    root, total = os.path.realpath(path), 0
    try:
        for count, file in enumerate(_walk(folder, path, ""), start=1):
            size = _size(folder, root, file)
            if size is None:
                continue
            total += size
            if count > MAX_FILES or total > MAX_ALL:
                mend = f"at most {MAX_FILES} files and {MAX_ALL >> 20} MiB make a skill"
                folder.faults.append(Fault("too many or too large files", str(path), mend=mend))
                break
            folder.files[file] = (path / file).read_bytes()
    except OSError as error:
        folder.faults.append(Fault(f"cannot be read: {error.strerror}", error.filename or str(path)))
    return folder


def _walk(folder: Folder, path: Path, prefix: str) -> Iterator[str]:
    with os.scandir(path) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            name = prefix + entry.name
            if entry.name.startswith(".") or entry.name == "__pycache__" or name == "tests":
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(folder, path / entry.name, f"{name}/")
            elif entry.is_symlink() and os.path.isdir(entry.path):  # DirEntry raises for a loop
                folder._fault(name, "is a link to a folder", mend="put the files themselves here")
            else:
                yield name


def _size(folder: Folder, root: str, file: str) -> int | None:
    """Bytes of a readable file; None, and a fault, for anything else. Pipes and devices are never opened."""
    real = os.path.realpath(folder.path / file)
    if not real.startswith(root + os.sep):
        folder._fault(file, "is a link out of the skill's folder", mend="put the file itself here")
        return None
    try:
        found = os.stat(real)
    except OSError as error:
        folder._fault(file, f"cannot be read: {error.strerror}")
        return None
    if not stat.S_ISREG(found.st_mode):
        folder._fault(file, "is no regular file")
        return None
    if found.st_size > MAX_FILE:
        folder._fault(file, f"takes {found.st_size} bytes; at most {MAX_FILE}")
        return None
    return found.st_size
