"""What a replay does with inputs that are odd but not wrong, from the command line's view."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from models.segmenter import Ahead, Segmenter
from pipeline import replay as replay_module
from pipeline.cli.app import main
from pipeline.sinks.output_dir import ARTEFACTS
from recordings.bop.writer import BopWriter
from recordings.images import encode_png
from recordings.naming import source_name
from tests.config_texts import CATALOGUE, PLAN, RIG, replaced, written
from tests.recording_frames import INTRINSICS, UNIT_MM, make_frames
from tracking.frame import RgbdFrame, SourceFrame
from tracking.segmentation import Segmentation

N_FRAMES = 2  # the third of `make_frames` has no colour, which a BOP folder needs


class NoLabelsNeeded:
    """Stands in for the network: looks at nothing that the source stores."""

    model_id = "stand-in"

    def look_ahead(self, _frame: RgbdFrame) -> Ahead:
        """Nothing."""
        return None

    def segment(self, source_frame: SourceFrame, _ahead: Ahead = None) -> Segmentation:
        """Label nothing."""
        return Segmentation(np.zeros(source_frame.frame.intrinsics.shape, np.uint8), self.model_id)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    written(tmp_path, "rig.toml", RIG)
    written(tmp_path, "plan.toml", PLAN)
    written(tmp_path, "catalogue.toml", CATALOGUE)
    with BopWriter(tmp_path / "scene", INTRINSICS, UNIT_MM) as writer:
        for frame in make_frames(N_FRAMES):
            writer.write(frame)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def replay(source: str, out: str, segmenter: str = "masks") -> int:
    files = ["--rig", "rig.toml", "--plan", "plan.toml", "--catalogue", "catalogue.toml"]
    return main(["replay", source, *files, "--no-video", "--segmenter", segmenter, "--out", out])


def load_stand_in(_: str) -> Segmenter:
    return NoLabelsNeeded()


@pytest.mark.parametrize(
    "content",
    [None, b"junk", encode_png(np.zeros((4, 4), np.uint8))],
    ids=["gone", "junk", "small"],
)
def test_labels_end_only_a_replay_that_needs_them(
    place: Path,
    content: bytes | None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    label = place / "scene" / "label" / "000006.png"
    label.unlink() if content is None else label.write_bytes(content)
    assert replay("scene", "out") == 5
    err = capsys.readouterr().err
    assert "labels of frame 6 cannot be used" in err
    assert "label/000006.png" in err
    assert not (place / "out").exists()
    monkeypatch.setattr(replay_module, "load_segmenter", load_stand_in)
    assert replay("scene", "out", "onnx") == 0
    assert len((place / "out" / "records.jsonl").read_text().splitlines()) == N_FRAMES


def test_a_source_has_one_name_in_the_results(place: Path) -> None:
    for source, out in (("scene", "a"), (str(place / "scene"), "b"), ("scene/../scene/", "c")):
        assert replay(source, out) == 0
        summary = json.loads((place / out / "summary.json").read_text(encoding="utf-8"))
        assert summary["source"] == "scene" == source_name(source)
    configs = {(place / out / "effective_config.toml").read_bytes() for out in "abc"}
    assert len(configs) == 1


@pytest.mark.parametrize(
    ("out", "part"), [("/", "no folder beside which"), ("link", "a link to nothing")]
)
def test_an_output_folder_that_cannot_be_is_a_usage_error(
    place: Path, out: str, part: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "link").symlink_to("gone")
    assert replay("scene", out) == 2
    err = capsys.readouterr().err
    assert part in err
    assert "The software failed" not in err


def test_the_current_folder_takes_the_artefacts(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / "here").mkdir()
    for name in ("rig.toml", "plan.toml", "catalogue.toml"):
        (place / "here" / name).symlink_to(place / name)
    monkeypatch.chdir(place / "here")
    assert replay("../scene", ".") == 0
    assert (place / "here" / "records.jsonl").exists()
    assert {path.name for path in (place / "here").iterdir()} <= {
        *ARTEFACTS,
        "rig.toml",
        "plan.toml",
        "catalogue.toml",
    }


def test_no_source_is_a_source_error(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert replay("", "out") == 5
    assert "no source is named" in capsys.readouterr().err
    assert not (place / "out").exists()


@pytest.mark.parametrize(
    ("old", "new"),
    [("valid_days = 30", "valid_days = 1e12"), ("1.0, 30.0]", "1.0, 1e9]")],
)
def test_a_rig_beyond_all_measure_is_a_calibration_error(
    place: Path, old: str, new: str, capsys: pytest.CaptureFixture[str]
) -> None:
    written(place, "rig.toml", replaced(RIG, old, new))
    assert replay("scene", "out") == 4
    assert "at most" in capsys.readouterr().err
