from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recordings.simulation.native_color import COLOR_1080
from recordings.simulation.stereo_noise import correlated_noise
from tests.builders import INTRINSICS, NOISE
from tracking.arrays import Float
from tracking.collar_codes import black_modules
from tracking.fiducial import (
    MAX_SHIFT_MM,
    N_WINDOW,
    FiducialCheck,
    FiducialState,
    FiducialStatus,
    watch,
)
from tracking.fiducial_reference import reference_fiducial, reference_marker
from tracking.picture import ColorPicture
from tracking.rig import Fiducial, FiducialMarker, FiducialPlane
from tracking.transforms import rotation_from_vector

FIDUCIAL = Fiducial(region_px=(4, 2, 12, 8), depth_mm=300.0)
REGION = (100, 300, 220, 380)  # 85 x 56 mm at 300 mm
NORMAL = np.array([0.2, -0.1, np.sqrt(0.95)])
DISTANCE_MM = 300.0
FRAME_NS = 33_333_333
MARKER_ID, SIDE_PX = 900, 96

Depth = np.ndarray[tuple[int, ...], np.dtype[np.float32]]


def depth_with(region_mm: float) -> Depth:
    depth = np.full((20, 30), 900.0, np.float32)
    depth[2:8, 4:12] = region_mm
    return depth


def is_in_place(fiducial: Fiducial, depth: Depth) -> bool:
    """What a rig without a calibrated plane makes of one frame."""
    check, _ = watch(fiducial, depth, INTRINSICS, NOISE, None, 0, FiducialState())
    return check.status is FiducialStatus.IN_PLACE


@pytest.mark.parametrize("shift_mm", [0.0, MAX_SHIFT_MM, -MAX_SHIFT_MM])
def test_within_the_shift_it_is_in_place(shift_mm: float) -> None:
    assert is_in_place(FIDUCIAL, depth_with(300.0 + shift_mm))


@pytest.mark.parametrize("shift_mm", [0.6, -0.6, 50.0])
def test_beyond_the_shift_it_is_not(shift_mm: float) -> None:
    assert not is_in_place(FIDUCIAL, depth_with(300.0 + shift_mm))


def test_only_its_own_region_counts() -> None:
    depth = depth_with(300.0)
    depth[2:8, 4:6] = 900.0  # a quarter covered: the median holds
    assert is_in_place(FIDUCIAL, depth)


def test_half_of_it_must_be_measured() -> None:
    depth = depth_with(300.0)
    depth[2:8, 4:9] = 0.0
    assert not is_in_place(FIDUCIAL, depth)
    assert not is_in_place(FIDUCIAL, np.zeros((20, 30), np.float32))


def test_nan_never_counts_as_in_place() -> None:
    assert not is_in_place(FIDUCIAL, depth_with(float("nan")))


def test_a_region_outside_the_image_is_not_in_place() -> None:
    outside = Fiducial(region_px=(100, 100, 120, 120), depth_mm=300.0)
    assert not is_in_place(outside, depth_with(300.0))


def plane_depth(
    rng: np.random.Generator,
    turn_deg: tuple[float, float, float] = (0.0, 0.0, 0.0),
    offset_mm: float = 0.0,
) -> Depth:
    """Depth of the plate as a camera that was turned and moved sees it."""
    u0, v0, u1, v1 = REGION
    normal: Float = rotation_from_vector(np.radians(turn_deg)) @ NORMAL
    z = (DISTANCE_MM + offset_mm) / (INTRINSICS.ray_grid[v0:v1, u0:u1] @ normal)
    scale = NOISE.focal_baseline(INTRINSICS.fx)
    noise = correlated_noise(z.shape, NOISE.correlation_px, rng) * NOISE.subpixel_px
    depth = np.zeros(INTRINSICS.shape, np.float32)
    depth[v0:v1, u0:u1] = scale / (scale / z + noise)
    return depth


def plate() -> Fiducial:
    x, y, z = NORMAL.tolist()
    return Fiducial(REGION, 300.0, FiducialPlane((x, y, z), DISTANCE_MM))


