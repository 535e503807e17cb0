"""`calibrate collar` on the simulated session whose cone wears a collar."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.cli.app import main
from pipeline.config.catalogue_file import read_catalogue
from recordings.session.writer import SessionWriter
from recordings.simulation.source import open_simulation
from tracking.arrays import Float
from tracking.transforms import rigid

CONE = "MOB-D60-B15"
N_FRAMES = 3
PLACE_MM, TILT_DEG = 0.5, 0.5  # what depth noise of three frames leaves of a collar in place
SHIFT_MM = 4.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The session as it is, and one whose colour camera is said to sit 4 mm aside."""
    folder = tmp_path_factory.mktemp("collar")
    source = open_simulation("sim:bench-collar", read_catalogue(None).applicators)
    for name, text in source.header.embedded:
        (folder / name).write_text(text, encoding="utf-8")
    frames = [source.frame(k) for k in range(N_FRAMES)]
    header = replace(source.header, n_frames=N_FRAMES, embedded=())
    for name, shift in (("good", 0.0), ("moved", SHIFT_MM)):
        with SessionWriter(folder / f"{name}.mcap", header) as writer:
            for frame in frames:
                assert frame.picture is not None
                aside: Float = rigid(np.eye(3), [shift, 0, 0]) @ frame.picture.camera_from_color
                picture = replace(frame.picture, camera_from_color=aside)
                writer.write(replace(frame, picture=picture))
    return folder


def run(folder: Path, source: str, *more: str, catalogue: bool = True) -> int:
    files = ["--rig", str(folder / "rig.toml")]
    if catalogue:
        files += ["--catalogue", str(folder / "catalogue.toml")]
    options = ["--applicator", CONE, "--segmenter", "masks", *more]
    return main(["calibrate", "collar", str(folder / source), *files, *options])


def test_a_collar_in_place_is_said_to_be(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, "good.mcap", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["n_views"] == N_FRAMES
    assert abs(told["along_mm"]) < PLACE_MM
    assert told["across_mm"] < PLACE_MM
    assert told["tilt_deg"] < TILT_DEG
    assert not told["is_out_of_place"]
    assert any("one side" in text for text in told["warnings"])


def test_a_collar_out_of_place_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, "moved.mcap") == 0
    assert "OUT OF PLACE" in capsys.readouterr().out
    assert run(folder, "moved.mcap", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert np.hypot(told["along_mm"], told["across_mm"]) == pytest.approx(SHIFT_MM, abs=PLACE_MM)


def test_an_applicator_without_a_collar_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(folder, "good.mcap", catalogue=False) == 3
    assert "has no collar" in capsys.readouterr().err
