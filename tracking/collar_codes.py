"""The printed codes of a collar: dictionaries that OpenCV reads, and a code's black modules."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, Literal

import cv2
import numpy as np

from tracking.arrays import Bool, frozen

Dictionary = Literal["4x4_250", "4x4_1000", "apriltag_16h5", "apriltag_25h9", "apriltag_36h11"]

_OPENCV: Final[dict[Dictionary, int]] = {
    "4x4_250": cv2.aruco.DICT_4X4_250,
    "4x4_1000": cv2.aruco.DICT_4X4_1000,
    "apriltag_16h5": cv2.aruco.DICT_APRILTAG_16H5,
    "apriltag_25h9": cv2.aruco.DICT_APRILTAG_25H9,
    "apriltag_36h11": cv2.aruco.DICT_APRILTAG_36H11,
}
N_BORDERS = 2  # one black module on either side of a code
N_QUIET = 2  # one white module on either side of the border


@lru_cache(maxsize=len(_OPENCV))
def opencv_dictionary(name: Dictionary) -> cv2.aruco.Dictionary:
    """The dictionary as OpenCV's detector takes it."""
    return cv2.aruco.getPredefinedDictionary(_OPENCV[name])


def n_codes(name: Dictionary) -> int:
    """How many ids the dictionary has: 0 to one less."""
    return len(opencv_dictionary(name).bytesList)


def n_modules(name: Dictionary) -> int:
    """Modules along a marker's side, its black border included."""
    return int(opencv_dictionary(name).markerSize) + N_BORDERS


@lru_cache(maxsize=256)
def black_modules(name: Dictionary, marker_id: int) -> Bool:
    """Which modules are black, (n, n), rows from the marker's upper edge down."""
    side = n_modules(name)
    drawn = cv2.aruco.generateImageMarker(opencv_dictionary(name), marker_id, side)
    return frozen(np.asarray(drawn) == 0)
