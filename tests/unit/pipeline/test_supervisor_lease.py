"""The lease: only a valid renewal moves its deadline, and each guard is needed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.supervisor.lease_holder import CHECKS, LEASE_NS, LeaseHolder
from pipeline.supervisor.message import DATAGRAM_BYTES, Kind, Message, seal
from pipeline.supervisor.refusal import Refusal
from tests.builders_supervisor import IDS, KEY, OTHER_KEY, message, other

SESSION_PID = 4711
T0 = 1_000_000_000
NOW = T0 + 10_000_000
GOOD = message(sequence=8, frame_index=21, issued_ns=NOW)


def holding() -> LeaseHolder:
    """A holder whose lease was renewed by sequence 7, frame 20, at T0."""
    holder = LeaseHolder(KEY, IDS, SESSION_PID)
    first = message(sequence=7, frame_index=20, issued_ns=T0)
    assert isinstance(holder.take(seal(first, KEY), SESSION_PID, T0), Message)
    return holder


BAD: dict[Refusal, Message] = {
    Refusal.SESSION: replace(GOOD, ids=other("session")),
    Refusal.PLAN: replace(GOOD, ids=other("plan")),
    Refusal.PATIENT: replace(GOOD, ids=other("patient")),
    Refusal.RIG: replace(GOOD, ids=other("rig")),
    Refusal.MODEL: replace(GOOD, ids=other("model")),
    Refusal.LIMITS: replace(GOOD, ids=other("limits")),
    Refusal.SEQUENCE: replace(GOOD, sequence=7),
    Refusal.FRAME: replace(GOOD, frame_index=20),
    Refusal.FUTURE: replace(GOOD, issued_ns=NOW + 1),
    Refusal.STALE: replace(GOOD, issued_ns=NOW - LEASE_NS),
}


def take(holder: LeaseHolder, sent: Message, pid: int = SESSION_PID) -> Message | Refusal:
    return holder.take(seal(sent, KEY), pid, NOW)


def test_a_valid_renewal_counts_from_when_it_was_issued() -> None:
    holder = holding()
    assert take(holder, GOOD) == GOOD
    assert holder.ready_until_ns == NOW + LEASE_NS
    assert holder.is_ready(NOW + LEASE_NS - 1)
    assert not holder.is_ready(NOW + LEASE_NS)


def test_a_renewal_that_waited_counts_no_longer_for_it() -> None:
    holder = holding()
    late = replace(GOOD, issued_ns=NOW - LEASE_NS + 1)
    assert take(holder, late) == late
    assert holder.ready_until_ns == NOW + 1


def test_there_is_no_lease_before_the_first_renewal() -> None:
    assert not LeaseHolder(KEY, IDS, SESSION_PID).is_ready(0)


@pytest.mark.parametrize("refusal", BAD)
def test_a_renewal_wrong_in_one_thing_is_refused_and_moves_nothing(refusal: Refusal) -> None:
    holder = holding()
    before = replace(holder)
    assert take(holder, BAD[refusal]) is refusal
    assert holder == before


@pytest.mark.parametrize("refusal", BAD)
def test_without_its_guard_it_would_be_accepted(
    refusal: Refusal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(CHECKS, refusal)
    holder = holding()
    assert take(holder, BAD[refusal]) == BAD[refusal]


def test_another_process_with_the_key_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    holder = holding()
    before = replace(holder)
    assert take(holder, GOOD, SESSION_PID + 1) is Refusal.SENDER
    assert holder == before
    monkeypatch.delitem(CHECKS, Refusal.SENDER)
    assert take(holder, GOOD, SESSION_PID + 1) == GOOD


def test_forged_cut_and_long_datagrams_move_nothing() -> None:
    holder = holding()
    before = replace(holder)
    datagram = seal(GOOD, KEY)
    assert holder.take(seal(GOOD, OTHER_KEY), SESSION_PID, NOW) is Refusal.MAC
    assert holder.take(datagram[:-1], SESSION_PID, NOW) is Refusal.SIZE
    assert holder.take(datagram + b"\0", SESSION_PID, NOW) is Refusal.SIZE
    assert holder.take(b"", SESSION_PID, NOW) is Refusal.SIZE
    assert holder == before


def test_without_the_seal_a_forgery_would_be_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hmac.compare_digest", lambda _a, _b: True)
    assert holding().take(seal(GOOD, OTHER_KEY), SESSION_PID, NOW) == GOOD


def test_every_guard_of_the_holder_has_its_bad_message() -> None:
    assert set(CHECKS) == {*BAD, Refusal.SENDER}
    elsewhere = {Refusal.SIZE, Refusal.MAC, Refusal.KIND}  # test_supervisor_message
    in_the_loop = {Refusal.FLOOD, Refusal.PROOF, Refusal.BEAM}  # test_supervisor_loop
    assert {*CHECKS, *elsewhere, *in_the_loop} == set(Refusal)


@pytest.mark.parametrize("kind", [Kind.NOT_READY, Kind.DROP, Kind.GO_LIVE, Kind.END])
def test_not_ready_drops_at_once(kind: Kind) -> None:
    holder = holding()
    sent = replace(GOOD, kind=kind)
    assert take(holder, sent) == sent
    assert not holder.is_ready(NOW)


@pytest.mark.parametrize("refusal", BAD)
def test_not_ready_drops_whatever_else_is_wrong_with_it(refusal: Refusal) -> None:
    holder = holding()
    assert take(holder, replace(BAD[refusal], kind=Kind.NOT_READY)) is refusal
    assert not holder.is_ready(NOW)


def test_a_forged_not_ready_moves_nothing() -> None:
    holder = holding()
    holder.take(seal(replace(GOOD, kind=Kind.NOT_READY), OTHER_KEY), SESSION_PID, NOW)
    assert holder.is_ready(NOW)


def test_a_frame_that_was_not_ready_cannot_become_ready() -> None:
    holder = holding()
    take(holder, replace(GOOD, kind=Kind.NOT_READY))
    assert take(holder, replace(GOOD, sequence=9)) is Refusal.FRAME
    assert not holder.is_ready(NOW)


@pytest.mark.parametrize("kind", [Kind.BEAM_ON, Kind.BEAM_OFF, Kind.DROP])
def test_other_messages_need_no_new_frame_and_renew_nothing(kind: Kind) -> None:
    holder = holding()
    holder.drop()
    sent = replace(GOOD, kind=kind, frame_index=20)
    assert take(holder, sent) == sent
    assert not holder.is_ready(NOW)
    assert holder.alive_until_ns == T0 + LEASE_NS


def test_a_session_is_alive_as_long_as_it_decides_frames() -> None:
    holder = holding()
    take(holder, replace(GOOD, kind=Kind.NOT_READY))
    assert holder.alive_until_ns == NOW + LEASE_NS
    holder.end()
    assert holder.alive_until_ns == 0


def test_the_session_counts_its_own_frames_after_the_proof_test() -> None:
    holder = holding()
    holder.begin_frames()
    assert not holder.is_ready(NOW)
    first = replace(GOOD, frame_index=0)
    assert take(holder, first) == first
    assert take(holder, replace(GOOD, sequence=7, frame_index=1)) is Refusal.SEQUENCE


def test_the_size_is_what_the_protocol_says() -> None:
    assert DATAGRAM_BYTES == 253
