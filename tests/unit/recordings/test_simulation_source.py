"""The simulated source: header, truth against the image, companions, specs and determinism."""

from __future__ import annotations

import tomllib

import numpy as np
import pytest

from recordings.simulation.scenarios import DEFAULT_SEED, SCENARIOS, parse_spec
from recordings.simulation.source import SimulatedSource, open_simulation
from recordings.source import Freshness, Source
from tracking.applicator import Applicator
from tracking.errors import SourceError
from tracking.segmentation import Label
from tracking.transforms import check_transform, invert, transform_points

CONE = Applicator("MOB-D60-B15", "mobetron", 60.0, 2.0, 300.0, 15.0, 110.0, 20.0)
FLAT_CONE = Applicator("MOB-D60-B0", "mobetron", 60.0, 2.0, 300.0, 0.0, 110.0, 20.0)
CATALOGUE = {cone.id: cone for cone in (CONE, FLAT_CONE)}
DOCKED = 95  # frame of docking-small at 6.3 s
SURVEY, GLOVE = 5, 140
CLEARLY_SEEN_DEG = 220  # 180 are needed
NOISE_AT_CONE_MM = 1.2  # 3 sigma at 550 mm, with the 0.5 mm unit


@pytest.fixture(scope="module")
def source() -> SimulatedSource:
    return open_simulation("sim:docking-small:2", CATALOGUE)


def test_it_is_a_source_with_every_frame(source: SimulatedSource) -> None:
    as_source: Source = source
    header = as_source.header
    assert as_source.freshness is Freshness.EVERY_FRAME
    assert (header.kind, header.origin) == ("simulation", "simulated")
    assert header.n_frames == SCENARIOS["docking-small"].n_frames
    assert (header.intrinsics.width, header.intrinsics.height) == (424, 240)


def test_frames_carry_serial_stamps_and_unit_of_the_header(source: SimulatedSource) -> None:
    frame = source.frame(DOCKED).frame
    assert frame.device_serial == source.header.device_serial
    assert frame.depth_unit_mm == source.header.depth_unit_mm
    assert frame.intrinsics == source.header.intrinsics
    assert (frame.frame_index, frame.stamp_ns) == (DOCKED, round(DOCKED * 1e9 / 15))
    assert 0 < frame.arrival_ns - frame.stamp_ns < 150_000_000


def test_same_seed_same_bytes_in_any_order(source: SimulatedSource) -> None:
    again = open_simulation("sim:docking-small:2", CATALOGUE)
    again.frame(SURVEY)
    first, second = source.frame(DOCKED), again.frame(DOCKED)
    assert first.frame.depth_raw.tobytes() == second.frame.depth_raw.tobytes()
    assert first.frame.color_rgb is not None
    assert second.frame.color_rgb is not None
    assert first.frame.color_rgb.tobytes() == second.frame.color_rgb.tobytes()
    other = open_simulation("sim:docking-small:3", CATALOGUE).frame(DOCKED)
    assert first.frame.depth_raw.tobytes() != other.frame.depth_raw.tobytes()
    following = source.frame(DOCKED + 1)
    assert first.frame.depth_sha256 != following.frame.depth_sha256


def test_labels_fit_the_phase(source: SimulatedSource) -> None:
    seen = {}
    for index in (SURVEY, DOCKED, GLOVE):
        frame = source.frame(index)
        assert frame.labels is not None
        assert frame.truth is not None
        seen[frame.truth.phase] = {label: int((frame.labels == label).sum()) for label in Label}
    assert list(seen) == ["survey", "docked", "disturbed"]
    assert seen["survey"][Label.APPLICATOR] == 0
    assert seen["survey"][Label.TUMOR_BED] > 3000
    assert seen["docked"][Label.APPLICATOR] > 5000
    assert seen["disturbed"][Label.OCCLUDER] > 3 * seen["docked"][Label.OCCLUDER]
    assert seen["disturbed"][Label.APPLICATOR] < 0.9 * seen["docked"][Label.APPLICATOR]


