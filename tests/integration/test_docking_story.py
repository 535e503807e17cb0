"""The simulated docking story through the whole pipeline, as a person would replay it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import pytest

from pipeline.demo import PLAN, RIG, SESSION
from pipeline.replay import replay
from pipeline.request import RunRequest

MAX_WAIT_MS = 1000.0  # READY is owed within a second where the truth is well inside the plan
N_FRAMES = 189
LAST_APART = 110  # frames that follow one another are READY from 82 on


def run(
    out: Path,
    segmenter: Literal["onnx", "masks"] = "onnx",
    *,
    independent: bool = False,
    save_masks: bool = False,
    video: bool = False,
    last: int | None = None,
) -> dict[str, Any]:
    request = RunRequest(
        source=str(SESSION),
        rig_path=RIG,
        plan_path=PLAN,
        out_dir=out,
        segmenter=segmenter,
        independent=independent,
        save_masks=save_masks,
        video=video,
        quiet=True,
        last=last,
    )
    assert replay(request) == 0
    summary: dict[str, Any] = json.loads((out / "summary.json").read_text())
    return summary


@pytest.fixture(scope="module")
def network_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("story") / "network"
    run(out, save_masks=True, video=True)
    return out


@pytest.fixture(scope="module")
def summary(network_run: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((network_run / "summary.json").read_text())
    return loaded


def test_never_ready_while_truly_outside_the_plan(summary: dict[str, Any]) -> None:
    truth = summary["truth"]
    assert truth["ready"] > 0
    assert truth["ready_outside_plan"] == 0
    assert truth["ready_unchecked"] == 0


def test_ready_within_a_second_while_well_inside(summary: dict[str, Any]) -> None:
    well_inside = summary["truth"]["well_inside"]
    assert well_inside["stretches"] > 0
    assert well_inside["without_ready"] == 0
    assert well_inside["longest_wait_ms"] <= MAX_WAIT_MS


def test_the_knock_drops_ready_and_says_what_to_move(network_run: Path) -> None:
    records = read_records(network_run)
    knocked = [r for r in records if 149 <= r["frame_index"] <= 158]
    assert {r["verdict"] for r in knocked} == {"HOLD"}
    assert all("TILT_HIGH" in r["reasons"] for r in knocked)


def test_every_artefact_is_there(network_run: Path) -> None:
    names = {path.name for path in network_run.iterdir()}
    assert names == {
        "records.jsonl",
        "summary.json",
        "overlay.mp4",
        "overlay.png",
        "report.html",
        "effective_config.toml",
        "masks",
    }
    assert len(list((network_run / "masks").iterdir())) == N_FRAMES


def test_what_was_assumed_is_listed(summary: dict[str, Any]) -> None:
    assert summary["assumed"] == [
        "qa",
        "time_out",
        "second_estimate",
        "fiducial",
        "acknowledgement",
    ]


def test_two_replays_are_the_same_bytes(network_run: Path, tmp_path: Path) -> None:
    run(tmp_path / "again")
    assert read_records(tmp_path / "again") == read_records(network_run)
    first, second = (
        json.loads((folder / "summary.json").read_text())
        for folder in (network_run, tmp_path / "again")
    )
    for summary in (first, second):
        del summary["times"]
    assert first == second


def test_stored_masks_reach_ready_too(tmp_path: Path) -> None:
    truth = run(tmp_path / "masks", segmenter="masks")["truth"]
    assert truth["ready"] > 0
    assert truth["ready_outside_plan"] == 0


def test_independent_frames_never_arm(tmp_path: Path) -> None:
    summary = run(tmp_path / "apart", segmenter="masks", independent=True, last=LAST_APART)
    assert summary["verdicts"]["READY"] == 0
    assert summary["reasons"]["ARMING"] > 0


def read_records(folder: Path) -> list[dict[str, Any]]:
    """Records without what a clock measured."""
    records = [json.loads(line) for line in (folder / "records.jsonl").read_text().splitlines()]
    for record in records:
        del record["stage_ms"]
    return records
