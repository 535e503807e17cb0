from __future__ import annotations

import pytest

from calibration.rig_file import parse_rig
from tests.config_texts import RIG, replaced
from tracking.depth_noise import DepthDomainNoise, StereoNoise
from tracking.errors import CalibrationError, ConfigurationError

STEREO_KEYS = "baseline_mm = 50.0\nsubpixel_px = 0.08\n"
IN_DEPTH = replaced(RIG, STEREO_KEYS, 'model = "depth"\nsigma_mm = [0.4, 0.001, 1e-6]\n')


def test_stereo_is_the_default_and_may_be_named() -> None:
    named = parse_rig(replaced(RIG, "[depth]\n", '[depth]\nmodel = "stereo"\n'), "rig.toml")
    assert named.depth == parse_rig(RIG, "rig.toml").depth == StereoNoise(50.0, 0.08, 1.5)


def test_a_noise_in_depth_is_read_as_written() -> None:
    rig = parse_rig(IN_DEPTH, "rig.toml")
    assert rig.depth == DepthDomainNoise((0.4, 0.001, 1e-6), 1.5)
    assert rig.id != parse_rig(RIG, "rig.toml").id


@pytest.mark.parametrize(
    ("text", "what", "expected", "remedy"),
    [
        (
            replaced(RIG, "[depth]\n", "[depth]\nsigma_mm = [1.0]\n"),
            "depth.sigma_mm belongs to another noise model",
            'baseline_mm, subpixel_px, focal_px, with model = "stereo" (the default',
            'Remove sigma_mm, or set depth.model = "depth"',
        ),
        (
            replaced(IN_DEPTH, "[depth]\n", "[depth]\nfocal_px = 425.0\nbaseline_mm = 50.0\n"),
            "depth.baseline_mm belongs to another noise model",
            'sigma_mm, with model = "depth"',
            'Remove baseline_mm, focal_px, or set depth.model = "stereo"',
        ),
        (
            replaced(RIG, STEREO_KEYS, 'model = "depth"\n'),
            "the key depth.sigma_mm is missing",
            "an array, such as sigma_mm = [0.5, 0.001]",
            "Add depth.sigma_mm",
        ),
        (
            replaced(RIG, "baseline_mm = 50.0\n", ""),
            "the key depth.baseline_mm is missing",
            "a number, such as baseline_mm = 50.0",
            "Add depth.baseline_mm",
        ),
        (
            replaced(RIG, "subpixel_px = 0.08\n", ""),
            "the key depth.subpixel_px is missing",
            "a number, such as subpixel_px = 0.08",
            "Add depth.subpixel_px",
        ),
        (
            replaced(RIG, "[depth]\n", '[depth]\nmodel = "tof"\n'),
            "the value of depth.model cannot be used",
            "one of 'stereo' or 'depth'",
            "Correct depth.model",
        ),
        (
            replaced(IN_DEPTH, "correlation_px = 1.5\n", ""),
            "the key depth.correlation_px is missing",
            "a number",
            "Add depth.correlation_px",
        ),
        (
            replaced(IN_DEPTH, "sigma_mm = [0.4", "sigma_mm = 0.4 #"),
            "the value of depth.sigma_mm cannot be used",
            "an array",
            "Correct depth.sigma_mm",
        ),
        (
            replaced(IN_DEPTH, "sigma_mm = [0.4", "sigma_m = [0.4"),
            "unknown key depth.sigma_m",
            "sigma_mm",
            "Did you mean sigma_mm?",
        ),
    ],
)
def test_keys_of_no_or_of_both_models_are_refused(
    text: str, what: str, expected: str, remedy: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_rig(text, "rig.toml")
    assert f"rig.toml: {what}" in caught.value.what
    assert expected in caught.value.expected
    assert remedy in caught.value.remedy


@pytest.mark.parametrize("sigma", ["[]", "[nan]", "[0.0]", "[1.0, -0.01]", "[1.0, 0.0, 0.0, 0.0]"])
def test_a_sigma_that_no_calibration_gives_is_a_calibration_error(sigma: str) -> None:
    with pytest.raises(CalibrationError, match="no calibration gives") as caught:
        parse_rig(replaced(IN_DEPTH, "[0.4, 0.001, 1e-6]", sigma), "rig.toml")
    assert "sigma_mm" in caught.value.actual
