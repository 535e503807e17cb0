"""Corners of single tags in rendered pictures: nearer to the truth once fitted to the edges."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from calibration.marker_codes import opencv_codes
from calibration.tag_detection import detect_tags
from calibration.tag_edges import refine_on_edges
from tracking.arrays import Float, UInt8
from tracking.transforms import rotation_from_vector

FAMILY, N_CELLS = "apriltag_36h11", 8
SIZE, OVERSAMPLED, CELL_TEXELS = 120, 8, 16
N_TRIALS = 12
CORNER_PX = 0.25  # largest error of a corner of a tag of 40 px or more
NOISE = 2.0


def tag_corners(side_px: float, tilt_deg: float, roll: float) -> Float:
    """Corners (4, 2) of a tilted tag in perspective, about the picture's middle."""
    turn = rotation_from_vector(np.radians(tilt_deg) * np.array([np.cos(roll), np.sin(roll), 0.0]))
    turn = turn @ rotation_from_vector([0, 0, 2.0 * roll])
    flat = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]]) / 2
    points = flat @ turn.T + [0, 0, 6]
    corners: Float = points[:, :2] / points[:, 2:] * 6 * side_px + SIZE / 2 + 0.37 * np.sin(roll)
    return corners


def picture_of(corners_px: Float, seed: int, tag: int = 7) -> UInt8:
    rng = np.random.default_rng(seed)
    drawn = cv2.aruco.generateImageMarker(opencv_codes(FAMILY), tag, N_CELLS * CELL_TEXELS)
    texture = np.pad(drawn, 2 * CELL_TEXELS, constant_values=255)
    low, high = 2 * CELL_TEXELS - 0.5, len(texture) - 2 * CELL_TEXELS - 0.5
    source = np.array([[low, low], [high, low], [high, high], [low, high]], dtype=np.float32)
    target = ((corners_px + 0.5) * OVERSAMPLED - 0.5).astype(np.float32)
    large = cv2.warpPerspective(
        texture,
        cv2.getPerspectiveTransform(source, target),
        (SIZE * OVERSAMPLED, SIZE * OVERSAMPLED),
        flags=cv2.INTER_AREA,
        borderValue=(170,),
    )
    large = cv2.GaussianBlur(large, (0, 0), rng.uniform(0.5, 1.0) * OVERSAMPLED)
    small = cv2.resize(large, (SIZE, SIZE), interpolation=cv2.INTER_AREA).astype(np.float64)
    noisy = 60 + small * 0.6 + rng.normal(0, NOISE, small.shape)
    return np.clip(np.round(noisy), 0, 255).astype(np.uint8)


def largest_miss(corners: Float, truth: Float) -> float:
    return min(
        float(np.linalg.norm(np.roll(corners, k, axis=0) - truth, axis=1).max()) for k in range(4)
    )


@pytest.mark.parametrize(("side_px", "tilt_deg"), [(40, 10), (45, 45), (70, 60)])
def test_corners_lie_at_the_truth(side_px: float, tilt_deg: float) -> None:
    misses = []
    for k in range(N_TRIALS):
        truth = tag_corners(side_px, tilt_deg, 0.5 * k)
        tags = detect_tags(picture_of(truth, k), FAMILY)
        assert [tag.id for tag in tags] == [7]
        misses.append(largest_miss(tags[0].corners_px, truth))
    assert max(misses) < CORNER_PX


def test_a_poor_start_is_mended() -> None:
    truth = tag_corners(50, 30, 1.0)
    start = truth + np.array([[1.2, 0], [0, -1.2], [-1.0, 0.5], [0.4, 1.0]])
    found = refine_on_edges(picture_of(truth, 1), start, N_CELLS)
    assert found is not None
    assert largest_miss(found, truth) < CORNER_PX


def test_what_is_no_clear_tag_is_left_as_it_was() -> None:
    truth = tag_corners(50, 30, 1.0)
    picture = picture_of(truth, 1)
    assert refine_on_edges(np.full_like(picture, 90), truth, N_CELLS) is None
    small = tag_corners(18, 10, 1.0)
    assert refine_on_edges(picture_of(small, 1), small, N_CELLS) is None  # cells of 2 px
    assert refine_on_edges(picture, truth[::-1], N_CELLS) is None  # dark outside: no tag's side
    covered = picture.copy()
    middle = int(truth[:, 1].mean())
    covered[:middle] = 120  # half of it hidden
    assert refine_on_edges(covered, truth, N_CELLS) is None