def test_true_pose_puts_the_cone_where_the_depth_is(source: SimulatedSource) -> None:
    frame = source.frame(DOCKED)
    assert frame.truth is not None
    assert frame.truth.camera_from_applicator is not None
    assert frame.labels is not None
    camera = frame.frame.intrinsics
    depth = frame.frame.depth_mm
    tube = (frame.labels == Label.APPLICATOR) & (depth > 0)
    points = camera.ray_grid[tube] * depth[tube][:, None]
    local = transform_points(invert(frame.truth.camera_from_applicator), points)
    on_tube = local[(local[:, 2] > 40) & (local[:, 2] < 260)]
    radius = np.hypot(on_tube[:, 0], on_tube[:, 1])
    assert abs(np.median(radius) - CONE.outer_radius_mm) < NOISE_AT_CONE_MM / 3
    assert np.percentile(np.abs(radius - CONE.outer_radius_mm), 90) < 2 * NOISE_AT_CONE_MM
    exit_px = camera.project(frame.truth.camera_from_applicator[:3, 3])
    v, u = np.nonzero(tube)
    assert u.min() < exit_px[0] < u.max()
    assert abs(exit_px[1] - v.max()) < 25  # the exit is at the tube's lower end in the image


@pytest.mark.parametrize("name", ["docking", "docking-small"])
def test_whole_cone_and_most_of_the_ring_of_bed_around_it_are_seen(name: str) -> None:
    opened = open_simulation(f"sim:{name}:2", CATALOGUE)
    frame = opened.frame(int(6.3 * opened.scenario.device.frame_rate_hz))
    assert frame.labels is not None
    assert frame.truth is not None
    assert frame.truth.camera_from_applicator is not None
    cone = frame.labels == Label.APPLICATOR
    border = np.ones_like(cone)
    border[1:-1, 1:-1] = False
    assert not (cone & border).any()
    depth = frame.frame.depth_mm
    bed = (frame.labels == Label.TUMOR_BED) & (depth > 0)
    points = opened.header.intrinsics.ray_grid[bed] * depth[bed][:, None]
    local = transform_points(invert(frame.truth.camera_from_applicator), points)
    radius = np.hypot(local[:, 0], local[:, 1])
    ring = local[(radius > CONE.outer_radius_mm) & (radius < CONE.outer_radius_mm + 30)]
    sectors = np.unique(np.floor(np.degrees(np.arctan2(ring[:, 1], ring[:, 0])) / 5))
    assert 5 * len(sectors) > CLEARLY_SEEN_DEG


def test_truth_names_the_quantities_and_the_survey_has_none(source: SimulatedSource) -> None:
    survey, docked = source.frame(SURVEY).truth, source.frame(DOCKED).truth
    assert survey is not None
    assert docked is not None
    assert survey.camera_from_applicator is None
    assert not survey.quantities
    assert docked.quantities["docking_gap_mm"] == pytest.approx(40.0, abs=0.9)
    assert docked.quantities["beam_incidence_deg"] == pytest.approx(0.0, abs=1.5)
    assert docked.axis_bound_deg is None


def test_reading_ends_after_the_last_frame_and_after_close() -> None:
    bench = open_simulation("sim:bench", CATALOGUE)
    first = bench.read()
    assert first is not None
    assert first.frame.frame_index == 0
    bench.close()
    bench.close()
    assert bench.read() is None
    assert bench.damage is None


def test_companion_rig_is_the_true_rig(source: SimulatedSource) -> None:
    embedded = dict(source.header.embedded)
    rig = tomllib.loads(embedded["rig.toml"])
    pose = check_transform("head_from_camera", rig["head_from_camera"])
    assert np.array_equal(pose, source.scenario.device.head_from_camera)
    assert np.abs(pose[:3, :3].T @ pose[:3, :3] - np.eye(3)).max() < 1e-9
    assert rig["camera_serial"] == source.header.device_serial
    assert rig["depth"]["subpixel_px"] == source.scenario.device.depth_camera.subpixel_px
    assert tomllib.loads(embedded["plan.toml"])["applicator"] == FLAT_CONE.id


@pytest.mark.parametrize("spec", ["sim:nowhere", "sim:", "sim:docking:x", "sim:docking:-1"])
def test_unknown_spec_names_what_there_is(spec: str) -> None:
    with pytest.raises(SourceError, match=r"scenario|seed") as raised:
        open_simulation(spec, CATALOGUE)
    assert raised.value.exit_code == 5
    assert raised.value.remedy


def test_unknown_scenario_lists_the_known_ones() -> None:
    with pytest.raises(SourceError) as raised:
        parse_spec("sim:dokcing")
    assert all(name in raised.value.expected for name in SCENARIOS)


def test_spec_defaults() -> None:
    assert parse_spec("docking") == parse_spec("sim:docking")
    assert parse_spec("sim:docking:7")[1] == 7
    assert parse_spec("sim:docking")[1] == DEFAULT_SEED


def test_missing_applicator_is_named() -> None:
    with pytest.raises(SourceError, match="MOB-D60-B15"):
        open_simulation("sim:docking", {})
