from __future__ import annotations

import pytest

from tracking.decision import GateDecision, Verdict
from tracking.reasons import TEXTS, Reason, Severity, in_precedence


def test_every_reason_has_a_text_and_no_text_is_without_reason() -> None:
    assert set(TEXTS) == set(Reason)


@pytest.mark.parametrize("reason", list(Reason))
def test_sentences_are_short_and_end_with_a_stop(reason: Reason) -> None:
    text = TEXTS[reason]
    assert text.sentence.endswith(".")
    assert text.action.endswith(".")
    assert len(text.sentence) <= 45  # readable from across a room
    assert reason.value == reason.name


def test_sentences_differ() -> None:
    assert len({text.sentence for text in TEXTS.values()}) == len(TEXTS)


def test_what_is_measured_outside_is_hold_and_what_is_not_proven_is_unsure() -> None:
    for reason in Reason:
        if reason.name.endswith(("_HIGH", "_LOW")):
            assert TEXTS[reason].severity is Severity.HOLD, reason
        if reason.name.endswith("_UNCERTAIN") or reason is Reason.ARMING:
            assert TEXTS[reason].severity is Severity.UNSURE, reason


@pytest.mark.parametrize("reason", [r for r in Reason if r.name.endswith("_UNCERTAIN")])
def test_what_is_not_proven_sends_closer_to_the_plan_or_clears_the_view(reason: Reason) -> None:
    """Either lessens the bound: a smaller deviation or a smaller sigma."""
    action = TEXTS[reason].action.lower()
    assert "closer to the plan" in action
    assert "clear" in action


def test_the_enumeration_is_written_in_the_order_of_severity() -> None:
    severities = [TEXTS[reason].severity for reason in Reason]
    assert severities == sorted(severities)


def test_precedence_sorts_fault_unsure_hold() -> None:
    ordered = in_precedence(set(Reason))
    severities = [TEXTS[reason].severity for reason in ordered]
    assert severities == sorted(severities)
    assert len(ordered) == len(Reason)
    mixed = {Reason.AIR_GAP_HIGH, Reason.FRAME_STALE, Reason.SOURCE_FAILED, Reason.SSD_LOW}
    assert in_precedence(mixed) == (
        Reason.SOURCE_FAILED,
        Reason.FRAME_STALE,
        Reason.SSD_LOW,
        Reason.AIR_GAP_HIGH,
    )
    assert in_precedence(set()) == ()


def test_ready_has_no_reasons_and_the_rest_have_some() -> None:
    with pytest.raises(ValueError, match="READY has no reasons"):
        GateDecision(Verdict.READY, (Reason.ARMING,), checks_passed=True, arming_passed=10)
    with pytest.raises(ValueError, match="at least one"):
        GateDecision(Verdict.HOLD, (), checks_passed=False, arming_passed=0)
    with pytest.raises(ValueError, match="every check"):
        GateDecision(Verdict.READY, (), checks_passed=False, arming_passed=10)


def test_severity_order() -> None:
    assert Severity.FAULT < Severity.UNSURE < Severity.HOLD
