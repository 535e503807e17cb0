"""A printed marker collar on an applicator's docking ring: where each code sits.

A paper strip runs around the ring's outer face (around the tube, where there is no ring); a
paper disc may lie on the ring's top face. Paper has no thickness here. Marker k of a row is
centred at the angle 360 k / n from applicator +x towards +y. On the strip a code's upper edge
looks towards the source, on the disc away from the axis.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, pi

import numpy as np

from tracking.arrays import Float, frozen
from tracking.collar_codes import N_QUIET, Dictionary, n_codes, n_modules

DEFAULT_PLACEMENT_SIGMA_MM = 0.15  # paper against an edge, by hand
MIN_QUIET_MODULES = 0.7  # of white beyond a marker's corner: below it, codes begin to be missed
SQUARE = np.array([[-1.0, 1.0], [1.0, 1.0], [1.0, -1.0], [-1.0, -1.0]])  # OpenCV's order
MIN_MARKERS = 6  # on the strip: fewer, and some views show less than two


@dataclass(frozen=True)
class Collar:
    """What is printed: one dictionary, consecutive ids, two rows of markers.

    Attributes
    ----------
    first_id, n_outer, n_top
        The strip wears the ids from `first_id` on, the disc the next `n_top` (0: no disc).
    module_mm, top_module_mm
        Side of one module of either row.
    placement_sigma_mm
        1-sigma of where a person fastens the paper, at any place of its edge.
    below_top_mm
        On a tube without a ring: from the tube's top down to the strip's upper edge.
    """

    dictionary: Dictionary
    first_id: int
    n_outer: int
    module_mm: float
    n_top: int = 0
    top_module_mm: float = 0.0
    placement_sigma_mm: float = DEFAULT_PLACEMENT_SIGMA_MM
    below_top_mm: float = 0.0

    def __post_init__(self) -> None:
        if self.n_outer < MIN_MARKERS:
            raise ValueError(f"collar: n_outer at least {MIN_MARKERS}, got {self.n_outer}")
        if self.n_top < 0 or (self.n_top > 0) != (self.top_module_mm > 0):
            raise ValueError("collar: n_top and top_module_mm are both 0 or both positive")
        for name in ("module_mm", "placement_sigma_mm"):
            value = getattr(self, name)
            if not (isfinite(value) and value > 0):
                raise ValueError(f"collar: {name} must be positive, got {value}")
        if not (isfinite(self.below_top_mm) and self.below_top_mm >= 0):
            raise ValueError(f"collar: below_top_mm must not be negative: {self.below_top_mm}")
        last = self.first_id + self.n_outer + self.n_top - 1
        if not 0 <= self.first_id <= last < n_codes(self.dictionary):
            raise ValueError(
                f"collar: ids {self.first_id} to {last}, but {self.dictionary} has "
                f"0 to {n_codes(self.dictionary) - 1}"
            )

    @property
    def ids(self) -> range:
        """Every id it wears, strip first."""
        return range(self.first_id, self.first_id + self.n_outer + self.n_top)

    @property
    def n_modules(self) -> int:
        """Modules along a marker's side."""
        return n_modules(self.dictionary)

    @property
    def side_mm(self) -> float:
        """Side of a marker on the strip, its black border included."""
        return self.n_modules * self.module_mm

    @property
    def strip_mm(self) -> float:
        """Height of the strip with its white edges."""
        return (self.n_modules + N_QUIET) * self.module_mm

    @property
    def top_side_mm(self) -> float:
        """Side of a marker on the disc."""
        return self.n_modules * self.top_module_mm


@dataclass(frozen=True)
class CollarSeat:
    """The surfaces that wear the paper, in applicator space.

    Attributes
    ----------
    radius_mm, bottom_mm, top_mm
        Of the cylinder under the strip.
    inner_radius_mm
        Of the disc's hole: paper never reaches into the beam.
    """

    radius_mm: float
    bottom_mm: float
    top_mm: float
    inner_radius_mm: float

    @property
    def middle_mm(self) -> float:
        """Height of the strip's middle line."""
        return (self.bottom_mm + self.top_mm) / 2


