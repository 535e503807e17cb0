"""An area marked in the survey, and a bar that reaches into the field, through the tracker."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.mask_segmenter import MaskSegmenter
from pipeline.config.catalogue_file import read_catalogue
from pipeline.config.load import load_config
from pipeline.evidence import evidence_for
from pipeline.tracker import Tracker
from recordings.simulation.companions import plan_toml
from recordings.simulation.scene import Material, Part
from recordings.simulation.shapes import box
from recordings.simulation.source import SimulatedSource, marked_outline, open_simulation
from recordings.simulation.story import tell
from recordings.simulation.truth import Planned
from recordings.simulation.truth_field import AreaOnBed
from tracking.alignment import Alignment
from tracking.reasons import Reason
from tracking.segmentation import Label
from tracking.transforms import rigid

SURVEY = (22, 25, 27, 28, 29, 30, 33)  # the area is drawn on frame 30
DOCKED = (190, 200)
DISTURBED = (300,)
STATED_SIGMAS = 3.5  # of a few frames
PARTLY = AreaOnBed((12.0, -8.0), 24.0)
GAP_MM = 8.0  # room for a bar under the cone
BAR_MM = (60.0, 16.0, 5.0)
REACH_MM = 9.0


def open_marked(area: AreaOnBed | None = None) -> SimulatedSource:
    source = open_simulation("sim:marked", read_catalogue(None).applicators)
    if area is not None:
        source.scenario = replace(source.scenario, area=area)
    return source


def tracker_for(source: SimulatedSource, folder: Path) -> Tracker:
    texts = dict(source.header.embedded)
    outline = marked_outline(source.scenario, source.story)
    texts["plan.toml"] = plan_toml(source.story.applicator, source.story.planned, outline)
    for name, text in texts.items():
        (folder / name).write_text(text)
    config = load_config(folder / "rig.toml", folder / "plan.toml")
    return Tracker(config, MaskSegmenter(), evidence_for(source.header, config.rig, None).evidence)


def played(
    source: SimulatedSource, tracker: Tracker, frames: Iterable[int]
) -> list[tuple[Alignment, dict[str, float], tuple[Reason, ...]]]:
    results = []
    for index in frames:
        frame = source.frame(index)
        record = tracker.process(frame).record
        assert frame.truth is not None
        results.append((record.alignment, dict(frame.truth.quantities), record.decision.reasons))
    return results


@pytest.mark.slow
def test_coverage_follows_the_truth_within_its_sigma(tmp_path: Path) -> None:
    source = open_marked(PARTLY)
    tracker = tracker_for(source, tmp_path)
    before = played(source, tracker, SURVEY)
    assert not any(alignment.coverage_fraction.observable for alignment, *_ in before)
    for alignment, truth, reasons in played(source, tracker, (*DOCKED, *DISTURBED)):
        coverage = alignment.coverage_fraction
        assert coverage.value is not None
        assert coverage.sigma is not None
        assert 0.6 < truth["coverage_fraction"] < 0.98
        assert abs(coverage.value - truth["coverage_fraction"]) < STATED_SIGMAS * coverage.sigma
        assert coverage.sigma < 0.05
        assert alignment.intrusion_mm.value == truth["intrusion_mm"] == 0.0
        assert Reason.COVERAGE_LOW in reasons or Reason.COVERAGE_UNCERTAIN in reasons


@pytest.mark.slow
def test_what_is_planned_is_covered_when_docked(tmp_path: Path) -> None:
    source = open_marked()
    tracker = tracker_for(source, tmp_path)
    played(source, tracker, SURVEY)
    for alignment, truth, reasons in played(source, tracker, DOCKED):
        assert truth["coverage_fraction"] == 1.0
        assert alignment.coverage_fraction.value == pytest.approx(1.0, abs=0.01)
        assert Reason.COVERAGE_LOW not in reasons
        assert Reason.INTRUSION_UNCERTAIN not in reasons


def test_without_the_frame_it_was_drawn_on_nothing_is_covered(tmp_path: Path) -> None:
    source = open_marked()
    tracker = tracker_for(source, tmp_path)
    played(source, tracker, [index for index in SURVEY if index != 30])
    ((alignment, _, reasons),) = played(source, tracker, DOCKED[:1])
    assert not alignment.coverage_fraction.observable
    assert Reason.COVERAGE_UNCERTAIN in reasons
    assert alignment.intrusion_mm.observable


def test_unrelated_pictures_have_no_coverage(tmp_path: Path) -> None:
    source = open_marked()
    tracker = tracker_for(source, tmp_path)
    tracker.is_independent = True
    results = played(source, tracker, (*SURVEY, *DOCKED[:1]))
    assert not any(alignment.coverage_fraction.observable for alignment, *_ in results)
    assert not any(alignment.intrusion_mm.observable for alignment, *_ in results)


@pytest.mark.slow
def test_a_bar_on_the_bed_intrudes_as_far_as_it_reaches(tmp_path: Path) -> None:
    source = open_marked()
    applicator = source.story.applicator
    story = tell(applicator, Planned(air_gap_mm=GAP_MM), 0)
    end_mm = applicator.inner_radius_mm - REACH_MM
    around = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])  # from +y
    centre = [0.0, end_mm + BAR_MM[0] / 2, BAR_MM[2] / 2]
    bar = Part(
        "bar",
        box(BAR_MM),
        story.world_from_bed_at_rest @ rigid(around, centre),
        Label.OTHER,
        Material((0.3, 0.35, 0.6)),
    )
    source.story = story
    source.stage = replace(source.stage, story=story, at_rest=(*source.stage.at_rest, bar))
    source.stage = replace(
        source.stage,
        bed=replace(source.stage.bed, world_from_part=story.world_from_bed_at_rest),
    )
    tracker = tracker_for(source, tmp_path)
    played(source, tracker, SURVEY)
    for alignment, truth, reasons in played(source, tracker, DOCKED):
        intrusion = alignment.intrusion_mm
        assert truth["intrusion_mm"] == pytest.approx(REACH_MM, abs=1.0)
        assert intrusion.value is not None
        assert intrusion.sigma is not None
        assert abs(intrusion.value - truth["intrusion_mm"]) < STATED_SIGMAS * intrusion.sigma
        assert intrusion.sigma < 2.0
        assert Reason.INTRUSION_HIGH in reasons
