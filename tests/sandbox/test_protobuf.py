"""Messages that are written are read again; other bytes are refused."""

from __future__ import annotations

import contextlib

from hypothesis import given
from hypothesis import strategies as st

from skillrm.sandbox.protobuf import field, fields


@given(st.lists(st.tuples(st.integers(1, 300), st.one_of(st.integers(0, 2**63), st.binary(max_size=300)))))
def test_fields_that_were_written_are_read_again(given_fields):
    assert list(fields(b"".join(field(*one) for one in given_fields))) == given_fields


@given(st.binary(max_size=100))
def test_bytes_that_are_no_message_are_refused_or_read_to_their_end(body):
    with contextlib.suppress(ValueError):
        assert sum(len(value) if isinstance(value, bytes) else 1 for _, value in fields(body)) <= len(body)