def check_fits(collar: Collar, seat: CollarSeat) -> None:
    """Raise ValueError unless every marker, with its quiet zone, has room on its surface."""
    side = collar.side_mm
    needed = side + N_QUIET * MIN_QUIET_MODULES * collar.module_mm
    height = seat.top_mm - seat.bottom_mm
    if needed > height + 1e-9:
        raise ValueError(f"collar: a strip of {needed:g} mm does not fit on {height:g} mm")
    pitch = 2 * pi * seat.radius_mm / collar.n_outer
    if pitch < side + collar.module_mm:
        raise ValueError(
            f"collar: {collar.n_outer} markers of {side:g} mm do not fit around the ring, "
            f"one every {pitch:.1f} mm"
        )
    if collar.n_top:
        _check_disc(collar, seat)


def _check_disc(collar: Collar, seat: CollarSeat) -> None:
    half, quiet = collar.top_side_mm / 2, MIN_QUIET_MODULES * collar.top_module_mm
    middle = disc_radius_mm(seat)
    reach = float(np.hypot(middle + half, half)) + quiet
    if reach > seat.radius_mm or middle - half - quiet < seat.inner_radius_mm:
        raise ValueError(
            f"collar: markers of {collar.top_side_mm:g} mm do not fit between the radii "
            f"{seat.inner_radius_mm:g} and {seat.radius_mm:g} mm of the ring's top face"
        )
    apart = 2 * (middle - half) * np.tan(pi / collar.n_top)
    if apart < collar.top_side_mm + collar.top_module_mm:
        raise ValueError(
            f"collar: {collar.n_top} markers of {collar.top_side_mm:g} mm do not fit on the disc"
        )


def disc_radius_mm(seat: CollarSeat) -> float:
    """Radius on which the disc's markers are centred: a little inside the middle.

    A square's outer corners reach farther out than its outer edge.
    """
    width = seat.radius_mm - seat.inner_radius_mm
    return seat.inner_radius_mm + 0.48 * width


def marker_points_mm(
    collar: Collar, seat: CollarSeat, marker_id: int, across_mm: Float, up_mm: Float
) -> Float:
    """Points of the paper in applicator space, (..., 3), by a marker's own coordinates.

    From its middle, as a reader sees it: `across_mm` to the right, `up_mm` upwards.
    """
    k = marker_id - collar.first_id
    points = np.empty((*np.shape(across_mm), 3))
    if k < collar.n_outer:
        angle = 2 * pi * k / collar.n_outer + across_mm / seat.radius_mm
        points[..., 0] = seat.radius_mm * np.cos(angle)
        points[..., 1] = seat.radius_mm * np.sin(angle)
        points[..., 2] = seat.middle_mm + up_mm
        return points
    around = 2 * pi * (k - collar.n_outer) / collar.n_top
    out = up_mm + disc_radius_mm(seat)
    points[..., 0] = out * np.cos(around) + across_mm * np.sin(around)
    points[..., 1] = out * np.sin(around) - across_mm * np.cos(around)
    points[..., 2] = seat.top_mm
    return points


def marker_side_mm(collar: Collar, marker_id: int) -> float:
    """Side of this marker."""
    is_on_strip = marker_id - collar.first_id < collar.n_outer
    return collar.side_mm if is_on_strip else collar.top_side_mm


def marker_corners_mm(collar: Collar, seat: CollarSeat) -> dict[int, Float]:
    """Corners (4, 3) of every marker in applicator space, by id.

    In OpenCV's order: upper left, upper right, lower right, lower left, as a reader sees them.
    """
    corners = {}
    for marker_id in collar.ids:
        across, up = SQUARE.T * (marker_side_mm(collar, marker_id) / 2)
        corners[marker_id] = frozen(marker_points_mm(collar, seat, marker_id, across, up))
    return corners
