"""`qa spheres` at the terminal: digits that tell the result, and a nominal size that is a slip."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from pipeline.cli.app import main
from tests.sphere_clouds import cap


@pytest.fixture
def cloud(tmp_path: Path) -> str:
    rng = np.random.default_rng(5)
    points = cap((0.0, 0.0, 500.0), 25.0, rng, n=4000, half_angle_deg=75.0, noise_mm=0.05)
    path = tmp_path / "ball.npz"
    np.savez(path, points_mm=points)
    return str(path)


def test_a_wrong_radius_is_told_to_people_and_in_the_file(
    cloud: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for radius, n_warnings in (("25", 0), ("28", 1)):
        assert main(["qa", "spheres", cloud, "--radius-mm", radius, "--json"]) == 0
        said = capsys.readouterr()
        warnings = json.loads(said.out)["warnings"]
        assert len(warnings) == n_warnings
        assert said.err.count("is it the target that is meant?") == n_warnings


def test_the_table_shows_what_the_sigma_bears_out(
    cloud: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["qa", "spheres", cloud, "--radius-mm", "25"]) == 0
    shown = capsys.readouterr().out
    assert re.search(r"sphere_1_radius +2[45]\.\d{4} +0\.00\d\d +mm", shown)
    assert re.search(r"sphere_1_rms +0\.\d{3} +- +mm", shown)
