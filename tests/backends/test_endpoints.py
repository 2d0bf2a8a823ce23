"""Base URLs as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillrm.backends.endpoints import CHAT, Endpoint, endpoints
from skillrm.errors import ConfigError


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://h:8000/v1", "http://h:8000/v1/chat/completions"),
        ("http://h:8000/v1/", "http://h:8000/v1/chat/completions"),
        ("http://h:8000", "http://h:8000/v1/chat/completions"),
        ("https://h/openai/deployments/x", "https://h/openai/deployments/x/chat/completions"),
        ("http://h/v1/chat/completions", "http://h/v1/chat/completions"),
        ("https://h:443/v1", "https://h/v1/chat/completions"),
        ("http://[::1]:80/v1", "http://[::1]/v1/chat/completions"),
        ("HTTP://Host/a b", "http://host/a%20b/chat/completions"),
        ("http://bücher.example/v1", "http://xn--bcher-kva.example/v1/chat/completions"),
    ],
)
def test_a_base_url_leads_to_its_chat_completions(url, shown):
    assert Endpoint(url, CHAT).shown == shown


def test_a_query_goes_out_and_is_not_shown():
    endpoint = Endpoint("https://h/v1?api-version=2026-10 x", CHAT)
    assert endpoint.target == "/v1/chat/completions?api-version=2026-10%20x"
    assert "api-version" not in endpoint.shown


def test_user_and_password_are_kept_apart():
    endpoint = Endpoint("http://me:p%40ss@h/v1", CHAT)
    assert (endpoint.user, endpoint.host) == (("me", "p@ss"), "h")
    assert "p@ss" not in endpoint.shown
    assert "me" not in endpoint.shown


@pytest.mark.parametrize(
    "url",
    [
        "",
        "h:8000/v1",
        "ftp://h/v1",
        "http://",
        "http:///v1",
        "http://h:99999",
        "http://h:x",
        "http://[::1",
        "http://a b/",
    ],
)
def test_what_is_no_base_url_is_refused_with_an_example(url):
    with pytest.raises(
        ConfigError, match=r"http\(s\)://host\[:port\]\[/path\] \(for example http://localhost:8000/v1\)"
    ):
        Endpoint(url, CHAT)


@given(
    st.text(st.characters()),
    st.sampled_from(["http://", "https://h/", "http://h?", "http://h:80/v1#", "//", "http://u:p@"]),
)
def test_no_url_gets_a_line_break_or_a_space_into_a_request(text, start):
    try:
        endpoint = Endpoint(start + text, CHAT)
    except ConfigError:
        return
    written = endpoint.target + endpoint.netloc
    assert written.isascii()
    assert written.isprintable()
    assert " " not in written


def test_one_endpoint_for_each_different_url():
    assert [endpoint.shown for endpoint in endpoints(["http://a/v1", "http://b/v1", "http://a/v1"])] == [
        "http://a/v1/chat/completions",
        "http://b/v1/chat/completions",
    ]
    with pytest.raises(ConfigError, match="at least one"):
        endpoints([])
