"""A rig expires for a session's evidence exactly when it does for `rig check`."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from calibration.rig_check import expires_at, is_rig_valid
from calibration.rig_file import parse_rig
from pipeline.evidence import evidence_for
from tests.config_texts import RIG
from tests.recording_frames import make_header
from tracking.errors import SourceError
from tracking.snapshot import Evidence

ONE_RIG = parse_rig(RIG, "rig.toml")
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("at", "is_valid"),
    [
        (ONE_RIG.calibrated_at - SECOND, False),
        (ONE_RIG.calibrated_at, True),
        (expires_at(ONE_RIG), True),
        (expires_at(ONE_RIG) + SECOND, False),
    ],
)
@pytest.mark.parametrize("is_replay", [True, False])
def test_expiry(at: datetime, is_valid: bool, is_replay: bool) -> None:
    header = replace(make_header(), recorded_at=at.isoformat() if is_replay else "")
    start = evidence_for(header, ONE_RIG, now=None if is_replay else at)
    assert start.evidence.rig_validity is (Evidence.PROVEN if is_valid else Evidence.FAILED)
    assert is_rig_valid(ONE_RIG, at) is is_valid


def test_a_recording_without_a_date_is_excused() -> None:
    start = evidence_for(replace(make_header(), recorded_at=""), ONE_RIG, now=None)
    assert start.evidence.rig_validity is Evidence.ASSUMED
    assert "rig_validity" in start.assumed


@pytest.mark.parametrize("recorded_at", ["2026-01-01T09:00:00", "yesterday"])
def test_a_date_that_names_no_moment_is_refused(recorded_at: str) -> None:
    header = replace(make_header(), recorded_at=recorded_at)
    with pytest.raises(SourceError, match="when it was recorded"):
        evidence_for(header, ONE_RIG, now=None)
