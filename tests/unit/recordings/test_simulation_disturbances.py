from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recordings.simulation.disturbance import SEVERITIES, Disturbance, Setting, fine_pattern
from recordings.simulation.disturbance import pattern as blobs
from recordings.simulation.disturbances import DISTURBANCES, disturbed_frame
from recordings.simulation.scenarios import SCENARIOS
from recordings.simulation.source import SimulatedSource, open_simulation
from tracking.applicator import Applicator
from tracking.camera import CameraIntrinsics
from tracking.frame import SourceFrame
from tracking.segmentation import Label

CONE = Applicator("MOB-D60-B0", "mobetron", 60.0, 2.0, 300.0, 0.0, 110.0, 20.0)
INDEX = 120  # eight seconds into the story: docked and held
NOTHING = Disturbance("nothing", "for the tests")


@pytest.fixture(scope="module")
def source() -> SimulatedSource:
    """A quarter of the small camera's pixels: the same view, quickly."""
    found = open_simulation("sim:docking-small:0", {CONE.id: CONE})
    scenario = SCENARIOS["docking-small"]
    full = scenario.device.intrinsics
    small = CameraIntrinsics(
        full.width // 2, full.height // 2, full.fx / 2, full.fy / 2, full.cx / 2, full.cy / 2
    )
    device = replace(scenario.device, intrinsics=small)
    return replace(found, scenario=replace(scenario, device=device))


@pytest.fixture(scope="module")
def twin(source: SimulatedSource) -> SourceFrame:
    return source.frame(INDEX)


def _labels(frame: SourceFrame) -> np.ndarray:
    assert frame.labels is not None
    return frame.labels


def _difference(frame: SourceFrame, twin: SourceFrame) -> float:
    """Share of pixels whose depth is lost or much changed, plus mean change of colour."""
    assert frame.frame.color_rgb is not None
    assert twin.frame.color_rgb is not None
    one, other = frame.frame.depth_mm, twin.frame.depth_mm
    depth = np.mean(np.abs(one - other) > 0.01 * np.maximum(one, other))
    color = np.abs(frame.frame.color_rgb.astype(int) - twin.frame.color_rgb).mean() / 255
    return float(depth + color)


def test_nothing_disturbed_is_the_twin_to_the_last_bit(
    source: SimulatedSource, twin: SourceFrame
) -> None:
    frame = disturbed_frame(source, INDEX, NOTHING, 3)
    assert frame.frame.depth_sha256 == twin.frame.depth_sha256
    assert np.array_equal(frame.frame.color_rgb, twin.frame.color_rgb)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", DISTURBANCES)
def test_each_disturbs_ever_more_and_leaves_the_truth_alone(
    name: str, source: SimulatedSource, twin: SourceFrame
) -> None:
    frames = [disturbed_frame(source, INDEX, DISTURBANCES[name], s) for s in (1, 3, 5)]
    least, middle, most = (_difference(frame, twin) for frame in frames)
    assert 0 < least < most
    assert middle <= most or name == "glove"  # a hand beside the cone shows more of itself
    assert twin.truth is not None
    for frame in frames:
        assert frame.truth is not None
        assert frame.truth.quantities == twin.truth.quantities
        assert frame.frame.stamp_ns == twin.frame.stamp_ns


@pytest.mark.parametrize("name", DISTURBANCES)
def test_same_frame_same_bytes(name: str, source: SimulatedSource) -> None:
    one, other = (disturbed_frame(source, INDEX, DISTURBANCES[name], 4) for _ in range(2))
    assert one.frame.depth_sha256 == other.frame.depth_sha256
    assert np.array_equal(one.frame.color_rgb, other.frame.color_rgb)  # type: ignore[arg-type]


def test_a_rendering_that_is_there_already_gives_the_same_frame(source: SimulatedSource) -> None:
    rendering = source.rendering(INDEX)
    given = disturbed_frame(source, INDEX, DISTURBANCES["smoke"], 3, rendering)
    own = disturbed_frame(source, INDEX, DISTURBANCES["smoke"], 3)
    assert given.frame.depth_sha256 == own.frame.depth_sha256


def test_a_drape_hides_bed_and_a_glove_hides_the_cone(
    source: SimulatedSource, twin: SourceFrame
) -> None:
    def count(frame: SourceFrame, label: Label) -> int:
        return int((_labels(frame) == label).sum())

    drapes = [disturbed_frame(source, INDEX, DISTURBANCES["drape"], s) for s in SEVERITIES]
    beds = [count(frame, Label.TUMOR_BED) for frame in (twin, *drapes)]
    assert beds == sorted(beds, reverse=True)
    assert beds[-1] < 0.8 * beds[0]
    glove = disturbed_frame(source, INDEX, DISTURBANCES["glove"], 5)
    assert count(glove, Label.OCCLUDER) > count(twin, Label.OCCLUDER)
    assert count(glove, Label.APPLICATOR) < count(twin, Label.APPLICATOR)


def test_blood_reddens_the_cones_lower_part_alone(
    source: SimulatedSource, twin: SourceFrame
) -> None:
    frame = disturbed_frame(source, INDEX, DISTURBANCES["blood"], 3)
    before, after = twin.frame.color_rgb, frame.frame.color_rgb
    assert before is not None
    assert after is not None
    changed = np.abs(after.astype(int) - before).max(axis=2) > 20
    cone = _labels(twin) == Label.APPLICATOR
    assert changed[cone].sum() > 20
    rows = np.flatnonzero(cone.any(axis=1))
    upper = np.zeros_like(cone)
    upper[: rows[len(rows) // 2]] = True
    assert not changed[cone & upper].any()
    red = after[changed & cone].astype(int)
    assert (red[:, 0] > red[:, 1]).all()


@pytest.mark.parametrize(("severity", "share"), [(1, 0.1), (5, 0.5)])
def test_missing_depth_is_the_share_that_is_stated(
    severity: int, share: float, source: SimulatedSource
) -> None:
    intrinsics = source.scenario.device.intrinsics
    setting = Setting(source.story, 8.0, intrinsics, np.eye(4), 0.0, severity, seed=1)
    view = DISTURBANCES["depth missing"].view
    assert view is not None
    lost = view(source.rendering(INDEX), setting).is_lost
    assert lost.mean() == pytest.approx(share, abs=0.02)  # linear between the grid's ranks


def test_patterns_are_uniform_and_differ_by_seed(source: SimulatedSource) -> None:
    intrinsics = CameraIntrinsics(424, 240, 333.0, 333.0, 211.5, 119.5)
    one, other = (Setting(source.story, 8.0, intrinsics, np.eye(4), 0.0, 3, seed=s) for s in (1, 2))
    for draw in (lambda s: blobs(s, 22.0), fine_pattern):
        field = draw(one)
        assert field.shape == intrinsics.shape
        assert field.min() >= 0
        assert field.max() <= 1
        assert np.percentile(field, [25, 50, 75]) == pytest.approx([0.25, 0.5, 0.75], abs=0.03)
        assert not np.array_equal(field, draw(other))
