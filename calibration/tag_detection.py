"""AprilTags and ArUco codes with refined corners, in pixels whose centres are whole numbers.

OpenCV's AprilTag refinement places a corner half a pixel to the lower right (its pixels' centres
are at .5, as the AprilTag library's): that is taken off here. Where a code is large enough, its
corners are then the crossings of lines fitted to its edges (`tag_edges`).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from calibration.marker_codes import opencv_codes
from calibration.tag_edges import refine_on_edges
from tracking.arrays import Float, UInt8

APRILTAG_OFFSET_PX = 0.5
N_FRAME_CELLS = 2  # the dark frame, one cell on each side
ENLARGED = 2  # small tags are found in the picture at twice its size
MIN_PERIMETER_RATE = 0.01  # of the picture's longer side
MAX_WINDOW_PX = 53  # of the adaptive threshold: tags of up to about 300 px


@dataclass(frozen=True, eq=False)
class Tag:
    """A code: its id and its corners (4, 2), from its own upper left, clockwise."""

    id: int
    corners_px: Float


def detect_tags(gray: UInt8, dictionary: str) -> list[Tag]:
    """Find codes, the sharpest way first; what it misses is added from the other ways."""
    refinements = (
        (cv2.aruco.CORNER_REFINE_APRILTAG, 1),
        (cv2.aruco.CORNER_REFINE_APRILTAG, ENLARGED),
        (cv2.aruco.CORNER_REFINE_CONTOUR, ENLARGED),
    )
    found: list[Tag] = []
    for method, scale in refinements:
        found += [t for t in _detect(gray, dictionary, method, scale) if not _is_known(t, found)]
    n_cells = opencv_codes(dictionary).markerSize + N_FRAME_CELLS
    refined = [refine_on_edges(gray, tag.corners_px, n_cells) for tag in found]
    return [
        tag if corners is None else Tag(tag.id, corners)
        for tag, corners in zip(found, refined, strict=True)
    ]


def count_codes(gray: UInt8, dictionary: str) -> int:
    """How many codes of a dictionary the picture shows, by the quick way."""
    detector = cv2.aruco.ArucoDetector(opencv_codes(dictionary))
    return len(detector.detectMarkers(gray)[0])


def _detect(gray: UInt8, dictionary: str, method: int, scale: int) -> list[Tag]:
    parameters = cv2.aruco.DetectorParameters()
    parameters.cornerRefinementMethod = method
    parameters.adaptiveThreshWinSizeMax = MAX_WINDOW_PX
    parameters.minMarkerPerimeterRate = MIN_PERIMETER_RATE
    picture = gray
    if scale > 1:
        picture = cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)  # type: ignore[assignment]
    detector = cv2.aruco.ArucoDetector(opencv_codes(dictionary), parameters)
    corners, ids, _ = detector.detectMarkers(picture)
    if len(corners) == 0:  # ids is None then
        return []
    offset = APRILTAG_OFFSET_PX if method == cv2.aruco.CORNER_REFINE_APRILTAG else 0.0
    return [
        Tag(int(i), (np.reshape(c, (4, 2)).astype(np.float64) - offset + 0.5) / scale - 0.5)
        for c, i in zip(corners, ids.ravel(), strict=True)
    ]


def _is_known(tag: Tag, known: list[Tag]) -> bool:
    centre = tag.corners_px.mean(axis=0)
    side = float(np.linalg.norm(np.ptp(tag.corners_px, axis=0)))
    return any(
        float(np.linalg.norm(other.corners_px.mean(axis=0) - centre)) < side / 4 for other in known
    )
