"""Rows named by a URL: opened by pyarrow, read like those of a file."""

from __future__ import annotations

import gzip
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from skillrm.errors import InputError
from skillrm.reading import count_rows, read_samples, stamp

ROWS = [{"id": str(n), "prompt": "p", "response": f"answer {n}"} for n in range(300)]
LINES = "".join(f'{{"id": "{row["id"]}", "prompt": "p", "response": "{row["response"]}"}}\n' for row in ROWS).encode()


def ids(name: str) -> list[str]:
    return [row.sample.id for row in read_samples(name)]


@pytest.fixture
def bucket(monkeypatch):
    """One object of an S3 store on loopback; gives its URL by content."""
    content = b""

    class Store(BaseHTTPRequestHandler):
        def do_HEAD(self):
            self.answer(200, content, head=True)

        def do_GET(self):
            asked = self.headers.get("Range")
            if asked is None:
                return self.answer(200, content)
            first, last = asked.removeprefix("bytes=").split("-")
            return self.answer(206, content[int(first) : int(last) + 1])

        def answer(self, status: int, data: bytes, *, head: bool = False) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.send_header("Last-Modified", "Thu, 26 Nov 2026 00:00:00 GMT")
            self.end_headers()
            if not head:
                self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Store)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def url(data: bytes, name: str) -> str:
        nonlocal content
        content = data
        place = f"127.0.0.1%3A{server.server_address[1]}"
        return f"s3://any:thing@bucket/{name}?scheme=http&endpoint_override={place}&region=us-east-1"

    yield url
    server.shutdown()
    server.server_close()


def test_a_file_url_is_the_file(tmp_path):
    (tmp_path / "in.jsonl").write_bytes(LINES)
    (tmp_path / "in.jsonl.gz").write_bytes(gzip.compress(LINES))
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "in.parquet")
    for name in ("in.jsonl", "in.jsonl.gz", "in.parquet"):
        url = f"file://{tmp_path}/{name}"
        assert ids(url) == ids(tmp_path / name) == [row["id"] for row in ROWS]
        assert count_rows(url) is None


def test_an_object_of_an_s3_store_is_read(bucket, tmp_path):
    url = bucket(gzip.compress(LINES), "rows/in.jsonl.gz")
    assert ids(url) == [row["id"] for row in ROWS]
    before = stamp(url)
    assert stamp(bucket(LINES, "rows/in.jsonl.gz")) != before
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "in.parquet")
    assert ids(bucket((tmp_path / "in.parquet").read_bytes(), "in")) == [row["id"] for row in ROWS]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("file:///nowhere/in.jsonl", "cannot be opened: .*nowhere"),
        ("ftp://host/in.jsonl", "cannot be opened: .*ftp.*s3://, gs://"),
    ],
)
def test_what_cannot_be_opened_says_so(url, words):
    with pytest.raises(InputError, match=words):
        list(read_samples(url))


def test_without_pyarrow_a_url_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow.fs", None)
    with pytest.raises(InputError, match=r"pip install 'skillrm\[parquet\]'"):
        list(read_samples("s3://bucket/in.jsonl"))
