"""Temperature of a camera against its depth calibration: what is not known is never inside."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from calibration.temperature import Band, check_temperature
from tracking.depth_calibration import DepthCalibration


def held(
    band: tuple[float, float] | None = (30.0, 38.0), warm_up_min: float | None = 20.0
) -> DepthCalibration:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return DepthCalibration("S1", at, 30.0, (300.0, 600.0), 0.2, band, warm_up_min)


@pytest.mark.parametrize(
    ("temperature_c", "band"),
    [
        (34.0, Band.INSIDE),
        (29.0, Band.INSIDE),  # one step of the thermometer
        (39.0, Band.INSIDE),
        (28.9, Band.OUTSIDE),
        (39.1, Band.OUTSIDE),
        (float("nan"), Band.OUTSIDE),
        (None, Band.UNKNOWN),
    ],
)
def test_the_band_decides(temperature_c: float | None, band: Band) -> None:
    assert check_temperature(held(), temperature_c).band is band


def test_what_is_not_known_is_said() -> None:
    assert "NOT COMPARED" in check_temperature(held(), None).sentence
    assert check_temperature(None, 34.0).band is Band.UNKNOWN
    assert check_temperature(held(band=None), 34.0).band is Band.UNKNOWN


def test_the_sentence_says_what_to_do() -> None:
    cold = check_temperature(held(), 22.0).sentence
    assert "30 to 38 C, 20 min after" in cold
    assert "22 C: OUTSIDE, let it warm up" in cold
    assert "calibrate depth" in check_temperature(held(), 50.0).sentence
