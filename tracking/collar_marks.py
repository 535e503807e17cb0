"""Find a collar's printed codes in a picture.

OpenCV finds and reads them; no bit of a code is corrected, because a corrected code may be
another collar's. Fails to: fewer markers.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from tracking.arrays import Float
from tracking.collar_codes import Dictionary, opencv_dictionary
from tracking.picture import ColorPicture

MIN_READ_PX = 2.0  # of a module's side: smaller ones cannot be read
N_SIDES = 4
REFINE_MODULES = 0.8  # half the window in which a corner is looked for: it must hold one corner


@dataclass(frozen=True, eq=False)
class SeenMarker:
    """One code in the picture.

    Attributes
    ----------
    corners_px : (4, 2)
        In the whole picture, in OpenCV's order.
    module_px : float
        Side of one module: the marker's shortest side over its modules.
    """

    marker_id: int
    corners_px: Float
    module_px: float


def find_markers(
    picture: ColorPicture, dictionary: Dictionary, window: tuple[slice, slice] | None = None
) -> tuple[SeenMarker, ...]:
    """Markers in the picture by rising id; an id that is read twice counts for nothing.

    `window` (rows, columns of `grey`) limits the search.
    """
    rows, columns = window or (slice(0, None), slice(0, None))
    grey = np.ascontiguousarray(picture.grey[rows, columns])
    if not grey.size:
        return ()
    n = opencv_dictionary(dictionary).markerSize + 2
    found, ids, _ = _detector(dictionary, n, grey.shape).detectMarkers(grey)
    if not found:  # then there are no ids either
        return ()
    shift = np.add(picture.corner_px, (columns.start, rows.start), dtype=np.float64)
    seen: dict[int, list[SeenMarker]] = {}
    for corners, marker_id in zip(found, map(int, ids.ravel()), strict=True):
        corners_px = corners.reshape(N_SIDES, 2).astype(np.float64)
        sides = np.linalg.norm(corners_px - np.roll(corners_px, 1, axis=0), axis=1)
        marker = SeenMarker(marker_id, corners_px + shift, float(sides.min()) / n)
        seen.setdefault(marker_id, []).append(marker)
    return tuple(seen[i][0] for i in sorted(seen) if len(seen[i]) == 1)


def _detector(
    dictionary: Dictionary, n_modules: int, shape: tuple[int, ...]
) -> cv2.aruco.ArucoDetector:
    parameters = cv2.aruco.DetectorParameters()
    perimeter_px = N_SIDES * n_modules * MIN_READ_PX
    parameters.minMarkerPerimeterRate = perimeter_px / max(shape)
    parameters.errorCorrectionRate = 0.0
    parameters.maxErroneousBitsInBorderRate = 0.0
    parameters.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_SUBPIX
    parameters.cornerRefinementWinSize = 4
    parameters.relativeCornerRefinmentWinSize = REFINE_MODULES
    return cv2.aruco.ArucoDetector(opencv_dictionary(dictionary), parameters)
