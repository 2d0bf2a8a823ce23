"""Bytes of a file or of standard input, as UTF-8: gzip unpacked, byte order marks gone, UTF-16 recoded."""

from __future__ import annotations

import codecs
import contextlib
import hashlib
import os
import re
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, NoReturn, TypeVar, cast

from skillrm.errors import Fault, InputError

T = TypeVar("T")
CHUNK = 1 << 16
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_GZIP = b"\x1f\x8b"
_BOM8 = b"\xef\xbb\xbf"
_BOM16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_UNPACK = "unpack it; gzip is read as it is"
_FOREIGN = {
    b"\xff\xfe\0\0": ("is UTF-32", "save it as UTF-8"),
    b"\0\0\xfe\xff": ("is UTF-32", "save it as UTF-8"),
    b"PK\x03\x04": ("is a zip archive", _UNPACK),
    b"\x28\xb5\x2f\xfd": ("is compressed with zstd", _UNPACK),
    b"BZh": ("is compressed with bzip2", _UNPACK),
    b"\xfd7zX": ("is compressed with xz", _UNPACK),
}


class Source:
    """A stream of bytes that can be looked at before it is read."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._ahead = chunks, b""

    def peek(self, size: int) -> bytes:
        """What comes next: at least `size` bytes, fewer only where the stream ends. They stay to be read."""
        if len(self._ahead) < size:
            parts, length = [self._ahead], len(self._ahead)
            while length < size and (more := next(self._chunks, b"")):
                parts.append(more)
                length += len(more)
            self._ahead = b"".join(parts)
        return self._ahead

    def read(self) -> bytes:
        """Some bytes, as they come; none only at the end."""
        taken, self._ahead = self._ahead, b""
        return taken or next(self._chunks, b"")

    def drop(self, size: int) -> None:
        """Skip bytes that were peeked at."""
        self._ahead = self._ahead[size:]


@contextlib.contextmanager
def opened(name: str) -> Iterator[Source]:
    """The bytes of a file, of a URL, or of standard input for "-". Raises `InputError` for what cannot be opened."""
    file = _standard_input() if name == "-" else _file(name)
    with contextlib.ExitStack() as stack:
        if file is not sys.stdin.buffer:
            stack.enter_context(file)
        source = Source(_read(file, name))
        if source.peek(2).startswith(_GZIP):
            source = Source(_unpacked(source, name))
        head = source.peek(4)[:4]
        for magic, (what, mend) in _FOREIGN.items():
            if head.startswith(magic):
                refuse(what, name, mend)
        if head[:2] in _BOM16:
            source = Source(_recoded(source, _BOM16[head[:2]], name))
        elif head.startswith(_BOM8):
            source.drop(3)
        yield source


def refuse(message: str, name: str, mend: str, line: int | None = None) -> NoReturn:
    """Give the whole file up."""
    raise InputError(Fault(message, file=shown(name), line=line, mend=mend))


def shown(name: str) -> str:
    """What the input is called when a person is told of it."""
    return "standard input" if name == "-" else name


def is_url(name: str) -> bool:
    """Whether it names a file by scheme: `s3://...`, `gs://...`, `file:///...`."""
    return _SCHEME.match(name) is not None


def remote(name: str, use: Callable[[Any, str], T]) -> T:
    """`use(filesystem, path)` of the URL, by pyarrow. Raises `InputError` for what cannot be opened."""
    try:
        from pyarrow.fs import FileSystem
    except ImportError:
        refuse("a URL is opened by pyarrow, which is missing", name, "pip install 'skillrm[parquet]'")
    try:
        system, path = FileSystem.from_uri(name)
        return use(system, path)
    except (OSError, ValueError, NotImplementedError) as error:  # pyarrow's errors derive from these
        words = " ".join(str(error).split())
        refuse(f"cannot be opened: {words}"[:300], name, "s3://, gs://, abfs://, hdfs:// and file:// are known")


def stamp(name: str) -> str | None:
    """Another text once the file is another: SHA-256 of a file, size and time of a URL; None for a pipe."""
    if is_url(name):
        info = remote(name, lambda system, path: system.get_file_info(path))
        return f"{info.size} bytes of {info.mtime_ns}" if info.is_file else None
    if name == "-" or not Path(name).is_file():
        return None
    with Path(name).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _standard_input() -> IO[bytes]:
    """A reader of its own on the same descriptor: a thread may wait in it while the program ends."""
    try:
        return os.fdopen(os.dup(sys.stdin.fileno()), "rb")
    except (OSError, ValueError, AttributeError):
        return sys.stdin.buffer


def _file(name: str) -> IO[bytes]:
    if is_url(name):
        return remote(name, lambda system, path: cast(IO[bytes], system.open_input_stream(path, compression=None)))
    path = Path(name)
    try:
        if path.is_dir():
            refuse("is a folder", name, "name a file in it")
        return path.open("rb")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        refuse(f"cannot be opened: {reason}", name, "check the path")


def _read(file: IO[bytes], name: str) -> Iterator[bytes]:
    read = getattr(file, "read1", file.read)
    try:
        while data := cast(bytes, read(CHUNK)):
            yield data
    except OSError as error:
        refuse(f"cannot be read further: {error.strerror or error}", name, "check the disk")


def _unpacked(packed: Source, name: str) -> Iterator[bytes]:
    """gzip, any number of members one after the other; what is unpacked at a time is bounded."""
    member = zlib.decompressobj(wbits=31)
    while data := packed.read():
        while data:
            if member.eof:
                data = data.lstrip(b"\0")  # padding after the last member
                if not data:
                    break
                member = zlib.decompressobj(wbits=31)
            try:
                plain = member.decompress(data, CHUNK)
            except zlib.error as error:
                refuse(f"is damaged gzip: {error}", name, "pack it again; the rows before were read")
            if plain:
                yield plain
            data = member.unused_data if member.eof else member.unconsumed_tail
    if not member.eof:
        refuse("is gzip that breaks off", name, "pack it again; the rows before were read")


def _recoded(source: Source, encoding: str, name: str) -> Iterator[bytes]:
    """UTF-16 as UTF-8, without its byte order mark."""
    source.drop(2)
    decoder, place, data = codecs.getincrementaldecoder(encoding)(), 2, b"\n"
    while data:
        data = source.read()
        waiting = decoder.getstate()[0]
        try:
            text = decoder.decode(data, final=not data)
        except UnicodeDecodeError as error:
            if whole := (waiting + data)[: error.start].decode(encoding):
                yield whole.encode()  # nothing would say that the source ends
            refuse(f"is not UTF-16 at byte {place - len(waiting) + error.start}", name, "save it as UTF-8")
        place += len(data)
        if text:
            yield text.encode()