def watched(
    depths: list[Depth], fiducial: Fiducial, pictures: list[ColorPicture] | None = None
) -> list[FiducialCheck]:
    state, checks = FiducialState(), []
    for i, depth in enumerate(depths):
        picture = None if pictures is None else pictures[i]
        check, state = watch(fiducial, depth, INTRINSICS, NOISE, picture, (i + 1) * FRAME_NS, state)
        checks.append(check)
    return checks


def frames(
    n: int,
    seed: int,
    turn_deg: tuple[float, float, float] = (0.0, 0.0, 0.0),
    offset_mm: float = 0.0,
) -> list[Depth]:
    rng = np.random.default_rng(seed)
    return [plane_depth(rng, turn_deg, offset_mm) for _ in range(n)]


def test_a_plate_in_place_is_proven_within_two_seconds_and_stays_so() -> None:
    checks = watched(frames(N_WINDOW + 10, 1), plate())
    assert checks[0].status is FiducialStatus.CANNOT_TELL
    assert {check.status for check in checks[N_WINDOW:]} == {FiducialStatus.IN_PLACE}
    assert not any(check.status is FiducialStatus.MOVED for check in checks)


@pytest.mark.parametrize(
    ("turn_deg", "offset_mm"),
    [
        ((0.1, 0.0, 0.0), 0.0),
        ((0.0, 0.1, 0.0), 0.0),
        ((0.0, 0.0, 0.0), 0.5),
        ((0.0, 0.0, 0.0), -0.5),
    ],
)
def test_half_a_millimetre_or_a_tenth_of_a_degree_is_not_in_place(
    turn_deg: tuple[float, float, float], offset_mm: float
) -> None:
    checks = watched(frames(N_WINDOW + 10, 2, turn_deg, offset_mm), plate())
    assert {check.status for check in checks[N_WINDOW:]} == {FiducialStatus.MOVED}


def test_a_bump_is_seen_at_once_and_a_small_one_within_the_window() -> None:
    before = frames(N_WINDOW, 3)
    hard = watched([*before, *frames(1, 4, offset_mm=2.0)], plate())
    assert hard[-2].status is FiducialStatus.IN_PLACE
    assert hard[-1].status is FiducialStatus.MOVED
    soft = watched([*before, *frames(N_WINDOW, 5, turn_deg=(0.0, 0.12, 0.0))], plate())
    assert soft[-1].status is FiducialStatus.MOVED
    assert soft[-1].turn_deg == pytest.approx(0.12, abs=0.03)


