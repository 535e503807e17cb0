"""A region that was contoured in the patient's images, in the space of those images.

Nothing here says where the patient lies under the camera: until that is registered, the region
says what was meant, and no coverage can be measured from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

MIN_POINTS = 3
MAX_CONTOURS = 2_000
MAX_POINTS = 100_000  # of all contours together
MAX_COORDINATE_MM = 3_000.0  # no scanner's space is larger
MIN_EXTENT_MM = 5.0  # a smaller region was drawn in another unit (cm, m)
MAX_EXTENT_MM = 500.0  # no cone treats a larger one

Point = tuple[float, float, float]


@dataclass(frozen=True)
class PatientRegion:
    """Closed contours in DICOM's patient space (LPS: x to the left, y back, z to the head), mm.

    `structure_set` and `frame_of_reference` are hashes of DICOM's identifiers.

    Raises
    ------
    ValueError
        A contour of fewer than three points, a number that is not finite, or an extent that no
        region in millimetres has.
    """

    name: str
    structure_set: str
    frame_of_reference: str
    contours_lps_mm: tuple[tuple[Point, ...], ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.contours_lps_mm) <= MAX_CONTOURS:
            raise ValueError(f"1 to {MAX_CONTOURS} contours, got {len(self.contours_lps_mm)}")
        if any(len(contour) < MIN_POINTS for contour in self.contours_lps_mm):
            raise ValueError(f"a contour has at least {MIN_POINTS} points")
        points = [point for contour in self.contours_lps_mm for point in contour]
        if len(points) > MAX_POINTS:
            raise ValueError(f"at most {MAX_POINTS} points, got {len(points)}")
        for axis, values in zip("xyz", zip(*points, strict=True), strict=True):
            if not all(isfinite(v) and abs(v) <= MAX_COORDINATE_MM for v in values):
                raise ValueError(f"{axis} is finite and within {MAX_COORDINATE_MM:g} mm")
        extent_mm = max(high - low for low, high in self.box_lps_mm)
        if not MIN_EXTENT_MM <= extent_mm <= MAX_EXTENT_MM:
            raise ValueError(
                f"it extends over {extent_mm:.3g} mm; regions have {MIN_EXTENT_MM:g} to "
                f"{MAX_EXTENT_MM:g} mm: is it in millimetres?"
            )

    @property
    def box_lps_mm(self) -> tuple[tuple[float, float], ...]:
        """(least, greatest) along x, y and z."""
        points = (point for contour in self.contours_lps_mm for point in contour)
        return tuple((min(values), max(values)) for values in zip(*points, strict=True))

    @property
    def centroid_lps_mm(self) -> Point:
        """Mean of all points."""
        points = [point for contour in self.contours_lps_mm for point in contour]
        x, y, z = (sum(values) / len(points) for values in zip(*points, strict=True))
        return (x, y, z)
