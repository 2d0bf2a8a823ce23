"""A guest's reply is bytes from a stranger: reading it never raises and never gives what others choke on."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from skillrm.sandbox import SandboxLimits, replies

LIMITS = SandboxLimits(output_bytes=100)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.binary(max_size=200))
def test_any_bytes_are_no_reply_or_one(body):
    reply = replies.parse(body, 0)
    assert reply is None or isinstance(json.loads(body), dict)


@given(values, values, values, values, values)
def test_any_json_is_no_reply_or_gives_a_writable_result(seq, kind, error, stdout, result):
    body = json.dumps({"seq": seq, "kind": kind, "error": error, "stdout": stdout, "result": result}).encode()
    reply = replies.parse(body, 0)
    if reply is not None:
        json.dumps(replies.result(reply, LIMITS, 1.0).result)


@given(st.text(), values)
def test_a_true_reply_is_read_whole(stdout, value):
    body = json.dumps({"seq": 3, "kind": "ok", "error": None, "stdout": stdout, "result": value}).encode()
    reply = replies.parse(body, 3)
    assert reply is not None
    found = replies.result(reply, LIMITS, 1.0)
    assert len(found.stdout) <= LIMITS.output_bytes
    found.stdout.encode()
    json.dumps(found.result, ensure_ascii=False).encode()


def test_lone_surrogates_deep_nesting_and_huge_integers_do_not_pass():
    head = b'{"seq": 0, "kind": "ok", "error": null, "stdout": "\\ud800", "result": '
    reply = replies.parse(head + b'["\\udfff", {"\\ud8ab": 1}]}', 0)
    assert reply is not None
    found = replies.result(reply, LIMITS, 1.0)
    assert (found.stdout, found.result) == ("\ufffd", ["\ufffd", {"\ufffd": 1}])
    assert replies.parse(head + b"[" * 150 + b"]" * 150 + b"}", 0) is not None
    for result in (b"[" * 300 + b"]" * 300, b'{"a":' * 300 + b"1" + b"}" * 300, b"9" * 5000):
        assert replies.parse(head + result + b"}", 0) is None


def test_a_guest_cannot_claim_what_only_the_host_can_know():
    for kind in ("timeout", "crash", "broken", ["ok"], None):
        body = json.dumps({"seq": 0, "kind": kind, "error": None, "stdout": "", "result": 1}).encode()
        assert replies.parse(body, 0) is None
