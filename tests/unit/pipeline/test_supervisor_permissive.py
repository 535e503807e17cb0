"""What the output may do before and under a beam."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.supervisor.lease_holder import LEASE_NS, LeaseHolder
from pipeline.supervisor.permissive import (
    MAX_BEAM_NS,
    OPEN_NS,
    AfterBeamOn,
    Alarm,
    Permission,
    Permissive,
)
from tests.builders_supervisor import IDS, KEY

FRAME_NS = 33_000_000
BOTH = pytest.mark.parametrize("choice", AfterBeamOn)


class Story:
    """Frames and beam, one after the other."""

    def __init__(self, choice: AfterBeamOn = AfterBeamOn.ALARM) -> None:
        self.permissive = Permissive(choice)
        self.lease = LeaseHolder(KEY, IDS, 0)
        self.now_ns = LEASE_NS

    def frame(self, *, ready: bool, beam: bool = False, denied: bool = False) -> Permission:
        """A frame is decided."""
        self.now_ns += FRAME_NS
        self.lease.alive_until_ns = self.now_ns + LEASE_NS
        self.lease.ready_until_ns = self.lease.alive_until_ns if ready else 0
        return self.ask(beam=beam, denied=denied)

    def silence(self, *, beam: bool = False, for_ns: int = LEASE_NS) -> Permission:
        """Nothing comes."""
        self.now_ns += for_ns
        return self.ask(beam=beam)

    def ask(self, *, beam: bool, denied: bool = False) -> Permission:
        return self.permissive.decide(
            self.lease, is_beam_on=beam, now_ns=self.now_ns, is_denied=denied
        )


@BOTH
def test_before_the_beam_the_output_follows_the_lease(choice: AfterBeamOn) -> None:
    story = Story(choice)
    assert not story.ask(beam=False).is_closed
    closed = story.frame(ready=True)
    assert closed.closed_until_ns == story.lease.ready_until_ns
    assert not story.frame(ready=False).is_closed
    assert story.frame(ready=True).is_closed
    assert not story.silence().is_closed


def test_by_default_a_lost_lease_under_the_beam_is_alarmed_and_the_output_stays() -> None:
    story = Story()
    story.frame(ready=True)
    assert story.frame(ready=True, beam=True).alarm is None
    lost = story.frame(ready=False, beam=True)
    assert lost.is_closed
    assert lost.alarm is Alarm.NOT_READY_IN_BEAM
    assert story.frame(ready=True, beam=True).alarm is None


def test_a_site_may_choose_to_hold_the_beam() -> None:
    story = Story(AfterBeamOn.HOLD)
    story.frame(ready=True)
    assert story.frame(ready=True, beam=True).is_closed
    lost = story.frame(ready=False, beam=True)
    assert not lost.is_closed
    assert lost.alarm is Alarm.NOT_READY_IN_BEAM
    assert not story.frame(ready=True, beam=True).is_closed  # nor again under this beam
    assert story.frame(ready=True).is_closed


@BOTH
def test_silence_opens_under_the_beam_too(choice: AfterBeamOn) -> None:
    story = Story(choice)
    story.frame(ready=True)
    assert story.frame(ready=True, beam=True).is_closed
    assert story.silence(beam=True, for_ns=LEASE_NS - 1).is_closed
    assert not story.silence(beam=True, for_ns=1).is_closed
    assert not story.frame(ready=True, beam=True).is_closed


@BOTH
def test_a_beam_never_closes_an_output_that_was_open(choice: AfterBeamOn) -> None:
    story = Story(choice)
    story.frame(ready=False)
    began = story.frame(ready=True, beam=True)  # READY comes together with the beam: too late
    assert not began.is_closed
    assert began.alarm is Alarm.BEAM_WITHOUT_READY
    assert not story.frame(ready=True, beam=True).is_closed


@BOTH
def test_a_beam_that_comes_on_as_the_lease_ends_counts_as_without_ready(
    choice: AfterBeamOn,
) -> None:
    story = Story(choice)
    story.frame(ready=True)
    began = story.frame(ready=False, beam=True)
    assert not began.is_closed
    assert began.alarm is Alarm.BEAM_WITHOUT_READY


def test_beam_off_ends_what_the_beam_excused() -> None:
    story = Story()
    story.frame(ready=True)
    story.frame(ready=True, beam=True)
    assert story.frame(ready=False, beam=True).is_closed
    assert not story.frame(ready=False).is_closed
    assert story.ask(beam=False).alarm is None


def test_a_beam_input_that_is_stuck_excuses_nothing_for_long() -> None:
    story = Story()
    story.frame(ready=True)
    story.frame(ready=True, beam=True)
    began_ns = story.now_ns
    while story.now_ns + FRAME_NS - began_ns < MAX_BEAM_NS:
        assert story.frame(ready=False, beam=True).is_closed
    assert not story.frame(ready=False, beam=True).is_closed
    assert not story.frame(ready=True, beam=True).is_closed


def test_a_long_beam_that_stays_ready_stays_closed_and_is_alarmed() -> None:
    story = Story()
    story.frame(ready=True)
    story.frame(ready=True, beam=True)
    story.now_ns += MAX_BEAM_NS
    story.lease.ready_until_ns = story.now_ns + LEASE_NS
    story.permissive._is_closed = True
    late = story.frame(ready=True, beam=True)
    assert late.is_closed
    assert late.alarm is Alarm.BEAM_TOO_LONG


def test_denied_is_open_and_the_beam_is_still_told() -> None:
    story = Story()
    story.frame(ready=True)
    denied = story.frame(ready=True, beam=True, denied=True)
    assert (denied.is_closed, denied.is_beam_on) == (False, True)
    assert not story.frame(ready=True, beam=True).is_closed


STEPS = st.lists(
    st.tuples(
        st.sampled_from([0, 1_000_000, FRAME_NS, LEASE_NS - 1, LEASE_NS, MAX_BEAM_NS]),
        st.sampled_from(["ready", "not ready", "silence"]),
        st.booleans(),
        st.booleans(),
    ),
    max_size=30,
)


@BOTH
@given(steps=STEPS)
def test_in_any_story_the_output_is_closed_only_where_it_may_be(
    choice: AfterBeamOn, steps: list[tuple[int, str, bool, bool]]
) -> None:
    story, was_closed, was_beam = Story(choice), False, False
    for passed_ns, what, beam, denied in steps:
        story.now_ns += passed_ns
        if what != "silence":
            story.lease.alive_until_ns = story.now_ns + LEASE_NS
            story.lease.ready_until_ns = story.lease.alive_until_ns if what == "ready" else 0
        got = story.ask(beam=beam, denied=denied)
        is_ready = story.lease.is_ready(story.now_ns)
        if got.is_closed:
            assert not denied
            assert story.now_ns < got.closed_until_ns <= story.lease.alive_until_ns  # no silence
            assert is_ready or (beam and was_beam and was_closed and choice is AfterBeamOn.ALARM)
            assert was_closed or not beam  # a beam closes nothing
        else:
            assert got.closed_until_ns == OPEN_NS
            assert denied or beam or not is_ready
        was_closed, was_beam = got.is_closed, beam
