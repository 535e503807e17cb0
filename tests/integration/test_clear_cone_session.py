"""A clear cone that wears a collar, through the whole pipeline. Simulated frames, true labels."""

from __future__ import annotations

from dataclasses import replace

import pytest

from models.mask_segmenter import MaskSegmenter
from pipeline.config.catalogue_file import read_catalogue
from pipeline.config.load import RunConfig, load_config
from pipeline.evidence import evidence_for
from pipeline.tracker import Tracker
from recordings.simulation.source import SimulatedSource, open_simulation
from recordings.simulation.staging import build_stage
from tracking.decision import Verdict
from tracking.record import FrameRecord

DOCKING = ("docking_lateral_mm", "docking_gap_mm", "docking_tilt_deg")


@pytest.fixture(scope="module")
def clear(tmp_path_factory: pytest.TempPathFactory) -> tuple[SimulatedSource, RunConfig]:
    """`sim:bench-collar` with its cone made of clear plastic."""
    folder = tmp_path_factory.mktemp("clear")
    source = open_simulation("sim:bench-collar", read_catalogue(None).applicators)
    for name, text in source.header.embedded:
        is_catalogue = name == "catalogue.toml"
        (folder / name).write_text(text.replace('"metal"', '"pmma"') if is_catalogue else text)
    config = load_config(folder / "rig.toml", folder / "plan.toml", folder / "catalogue.toml")
    story = replace(source.story, applicator=config.applicator)
    stage = build_stage(story, source.scenario.camera_azimuth_rad, source.seed)
    return replace(source, story=story, stage=stage), config


@pytest.fixture(scope="module")
def record(clear: tuple[SimulatedSource, RunConfig]) -> FrameRecord:
    source, config = clear
    evidence = evidence_for(source.header, config.rig, None).evidence
    return Tracker(config, MaskSegmenter(), evidence).process(source.frame(0)).record


def test_it_is_registered_and_named_by_its_collar(
    clear: tuple[SimulatedSource, RunConfig], record: FrameRecord
) -> None:
    assert clear[1].applicator.material == "pmma"
    assert record.registration.is_ok
    identity = record.alignment.applicator_id
    assert (identity.decided, identity.value) == (True, clear[1].applicator.id)


@pytest.mark.parametrize("name", DOCKING)
def test_docking_is_measured_within_three_sigma(
    clear: tuple[SimulatedSource, RunConfig], record: FrameRecord, name: str
) -> None:
    truth = clear[0].frame(0).truth
    measured = getattr(record.alignment, name)
    assert truth is not None
    assert abs(measured.value - truth.quantities[name]) <= 3 * measured.sigma


def test_a_half_that_tells_too_little_is_no_second_estimate(record: FrameRecord) -> None:
    """Depth of the paper alone leaves the tilt open here: unsure, never READY."""
    assert record.decision.verdict is Verdict.UNSURE
    assert not record.decision.checks_passed


def test_where_no_collar_is_catalogued_no_check_passes(
    clear: tuple[SimulatedSource, RunConfig],
) -> None:
    source, config = clear
    bare = replace(config.applicator, collar=None)
    applicators = {**config.applicators, bare.id: bare}
    evidence = evidence_for(source.header, config.rig, None).evidence
    without = replace(config, applicator=bare, applicators=applicators)
    record = Tracker(without, MaskSegmenter(), evidence).process(source.frame(0)).record
    assert not record.decision.checks_passed
