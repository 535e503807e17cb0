"""The tracker surveys the bed before the cone comes, and measures with the survey after."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.mask_segmenter import MaskSegmenter
from pipeline.config.catalogue_file import read_catalogue
from pipeline.config.load import load_config
from pipeline.evidence import evidence_for
from pipeline.tracker import Tracker
from recordings.simulation.source import SimulatedSource, open_simulation
from tracking.frame import SourceFrame
from tracking.survey_alignment import SurveyStatus

SURVEY, DOCKED = (0, 5, 10, 15, 20), (100, 101)  # of 189 frames, 15 per second


@cache
def source() -> SimulatedSource:
    return open_simulation("sim:docking-small", read_catalogue(None).applicators)


@cache
def frame(index: int) -> SourceFrame:
    return source().frame(index)


def records(
    folder: Path, indices: tuple[int, ...], *, independent: bool = False
) -> list[dict[str, Any]]:
    header = source().header
    for name, text in header.embedded:
        (folder / name).write_text(text)
    config = load_config(folder / "rig.toml", folder / "plan.toml")
    evidence = evidence_for(header, config.rig, None).evidence
    tracker = Tracker(config, MaskSegmenter(), evidence, is_independent=independent)
    return [tracker.process(frame(index)).record.to_json() for index in indices]


def test_survey_frames_are_fused_and_docked_frames_measured_with_them(tmp_path: Path) -> None:
    *survey, _, docked = records(tmp_path, SURVEY + DOCKED)
    assert survey[0]["survey"]["status"] == SurveyStatus.NONE
    assert survey[4]["survey"] == {
        "status": "OK",
        "frames": 4,
        "agreement_mm": survey[4]["survey"]["agreement_mm"],
        "in_plane_observable": True,
    }
    assert docked["survey"]["status"] == "OK"
    assert docked["survey"]["frames"] == len(SURVEY)
    assert docked["bed"]["from_survey"]


def test_the_survey_narrows_the_air_gap(tmp_path: Path) -> None:
    with_survey = records(tmp_path, SURVEY + DOCKED)[-1]["alignment"]["air_gap_mm"]
    without = records(tmp_path, DOCKED)[-1]["alignment"]["air_gap_mm"]
    truth = frame(DOCKED[-1]).truth
    assert truth is not None
    assert with_survey["sigma"] < without["sigma"]
    for gap in (with_survey, without):
        assert abs(gap["value"] - truth.quantities["air_gap_mm"]) <= 2.58 * gap["sigma"]


@pytest.mark.parametrize(("indices", "independent"), [(DOCKED, False), (SURVEY + DOCKED, True)])
def test_without_a_survey_the_ring_is_carried_inwards(
    tmp_path: Path, indices: tuple[int, ...], independent: bool
) -> None:
    last = records(tmp_path, indices, independent=independent)[-1]
    assert last["survey"] == {
        "status": "NONE",
        "frames": 0,
        "agreement_mm": None,
        "in_plane_observable": False,
    }
    assert last["bed"]["status"] == "OK"
    assert not last["bed"]["from_survey"]


def test_two_runs_give_the_same_records(tmp_path: Path) -> None:
    first, second = (records(tmp_path, SURVEY[:4] + DOCKED[:1]) for _ in range(2))
    for run in (first, second):
        for record in run:
            del record["stage_ms"]
    assert first == second
    assert np.isfinite(first[-1]["survey"]["agreement_mm"])
