"""Dictionaries of printed codes by the names that people type."""

from __future__ import annotations

from typing import Final

import cv2

PREFIX = "DICT_"


def _all() -> dict[str, int]:
    found: dict[str, int] = {}
    for name in sorted(dir(cv2.aruco)):
        if name.startswith(PREFIX):
            found[name.removeprefix(PREFIX).lower()] = int(getattr(cv2.aruco, name))
    return found


DICTIONARIES: Final[dict[str, int]] = _all()
"""Name, in lower case and without DICT_, to OpenCV's number."""


def dictionary_name(text: str) -> str | None:
    """The name as listed; None where there is none. Takes DICT_ and any case."""
    name = text.strip().lower().removeprefix(PREFIX.lower())
    if name in DICTIONARIES:
        return name
    for prefix in ("aruco_", "apriltag_"):
        if name.removeprefix(prefix) in DICTIONARIES:
            return name.removeprefix(prefix)
        if prefix + name in DICTIONARIES:
            return prefix + name
    squeezed = {n.replace("apriltag_", "tag"): n for n in DICTIONARIES}
    return squeezed.get(name)


def opencv_codes(name: str) -> cv2.aruco.Dictionary:
    """The dictionary as OpenCV's detectors take it."""
    return cv2.aruco.getPredefinedDictionary(DICTIONARIES[name])
