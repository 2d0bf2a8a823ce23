"""Encrypted connections and those through a proxy, over real sockets."""

from __future__ import annotations

import asyncio
import gc
import ssl

import pytest
import trustme

from skillrm.backends.transport import Transport
from skillrm.backends.wire import BrokenError
from wire_server import OK, Client, Server, content


@pytest.fixture
def authority(monkeypatch, tmp_path) -> trustme.CA:
    """The only one whom clients trust."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    return authority


def secure(authority: trustme.CA, name: str = "localhost") -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name).configure_cert(context)
    return context


async def test_https_on_a_kept_connection(serve, reach, authority):
    server = await serve([OK], [OK], [OK[:30], "close"], context=secure(authority))
    ask = reach(f"https://localhost:{server.port}/v1")
    assert [content(await ask()) for _ in range(2)] == [b"{}"] * 2
    assert server.connections == 1
    assert str(await ask()) == "the server closed the connection in the middle of its answer"


def test_https_connections_close_with_their_loop(authority):
    async def once() -> None:
        server = await Server([OK]).start(secure(authority))
        ask = Client(Transport(None, 1000), f"https://localhost:{server.port}/")
        assert content(await ask()) == b"{}"
        await server.stop()

    asyncio.run(once())
    gc.collect()


async def test_a_certificate_for_another_name_is_refused(serve, reach, authority):
    server = await serve([OK], context=secure(authority, "elsewhere.example"))
    broken = await reach(f"https://localhost:{server.port}/v1")()
    assert "CERTIFICATE_VERIFY_FAILED" in str(broken)
    assert not server.heads


class Relay:
    """An HTTP proxy before one server, whatever host is asked for."""

    def __init__(self, port: int, refusal: bytes = b"") -> None:
        self._port, self._refusal = port, refusal
        self.heads: list[str] = []

    async def __aenter__(self) -> Relay:
        self._server = await asyncio.start_server(self._relay, "127.0.0.1", 0)
        self.url = f"http://me:pass@127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await asyncio.sleep(0.02)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.heads.append(head.decode())
        if self._refusal:
            writer.write(self._refusal)
            writer.close()
            return
        onward_reader, onward = await asyncio.open_connection("127.0.0.1", self._port)
        if head.startswith(b"CONNECT"):
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            onward.write(head)
        await asyncio.gather(self._copy(reader, onward), self._copy(onward_reader, writer))

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(1 << 16):
                writer.write(data)
        except ConnectionError:
            pass
        writer.close()


async def test_a_plain_proxy_is_told_the_whole_address(serve, reach, monkeypatch):
    server = await serve([OK])
    async with Relay(server.port) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        ask = reach("http://judge.example/v1")
        assert [content(await ask()) for _ in range(2)] == [b"{}"] * 2
        await ask.transport.close()
    assert server.heads[0].startswith("POST http://judge.example/v1 HTTP/1.1\r\nHost: judge.example\r\n")
    assert "Proxy-Authorization: Basic bWU6cGFzcw==" in server.heads[0]
    assert len(proxy.heads) == 1


async def test_https_goes_through_a_tunnel_that_sees_no_key(serve, reach, authority, monkeypatch):
    server = await serve([OK], context=secure(authority, "judge.example"))
    async with Relay(server.port) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        ask = reach("https://judge.example/v1", key="sk-secret")
        assert [content(await ask()) for _ in range(2)] == [b"{}"] * 2
        await ask.transport.close()
    assert len(proxy.heads) == 1
    assert proxy.heads[0].startswith("CONNECT judge.example:443 HTTP/1.1\r\n")
    assert "Proxy-Authorization: Basic bWU6cGFzcw==" in proxy.heads[0]
    assert "sk-secret" not in proxy.heads[0]
    assert "Bearer sk-secret" in server.heads[0]
    assert "Proxy-Authorization" not in server.heads[0]


@pytest.mark.parametrize(
    ("refusal", "why"),
    [(b"HTTP/1.1 407 No\r\n\r\n", "HTTP 407 to CONNECT"), (b"?\r\n\r\n", "no HTTP to CONNECT"), (b"x", "closed")],
)
async def test_a_proxy_that_refuses_is_named(reach, monkeypatch, refusal, why):
    async with Relay(0, refusal) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        broken = await reach("https://judge.example/v1")()
    assert isinstance(broken, BrokenError)
    assert "the proxy" in str(broken)
    assert why in str(broken)
    assert "pass" not in str(broken)


async def test_a_proxy_of_another_kind_is_refused(reach, monkeypatch):
    monkeypatch.setenv("http_proxy", "socks5://127.0.0.1:1080")
    assert "names a proxy that is no http(s)://host:port" in str(await reach("http://judge.example/v1")())


async def test_no_proxy_and_loopback_go_straight(serve, reach, monkeypatch):
    server = await serve([OK])
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "judge.invalid")
    assert content(await reach(server)()) == b"{}"
    assert "gaierror" in str(await reach("http://judge.invalid/v1")())
