"""One value has one spelling, and whatever else a file may hold is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.audit.canonical import (
    MAX_DEPTH,
    MAX_LINE_BYTES,
    CanonicalError,
    canonical_bytes,
    parse_canonical,
)

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63) + 1, 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), PLAIN, max_size=4))
def test_what_is_written_is_read_back_and_has_one_spelling(value: dict[str, Any]) -> None:
    data = canonical_bytes(value)
    assert data.isascii()
    assert b"\n" not in data
    assert canonical_bytes(parse_canonical(data)) == data


def test_the_order_of_keys_and_the_kind_of_sequence_do_not_matter() -> None:
    assert canonical_bytes({"b": (1, 2), "a": "ü"}) == b'{"a":"\\u00fc","b":[1,2]}'


def nested(depth: int) -> Any:  # noqa: ANN401 - any JSON
    return [nested(depth - 1)] if depth else 1


@pytest.mark.parametrize(
    "value",
    [
        {"x": float("nan")},
        {"x": float("inf")},
        {"x": 2**63},
        {"x": -(2**64)},
        {1: "x"},
        {"x": {1, 2}},
        {"x": b"bytes"},
        {"x": nested(MAX_DEPTH)},
        {"x": "y" * MAX_LINE_BYTES},
    ],
    ids=["nan", "inf", "big", "big negative", "key", "set", "bytes", "deep", "long"],
)
def test_what_has_no_canonical_form_is_refused(value: Any) -> None:  # noqa: ANN401
    with pytest.raises(CanonicalError):
        canonical_bytes(value)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00" * 40,
        b"\xff\xfe{}",
        b"{'a':1}",
        b'{"a": 1}',
        b'{"b":1,"a":1}',
        b'{"a":1,"a":1}',
        b'{"a":1.0e0}',
        b'{"a":1e999}',
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":"\\u0041"}',
        '{"a":"ü"}'.encode(),
        b'{"a":9223372036854775808}',
        b'{"a":' + b"9" * 10_000 + b"}",
        b"[1]",
        b"1",
        b"[" * 200_000,
        b'{"a":' * 50_000,
        b'{"a":"' + b"x" * MAX_LINE_BYTES + b'"}',
        b'{"a":1}\r',
        b'{"a":1}{"a":1}',
    ],
    ids=range(22),
)
def test_every_other_spelling_is_refused(data: bytes) -> None:
    with pytest.raises(CanonicalError):
        parse_canonical(data)


def test_lone_surrogates_survive() -> None:
    data = canonical_bytes({"a": "\ud800"})
    assert json.loads(data) == {"a": "\ud800"}
    assert parse_canonical(data) == {"a": "\ud800"}
