"""De-identified copies and retention, on simulated clips."""

from __future__ import annotations

import json
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from pipeline.audit.key_files import make_key_files
from pipeline.audit.pseudonym import pseudonym
from pipeline.cli.app import main
from pipeline.config.catalogue_file import read_catalogue
from pipeline.privacy.colour import with_colour
from pipeline.privacy.names import Colour
from pipeline.privacy.pseudonyms import Pseudonyms
from pipeline.privacy.retention import review
from pipeline.privacy.texts import without_person
from recordings.opening import open_source
from recordings.simulation.simulate import simulate
from recordings.source import SourceHeader
from tests.config_texts import PLAN
from tracking.errors import SourceError
from tracking.frame import SourceFrame
from tracking.segmentation import Label

KEY = bytes(range(32))
N_FRAMES = 26


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "clip.mcap"
    simulate("docking-small", 4, path, read_catalogue(None).applicators, n_frames=N_FRAMES)
    return path


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    paths, _ = make_key_files(tmp_path_factory.mktemp("keys") / "keys")
    return paths.pseudonym


def _read(path: Path) -> tuple[SourceHeader, list[SourceFrame]]:
    source = open_source(str(path), applicators={})
    frames = []
    while (frame := source.read()) is not None:
        frames.append(frame)
    source.close()
    return source.header, frames


def test_a_copy_names_nobody_and_measures_the_same(clip: Path, key: Path, tmp_path: Path) -> None:
    out = tmp_path / "copy.mcap"
    assert main(["sessions", "deidentify", str(clip), str(out), "--key", str(key)]) == 0
    before, frames = _read(clip)
    after, copied = _read(out)
    patient = tomllib.loads(dict(before.embedded)["plan.toml"])["patient_id"]
    raw = out.read_bytes()
    assert patient.encode() not in raw
    assert before.device_serial.encode() not in raw
    assert after.device_serial.startswith("CAM-")
    plan = tomllib.loads(dict(after.embedded)["plan.toml"])
    assert plan["patient_id"] == pseudonym(patient, bytes.fromhex(key.read_text().strip()))
    rig = tomllib.loads(dict(after.embedded)["rig.toml"])
    assert rig["camera_serial"] == after.device_serial == copied[0].frame.device_serial
    assert [f.frame.depth_sha256 for f in copied] == [f.frame.depth_sha256 for f in frames]
    assert [f.frame.color_rgb for f in copied] == [None] * N_FRAMES
    note = json.loads(dict(after.embedded)["deidentified.json"])
    assert (note["colour"], note["has_serial"]) == ("off", False)
    again = tmp_path / "again.mcap"
    assert main(["sessions", "deidentify", str(clip), str(again), "--key", str(key)]) == 0
    assert again.read_bytes() == raw
    assert main(["sessions", "deidentify", str(clip), str(out), "--key", str(key)]) == 2
    assert main(["sessions", "deidentify", str(clip), str(out), "--key", str(clip)]) == 3


def test_a_copy_replays_to_the_same_quantities(clip: Path, key: Path, tmp_path: Path) -> None:
    out = tmp_path / "archive" / "copy.mcap"
    out.parent.mkdir()
    options = ("--key", str(key), "--colour", "keep", "--keep-serial")
    assert main(["sessions", "deidentify", str(clip), str(out), *options]) == 0
    (tmp_path / "whole").mkdir()
    (tmp_path / "whole" / "copy.mcap").write_bytes(clip.read_bytes())
    told = []
    for folder in (out.parent, tmp_path / "whole"):
        table = tmp_path / f"{folder.name}.csv"
        export = ["sessions", "export", str(folder / "copy.mcap"), "--csv", str(table)]
        assert main([*export, "--segmenter", "masks"]) == 0
        told.append([line.split(",")[2:4] for line in table.read_text().splitlines()])
    assert told[0] == told[1]


def test_colour_is_cropped_to_the_cone(clip: Path) -> None:
    _, frames = _read(clip)
    frame = next(f for f in reversed(frames) if f.labels is not None and (f.labels == 2).any())
    cropped = with_colour(frame, Colour.CONE).frame.color_rgb
    assert cropped is not None
    assert frame.labels is not None
    assert frame.frame.color_rgb is not None
    cone = frame.labels == Label.APPLICATOR.value
    assert np.array_equal(cropped[cone], frame.frame.color_rgb[cone])
    far = np.zeros(cone.shape, bool)
    rows, columns = np.nonzero(cone)
    far[: max(0, rows.min() - 10)] = far[rows.max() + 10 :] = True
    far[:, : max(0, columns.min() - 10)] = far[:, columns.max() + 10 :] = True
    assert far.any()
    assert not cropped[far].any()
    assert with_colour(frame, Colour.KEEP) is frame
    bare = SourceFrame(frame.frame)
    with pytest.raises(SourceError, match="where the cone is"):
        with_colour(bare, Colour.CONE)


def test_a_recording_can_leave_colour_out(clip: Path, tmp_path: Path) -> None:
    out = tmp_path / "dark.mcap"
    assert main(["record", str(clip), str(out), "--colour", "off", "--frames", "3"]) == 0
    _, frames = _read(out)
    assert [f.frame.color_rgb for f in frames] == [None] * 3


def test_what_names_a_study_goes_and_what_cannot_be_read_is_refused() -> None:
    study = '[dicom]\nfile_sha256 = "x"\n[area_at_risk_patient]\nname = "y"\n'
    [(_, text)] = without_person((("plan.toml", f"# of Jane\n{PLAN}{study}"),), Pseudonyms(KEY), {})
    expected = {**tomllib.loads(PLAN), "patient_id": pseudonym("patient-1", KEY)}
    assert tomllib.loads(text) == expected
    assert "Jane" not in text
    with pytest.raises(SourceError, match="cannot be read"):
        without_person((("plan.toml", "patient = ["),), Pseudonyms(KEY), {})


def test_retention_shows_first_and_deletes_only_what_is_due_and_not_held(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = tmp_path / "archive"
    for name in ("old", "held", "case/below"):
        (archive / name).parent.mkdir(parents=True, exist_ok=True)
        (archive / f"{name}.mcap").write_bytes(clip.read_bytes())
    (archive / "held.hold").touch()
    (archive / "case" / ".hold").touch()
    (archive / "new.mcap").write_bytes(b"not a session")  # dated by its file: today
    recorded = datetime(2026, 1, 1, 9, tzinfo=UTC)
    found = review(archive, timedelta(days=10), recorded + timedelta(days=11))
    assert {kept.name for kept in found if kept.goes} == {"old.mcap"}
    assert {kept.name for kept in found if kept.hold} == {"held.mcap", "case/below.mcap"}
    assert review(archive, timedelta(days=12), recorded + timedelta(days=11))[0].goes is False

    retention = ["sessions", "retention", str(archive), "--older-than", "1d"]
    before = sorted(archive.iterdir())
    assert main(retention) == 0
    assert "1 sessions would go" in capsys.readouterr().out
    assert sorted(archive.iterdir()) == before
    assert main([*retention, "--delete"]) == 0
    assert not (archive / "old.mcap").exists()
    assert (archive / "held.mcap").exists()
    assert (archive / "case" / "below.mcap").exists()
    [line] = (archive / "retention.jsonl").read_text().splitlines()
    assert json.loads(line)["name"] == "old.mcap"
    for wrong in ("0d", "soon", "-1d", "3"):
        assert main([*retention[:-1], wrong]) == 2
    assert main(["sessions", "retention", str(clip), "--older-than", "1d"]) == 2
