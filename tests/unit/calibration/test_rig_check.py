from __future__ import annotations

from datetime import timedelta

import pytest

from calibration.rig_check import check_rig_fits_camera, check_rig_is_valid, check_rig_sigmas
from calibration.rig_file import parse_rig
from recordings.source import Origin
from tests.config_texts import RIG, replaced
from tracking.errors import CalibrationError

ANY = parse_rig(RIG, "rig.toml")
ONE = parse_rig(replaced(RIG, '"any"', '"123"'), "rig.toml")


def test_a_rig_is_valid_from_calibration_to_expiry() -> None:
    check_rig_is_valid(ANY, ANY.calibrated_at)
    check_rig_is_valid(ANY, ANY.calibrated_at + timedelta(days=30))


@pytest.mark.parametrize("delay", [timedelta(seconds=-1), timedelta(days=30, seconds=1)])
def test_a_rig_outside_its_time_is_refused(delay: timedelta) -> None:
    with pytest.raises(CalibrationError, match="does not hold at this time"):
        check_rig_is_valid(ANY, ANY.calibrated_at + delay)


@pytest.mark.parametrize(
    ("serial", "origin"),
    [("123", "live"), ("123", "foreign"), ("", "foreign"), ("", "simulated")],
)
def test_the_calibrated_camera_passes(serial: str, origin: Origin) -> None:
    check_rig_fits_camera(ONE, serial, origin)


@pytest.mark.parametrize(
    ("serial", "origin"),
    [("124", "live"), ("124", "foreign"), ("124", "simulated"), ("", "live")],
)
def test_another_camera_is_refused(serial: str, origin: Origin) -> None:
    with pytest.raises(CalibrationError, match="another camera") as caught:
        check_rig_fits_camera(ONE, serial, origin)
    assert "123" in caught.value.expected


@pytest.mark.parametrize("serial", ["123", ""])
def test_any_camera_is_for_recordings_only(serial: str) -> None:
    check_rig_fits_camera(ANY, serial, "foreign")
    check_rig_fits_camera(ANY, serial, "simulated")
    with pytest.raises(CalibrationError, match="not calibrated for one camera"):
        check_rig_fits_camera(ANY, serial, "live")


@pytest.mark.parametrize(("mm", "deg"), [(30.0, 0.1), (0.2, 14.0), (float("nan"), 0.1)])
def test_sigmas_too_large_to_be_of_use_are_refused(mm: float, deg: float) -> None:
    check_rig_sigmas(2.0, 0.5, "rig.toml")
    with pytest.raises(CalibrationError, match=r"rig\.toml is too uncertain"):
        check_rig_sigmas(mm, deg, "rig.toml")
