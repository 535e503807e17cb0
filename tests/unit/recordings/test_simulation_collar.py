"""Sessions with a collar or a fiducial: what is worn is seen, and their files belong together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from calibration.rig_file import parse_rig
from pipeline.config.catalogue_file import parse_catalogue, read_catalogue
from recordings.simulation.source import SimulatedSource, open_simulation
from tests.builders import make_registration
from tracking.applicator import Applicator
from tracking.fiducial import FiducialState, FiducialStatus, watch
from tracking.second_estimate import Status
from tracking.second_opinion import second_opinion


@pytest.fixture(scope="module")
def applicators() -> Mapping[str, Applicator]:
    return read_catalogue().applicators


def test_a_session_with_a_collar_brings_its_catalogue_and_is_read_with_it(
    applicators: Mapping[str, Applicator],
) -> None:
    source = open_simulation("sim:bench-collar:2", applicators)
    text = dict(source.header.embedded)["catalogue.toml"]
    catalogue = parse_catalogue(text, Path("catalogue.toml")).applicators
    wearer = catalogue["MOB-D60-B15"]
    assert wearer == source.story.applicator
    assert len(catalogue) == 45
    frame = source.frame(3)
    assert frame.truth is not None
    assert frame.truth.camera_from_applicator is not None
    truth = make_registration(frame.truth.camera_from_applicator)
    found = second_opinion(frame, truth, wearer, catalogue)
    assert found.status is Status.MADE
    assert found.applicator_ids == ("MOB-D60-B15",)
    assert found.distance_mm is not None
    assert found.distance_mm < 0.2
    coarse = second_opinion(replace(frame, picture=None), truth, wearer, catalogue)
    assert coarse.status is Status.MADE  # at 0.35 m the depth grid's colour is fine enough


def test_the_collar_changes_neither_depth_nor_labels(
    applicators: Mapping[str, Applicator],
) -> None:
    plain, worn = (open_simulation(f"sim:{n}:2", applicators) for n in ("bench", "bench-collar"))
    bare, collared = plain.frame(0), worn.frame(0)
    assert bare.labels is not None
    assert collared.labels is not None
    np.testing.assert_array_equal(bare.frame.depth_raw, collared.frame.depth_raw)
    np.testing.assert_array_equal(bare.labels, collared.labels)
    assert bare.picture is None
    assert "catalogue.toml" not in dict(plain.header.embedded)


def last_check(source: SimulatedSource, frames: range) -> FiducialStatus:
    rig = parse_rig(dict(source.header.embedded)["rig.toml"], "rig")
    assert rig.fiducial is not None
    state, status = FiducialState(), FiducialStatus.CANNOT_TELL
    for i in frames:
        frame = source.frame(i).frame
        check, state = watch(
            rig.fiducial, frame.depth_mm, frame.intrinsics, rig.depth, None, frame.stamp_ns, state
        )
        status = check.status
    return status


@pytest.mark.slow
def test_a_plate_in_the_view_stays_in_place_until_the_camera_is_knocked(
    applicators: Mapping[str, Applicator],
) -> None:
    source = open_simulation("sim:bumped:1", applicators)
    assert last_check(source, range(50, 72)) is FiducialStatus.IN_PLACE
    assert last_check(source, range(75, 88)) is not FiducialStatus.IN_PLACE
