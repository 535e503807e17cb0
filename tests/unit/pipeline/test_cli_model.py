"""`model check|bench|evaluate` from the command line, with the shipped model."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.loading import SHIPPED_MANIFEST
from models.manifest import read_manifest
from pipeline.benchmarks.segmentation import STAGES, WHOLE, findings
from pipeline.cli.app import main
from pipeline.config.catalogue_file import read_catalogue
from recordings.bop.layout import label_path, mask_path
from recordings.bop.writer import BopWriter
from recordings.images import encode_png
from recordings.simulation.source import open_simulation
from tests.model_files import copy_model
from tracking.segmentation import Label

FRAMES = (0, 60, 100)  # of docking-small: an empty field, the cone on its way, docked
SHAPE = (240, 424)


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("labelled") / "scene"
    source = open_simulation("sim:docking-small:0", read_catalogue(None).applicators)
    with BopWriter(folder, source.header.intrinsics, source.header.depth_unit_mm) as writer:
        for index in FRAMES:
            frame = source.frame(index)
            writer.write(replace(frame, frame=replace(frame.frame, frame_index=index)))
    return folder


@pytest.fixture
def scene(stored: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(stored, tmp_path / "scene"))


def run(arguments: list[object], capsys: pytest.CaptureFixture[str], code: int = 0) -> str:
    assert main([str(argument) for argument in arguments]) == code
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    if code:
        return err
    return out


def evaluated(scene: Path, capsys: pytest.CaptureFixture[str], *options: object) -> dict[str, Any]:
    content = json.loads(run(["model", "evaluate", scene, "--json", *options], capsys))
    assert isinstance(content, dict)
    return content


def test_check_names_the_model(capsys: pytest.CaptureFixture[str]) -> None:
    content = json.loads(run(["model", "check", "--json"], capsys))
    assert content["ids"]["model"] == read_manifest(SHIPPED_MANIFEST).model_id
    assert content["manifest"]["schema"] == 5


def test_check_of_another_folder_and_manifest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = copy_model(tmp_path)
    run(["model", "check", tmp_path], capsys)
    run(["model", "check", "--manifest", manifest], capsys)
    assert "two models" in run(["model", "check", tmp_path, "--manifest", manifest], capsys, 2)
    (tmp_path / "segmenter.onnx").write_bytes(b"something else")
    text = run(["model", "check", tmp_path], capsys, 3)
    for word in ("expected", "actual", "what to do"):
        assert word in text


def test_evaluate_as_a_whole_and_by_group(
    scene: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = evaluated(scene, capsys, "--out", tmp_path / "out")
    whole = content["all"]
    assert whole["frames"] == len(FRAMES)
    assert whole["without_applicator"] == 1
    assert whole["classes"]["applicator"]["iou"]["value"] > 0.9
    assert whole["classes"]["applicator"]["iou"]["ci95"] is None  # of three frames: none
    assert sum(g["frames"] for g in content["strata"]["distance, mm"].values()) == len(FRAMES)
    assert [frame["frame"] for frame in content["per_frame"]] == ["000000", "000060", "000100"]
    assert json.loads((tmp_path / "out" / "evaluation.json").read_text("utf-8")) == content
    assert (tmp_path / "out" / "worst.png").read_bytes().startswith(b"\x89PNG")
    assert evaluated(scene, capsys) == content


def test_evaluate_prints_a_table(scene: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = run(["model", "evaluate", scene, "--limit", 2], capsys)
    assert "2 frames of" in text
    assert "all frames" in text
    assert "applicator width, px" in text


def test_without_color_something_else_is_measured(
    scene: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with_color, without = evaluated(scene, capsys), evaluated(scene, capsys, "--no-color")
    assert with_color["all"] != without["all"]
    assert without["uses_color"] is False
    shutil.rmtree(scene / "rgb")
    assert evaluated(scene, capsys)["all"] == without["all"]


def test_masks_alone_score_the_applicator_alone(
    scene: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    everything = evaluated(scene, capsys)
    shutil.rmtree(scene / "label")
    content = evaluated(scene, capsys)
    assert content["classes_labelled"] == ["applicator"]
    assert set(content["all"]["classes"]) == {"applicator"}
    iou = "classes", "applicator", "iou"
    assert content["all"][iou[0]][iou[1]][iou[2]] == everything["all"][iou[0]][iou[1]][iou[2]]


def test_label_images_alone_tell_the_applicator_too(
    scene: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    everything = evaluated(scene, capsys)
    shutil.rmtree(scene / "mask_visib")
    assert evaluated(scene, capsys)["all"] == everything["all"]


def test_worse_labels_are_seen(scene: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = evaluated(scene, capsys)
    path = mask_path(scene, FRAMES[-1])
    shape = open_simulation(
        "sim:docking-small:0", read_catalogue(None).applicators
    ).header.intrinsics.shape
    path.write_bytes(encode_png(np.full(shape, 255, np.uint8)))
    after = evaluated(scene, capsys)
    assert after["worst"][0] == "000100"
    name = "applicator"
    assert (
        after["all"]["classes"][name]["recall"]["value"]
        < before["all"]["classes"][name]["recall"]["value"]
    )


def test_no_labels_is_refused(scene: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(scene / "label")
    shutil.rmtree(scene / "mask_visib")
    assert "have no labels" in run(["model", "evaluate", scene], capsys, 5)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (encode_png(np.zeros((10, 10), np.uint8)), "10x10"),
        (encode_png(np.full(SHAPE, max(Label) + 1, np.uint8)), "codes are 0..3, got 4"),
        (encode_png(np.zeros(SHAPE, np.uint8))[:40], "PNG cannot be decoded"),
        (b"", "no image"),
    ],
    ids=["size", "codes", "cut", "empty"],
)
def test_a_frame_whose_labels_cannot_be_used_is_left_out(
    scene: Path, content: bytes, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    others = evaluated(scene, capsys)["per_frame"]
    label_path(scene, FRAMES[1]).write_bytes(content)
    assert main(["model", "evaluate", str(scene), "--json"]) == 5
    out, err = capsys.readouterr()
    assert f"frame {FRAMES[1]} cannot be used" in err
    assert why in err
    found = json.loads(out)
    assert found["per_frame"] == [others[0], others[2]]
    [left_out] = found["left_out"]
    assert (left_out["frame"], left_out["unlabelled"]) == (f"{FRAMES[1]:06d}", False)


def test_a_frame_that_nobody_has_labelled_is_left_out(
    scene: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    label_path(scene, FRAMES[1]).unlink()
    found = evaluated(scene, capsys)
    assert found["all"]["frames"] == len(FRAMES) - 1
    assert [one["unlabelled"] for one in found["left_out"]] == [True]
    assert main(["model", "evaluate", str(scene)]) == 0
    assert "without a label image: 1" in capsys.readouterr().err


def test_not_one_label_is_refused(scene: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for index in FRAMES:
        label_path(scene, index).unlink()
    assert "no readable frame with labels" in run(["model", "evaluate", scene], capsys, 5)


def test_masks_of_other_frames_are_no_labels(
    scene: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(scene / "label")
    for index in FRAMES:
        mask = mask_path(scene, index)
        if mask.exists():
            mask.rename(mask.with_name(f"{index + 1000:06d}_000000.png"))
    assert "have no labels" in run(["model", "evaluate", scene], capsys, 5)


@pytest.mark.parametrize("unit_mm", [0.001, 1000.0])
def test_depth_in_another_unit_is_refused(
    scene: Path, unit_mm: float, capsys: pytest.CaptureFixture[str]
) -> None:
    path = scene / "scene_camera.json"
    entries = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({k: v | {"depth_scale": unit_mm} for k, v in entries.items()}))
    assert "give depth_scale in mm" in run(["model", "evaluate", scene], capsys, 5)


def test_an_empty_or_missing_folder_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "is empty" in run(["model", "evaluate", tmp_path], capsys, 5)
    assert "no folder" in run(["model", "evaluate", tmp_path / "none"], capsys, 5)


def test_a_folder_cut_short_is_evaluated_to_its_last_whole_frame(
    scene: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = scene / "depth" / f"{FRAMES[2]:06d}.png"
    path.write_bytes(path.read_bytes()[:2000])
    assert main(["model", "evaluate", str(scene), "--json"]) == 5
    out, err = capsys.readouterr()
    content = json.loads(out)
    assert content["truncated"] is True
    assert content["all"]["frames"] == 2
    assert "damaged" in err


def test_bench_figures() -> None:
    laps = {stage: [float(n) for n in range(1, 101)] for stage in STAGES}
    found = findings(laps | {WHOLE: [9.0] * 100})
    assert [goal.is_met for goal in found.goals] == [False, True]  # 9 ms: p50 8, p99 12
    assert found.data["frames"] == 100


@pytest.mark.slow
def test_bench_runs(capsys: pytest.CaptureFixture[str]) -> None:
    content = json.loads(run(["model", "bench", "--rounds", 1, "--json"], capsys))
    assert set(content["stage_ms"]) == set(STAGES)
    assert all(value > 0 for lap in content["stage_ms"].values() for value in lap.values())
    assert "commit" in content["machine"]