def test_what_hides_the_plate_proves_nothing_either_way() -> None:
    u0, v0, u1, v1 = REGION
    half = frames(N_WINDOW, 6)
    for depth in half:
        depth[v0 : (v0 + v1) // 2, u0:u1] = 220.0
    whole = [np.where(depth > 0, np.float32(200.0), depth) for depth in half]
    holes = [np.where(np.arange(848) % 3 > 0, np.float32(0.0), d) for d in frames(N_WINDOW, 7)]
    nan = [np.full_like(depth, np.nan) for depth in half]
    for depths in (half, whole, holes, nan):
        statuses = {check.status for check in watched(depths, plate())}
        assert statuses == {FiducialStatus.CANNOT_TELL}


def test_a_gap_in_the_stream_starts_the_proof_over() -> None:
    state, statuses = FiducialState(), []
    for i, depth in enumerate(frames(N_WINDOW, 8)):
        check, state = watch(plate(), depth, INTRINSICS, NOISE, None, i * FRAME_NS, state)
        statuses.append(check.status)
    assert statuses[-1] is FiducialStatus.IN_PLACE
    late = N_WINDOW * FRAME_NS + 10_000_000_000
    check, state = watch(plate(), frames(1, 9)[0], INTRINSICS, NOISE, None, late, state)
    assert (check.status, check.n_frames) == (FiducialStatus.CANNOT_TELL, 1)


def test_the_reference_is_the_mean_of_its_frames() -> None:
    found = reference_fiducial(REGION, frames(40, 10), INTRINSICS, NOISE)
    assert found.plane is not None
    assert found.plane.distance_mm == pytest.approx(DISTANCE_MM, abs=0.1)
    np.testing.assert_allclose(found.plane.normal, NORMAL, atol=5e-4)
    with pytest.raises(ValueError, match="show a plane"):
        reference_fiducial(REGION, [np.zeros(INTRINSICS.shape, np.float32)], INTRINSICS, NOISE)


def marker_picture(
    rng: np.random.Generator, shift_px: tuple[float, float] = (0.0, 0.0), spin_deg: float = 0.0
) -> ColorPicture:
    """A sharp, noisy print, moved in the picture; 4 rays a pixel along each side."""
    fine, size = 4, 180
    u, v = np.meshgrid(*((np.arange(size * fine) + 0.5) / fine - 0.5,) * 2)
    cosine, sine = np.cos(np.radians(spin_deg)), np.sin(np.radians(spin_deg))
    x, y = u - 90.2 - shift_px[0], v - 89.6 - shift_px[1]
    across, down = cosine * x + sine * y, cosine * y - sine * x
    code = black_modules("4x4_1000", MARKER_ID)
    module = SIDE_PX / 6
    column, row = (np.floor(a / module + 3).astype(int) for a in (across, down))
    inside = (column >= 0) & (column < 6) & (row >= 0) & (row < 6)
    black = inside & code[np.clip(row, 0, 5), np.clip(column, 0, 5)]
    grey = np.where(black, 30.0, 200.0).reshape(size, fine, size, fine).mean(axis=(1, 3))
    grey = grey + rng.normal(0.0, 2.0, grey.shape)
    pixels = np.clip(np.round(grey), 0, 255).astype(np.uint8)
    return ColorPicture(pixels, COLOR_1080.intrinsics, np.eye(4), corner_px=(60, 860))


def marked(pictures: list[ColorPicture]) -> Fiducial:
    marker: FiducialMarker = reference_marker("4x4_1000", MARKER_ID, 20.0, pictures)
    return replace(plate(), marker=marker)


def test_a_slide_or_spin_within_the_plane_is_seen_by_the_marker_alone() -> None:
    rng = np.random.default_rng(11)
    fiducial = marked([marker_picture(rng) for _ in range(4)])
    mm_per_px = 20.0 / SIDE_PX
    depths = frames(N_WINDOW, 12)
    cases: list[tuple[tuple[float, float], float, FiducialStatus]] = [
        ((0.0, 0.0), 0.0, FiducialStatus.IN_PLACE),
        ((0.55 / mm_per_px, 0.0), 0.0, FiducialStatus.MOVED),
        ((0.0, -0.55 / mm_per_px), 0.0, FiducialStatus.MOVED),
        ((0.0, 0.0), 0.12, FiducialStatus.MOVED),
    ]
    for shift_px, spin_deg, expected in cases:
        shown = [marker_picture(rng, shift_px, spin_deg) for _ in range(2)]
        check = watched(depths, fiducial, [shown[i % 2] for i in range(N_WINDOW)])[-1]
        assert (check.status, check.sees_slide) == (expected, True), (shift_px, spin_deg)
    assert not watched(depths, plate())[-1].sees_slide


def test_a_marker_that_is_not_read_leaves_the_answer_open() -> None:
    rng = np.random.default_rng(13)
    fiducial = marked([marker_picture(rng)])
    blank = replace(marker_picture(rng), grey=np.full((180, 180), 120, np.uint8))
    depths = frames(3, 14)
    for pictures in ([blank] * 3, None):
        checks = watched(depths, fiducial, pictures)
        assert {check.status for check in checks} == {FiducialStatus.CANNOT_TELL}


@pytest.mark.parametrize(
    ("normal", "distance_mm"),
    [((0.0, 0.0, 0.9), 300.0), ((0.0, 0.0, -1.0), 300.0), ((0.0, 0.0, 1.0), float("nan"))],
)
def test_a_plane_that_cannot_be_is_refused(
    normal: tuple[float, float, float], distance_mm: float
) -> None:
    with pytest.raises(ValueError, match="fiducial"):
        FiducialPlane(normal, distance_mm)
