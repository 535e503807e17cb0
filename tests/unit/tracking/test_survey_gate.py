"""A survey that is the bed no more is UNSURE, whatever else passes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.builders import PLANNED_IDENTITY, make_alignment, make_snapshot
from tracking.bed import BedStatus
from tracking.decision import Verdict
from tracking.gate import decide
from tracking.reasons import TEXTS, Reason, Severity
from tracking.registration import RegistrationStatus
from tracking.snapshot import KernelState
from tracking.survey_alignment import SurveyStatus


@pytest.mark.parametrize("status", [SurveyStatus.STALE, SurveyStatus.LOST])
def test_a_bed_that_is_not_where_the_survey_has_it_is_unsure(status: SurveyStatus) -> None:
    decision, state = decide(make_snapshot(survey=status), KernelState())
    assert decision.verdict is Verdict.UNSURE
    assert decision.reasons == (Reason.SURVEY_STALE,)
    assert state.passed == 0


@pytest.mark.parametrize("status", [SurveyStatus.NONE, SurveyStatus.OK])
def test_no_survey_and_one_that_agrees_are_no_reason(status: SurveyStatus) -> None:
    decision, _ = decide(make_snapshot(survey=status), KernelState())
    assert decision.checks_passed


def test_a_survey_lost_with_the_bed_says_the_bed_is_hidden() -> None:
    snapshot = make_snapshot(survey=SurveyStatus.LOST, bed=BedStatus.RIM_HIDDEN)
    decision, _ = decide(snapshot, KernelState())
    assert Reason.BED_HIDDEN in decision.reasons
    assert Reason.SURVEY_STALE not in decision.reasons


def test_a_stale_survey_is_told_beside_a_hidden_bed() -> None:
    snapshot = make_snapshot(survey=SurveyStatus.STALE, bed=BedStatus.RIM_HIDDEN)
    decision, _ = decide(snapshot, KernelState())
    assert decision.reasons == (Reason.BED_HIDDEN, Reason.SURVEY_STALE)


def test_without_the_planned_cone_the_survey_says_nothing() -> None:
    other = make_alignment(applicator_id=replace(PLANNED_IDENTITY, value="D65-B15"))
    for changes, reason in (
        ({"alignment": other}, Reason.WRONG_APPLICATOR),
        ({"registration": RegistrationStatus.POOR_FIT}, Reason.REGISTRATION_FAILED),
    ):
        snapshot = make_snapshot(survey=SurveyStatus.STALE, **changes)
        decision, _ = decide(snapshot, KernelState())
        assert decision.reasons == (reason,)
        assert not decision.checks_passed


def test_ready_falls_when_the_survey_turns_stale() -> None:
    state = KernelState()
    for frame in range(12):
        decision, state = decide(make_snapshot(frame), state)
    assert state.armed
    decision, state = decide(make_snapshot(12, survey=SurveyStatus.STALE), state)
    assert decision.verdict is Verdict.UNSURE
    assert not state.armed


def test_its_text_says_what_to_do() -> None:
    text = TEXTS[Reason.SURVEY_STALE]
    assert text.severity is Severity.UNSURE
    assert text.sentence
    assert text.action
