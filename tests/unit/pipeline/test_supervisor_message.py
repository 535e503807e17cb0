"""The lease's wire format: fixed, bounded, authenticated before it is read."""

from __future__ import annotations

import hmac
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.supervisor.identities import NAMES, LeaseIds
from pipeline.supervisor.message import BODY, DATAGRAM_BYTES, MAGIC, Kind, opened, seal
from pipeline.supervisor.refusal import Refusal
from tests.builders_supervisor import IDS, KEY, OTHER_KEY, message

NUMBERS = st.integers(0, 2**64 - 1)


def sealed_by_hand(magic: bytes, kind: int) -> bytes:
    body = BODY.pack(magic, kind, *IDS.digests, 1, 0, 0)
    return body + hmac.digest(KEY, body, "sha256")


@given(kind=st.sampled_from(Kind), sequence=NUMBERS, frame_index=NUMBERS, issued_ns=NUMBERS)
def test_what_was_sealed_is_read_back(
    kind: Kind, sequence: int, frame_index: int, issued_ns: int
) -> None:
    sent = message(kind, sequence=sequence, frame_index=frame_index, issued_ns=issued_ns)
    datagram = seal(sent, KEY)
    assert len(datagram) == DATAGRAM_BYTES <= 1024
    assert opened(datagram, KEY) == sent


@given(st.integers(0, DATAGRAM_BYTES * 8 - 1))
def test_any_flipped_bit_is_a_forgery(bit: int) -> None:
    datagram = bytearray(seal(message(), KEY))
    datagram[bit // 8] ^= 1 << bit % 8
    assert opened(bytes(datagram), KEY) is Refusal.MAC


def test_another_key_is_a_forgery() -> None:
    assert opened(seal(message(), OTHER_KEY), KEY) is Refusal.MAC


@given(st.binary(max_size=2 * DATAGRAM_BYTES))
def test_garbage_is_refused(data: bytes) -> None:
    expected = Refusal.MAC if len(data) == DATAGRAM_BYTES else Refusal.SIZE
    assert opened(data, KEY) is expected


@pytest.mark.parametrize("change", [-1, 1])
def test_a_message_cut_or_longer_is_refused(change: int) -> None:
    datagram = seal(message(), KEY)
    assert opened((datagram + b"\0")[: DATAGRAM_BYTES + change], KEY) is Refusal.SIZE


def test_another_version_and_an_unknown_kind_are_refused() -> None:
    assert opened(sealed_by_hand(MAGIC, Kind.RENEW), KEY) == message()
    assert opened(sealed_by_hand(b"ATL2", Kind.RENEW), KEY) is Refusal.KIND
    assert opened(sealed_by_hand(MAGIC, 0), KEY) is Refusal.KIND
    assert opened(sealed_by_hand(MAGIC, max(Kind) + 1), KEY) is Refusal.KIND


@pytest.mark.parametrize("changes", [{"sequence": -1}, {"frame_index": -1}, {"issued_ns": 2**64}])
def test_numbers_that_do_not_fit_are_not_sent(changes: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        seal(message(**changes), KEY)


def test_a_short_key_is_no_key() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        seal(message(), KEY[:-1])


def test_the_same_text_identifies_different_things() -> None:
    ids = LeaseIds.of(session="a", plan="a", patient="a", rig="a", model="a", limits="a")
    assert len(set(ids.digests)) == len(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_identity_identifies_nothing(name: str) -> None:
    texts = dict.fromkeys(NAMES, "a") | {name: ""}
    with pytest.raises(ValueError, match=f"{name} is empty"):
        LeaseIds.of(**texts)
    with pytest.raises(ValueError, match="32 bytes"):
        replace(IDS, **{name: b""})
