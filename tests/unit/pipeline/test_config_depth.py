"""Either noise model of the rig comes back out of the effective configuration."""

from __future__ import annotations

import tomllib

import pytest

from calibration.rig_file import parse_rig
from pipeline.config.config_tables import rig_table
from tests.config_texts import RIG, replaced
from tracking.toml_text import toml_text

STEREO_KEYS = "baseline_mm = 50.0\nsubpixel_px = 0.08\n"
MODELS = {
    "stereo": RIG,
    "stereo with its own focal length": replaced(RIG, "[depth]\n", "[depth]\nfocal_px = 430.5\n"),
    "depth": replaced(RIG, STEREO_KEYS, 'model = "depth"\nsigma_mm = [0.4, 0.001, 1e-6]\n'),
}


@pytest.mark.parametrize("name", MODELS)
def test_the_noise_model_reads_back_as_the_same(name: str) -> None:
    rig = parse_rig(MODELS[name], "rig.toml")
    written = toml_text({"schema": 1, **rig_table(rig)})
    assert parse_rig(written, "effective").depth == rig.depth


@pytest.mark.parametrize("name", MODELS)
def test_the_effective_configuration_names_the_model(name: str) -> None:
    depth = tomllib.loads(toml_text(rig_table(parse_rig(MODELS[name], "rig.toml"))))["depth"]
    assert depth["model"] == name.split(maxsplit=1)[0]
    assert ("sigma_mm" in depth) != ("baseline_mm" in depth)
