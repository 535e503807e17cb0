"""The applicator as the catalogue describes it."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, radians, tan
from typing import Literal

from tracking.collar import Collar, CollarSeat, check_fits

Material = Literal["metal", "pmma"]
Docking = Literal["soft", "hard"]

MODEL_SIGMA_MM = 0.05  # manufacture: wall, length and ring are known to about this
MAX_BEVEL_DEG = 60.0  # steeper ends exist in no published catalogue


@dataclass(frozen=True)
class Applicator:
    """A tube with a bevelled exit and, where ring sizes are not 0, a docking ring on top.

    Applicator space: origin at the centre of the exit plane on the axis, +z towards the
    source, exit plane `z = -x * tan(bevel)`. `length_mm` runs from the exit centre to the
    top face of the ring (of the tube where there is no ring).

    Raises
    ------
    ValueError
        A dimension is not finite, not positive, or contradicts another.
    """

    id: str
    machine: str
    inner_diameter_mm: float
    wall_mm: float
    length_mm: float
    bevel_deg: float
    ring_diameter_mm: float
    ring_height_mm: float
    material: Material = "metal"
    docking: Docking = "soft"
    ssd_mm: float | None = None
    field_margin_mm: float = 0.0
    sleeve_diameter_mm: float | None = None
    mesh_path: str = ""
    collar: Collar | None = None

    def __post_init__(self) -> None:
        self._check_numbers()
        self._check_ring()
        self._check_tube()
        self._check_collar()

    def _check_numbers(self) -> None:
        """Each dimension by itself."""
        for name in ("inner_diameter_mm", "wall_mm", "length_mm"):
            self._require(name, lower=0.0, strict=True)
        for name in ("bevel_deg", "ring_diameter_mm", "ring_height_mm", "field_margin_mm"):
            self._require(name, lower=0.0, strict=False)
        for name in ("ssd_mm", "sleeve_diameter_mm"):
            if getattr(self, name) is not None:
                self._require(name, lower=0.0, strict=True)
        if self.bevel_deg > MAX_BEVEL_DEG:
            raise ValueError(f"{self.id}: bevel_deg at most {MAX_BEVEL_DEG}, got {self.bevel_deg}")

    def _check_ring(self) -> None:
        if (self.ring_diameter_mm > 0) != (self.ring_height_mm > 0):
            raise ValueError(f"{self.id}: ring diameter and height are both 0 or both positive")
        if self.has_ring and self.ring_diameter_mm <= self.outer_diameter_mm:
            raise ValueError(f"{self.id}: the ring must be wider than the tube")

    def _check_tube(self) -> None:
        """Field, sleeve and length against the tube."""
        if self.field_margin_mm >= self.inner_radius_mm:
            raise ValueError(f"{self.id}: field_margin_mm leaves no field")
        if self.sleeve_diameter_mm and self.sleeve_diameter_mm < self.outer_diameter_mm:
            raise ValueError(f"{self.id}: the sleeve must be as wide as the tube at least")
        if self.length_mm <= self.ring_height_mm + self.bevel_rise_mm:
            raise ValueError(f"{self.id}: too short for its bevel and ring")

    def _check_collar(self) -> None:
        """Paper against what wears it."""
        if self.collar is None:
            return
        if self.has_ring and self.collar.below_top_mm:
            raise ValueError(f"{self.id}: a collar's below_top_mm is for tubes without a ring")
        try:
            check_fits(self.collar, self.collar_seat)
        except ValueError as error:
            raise ValueError(f"{self.id}: {error}") from error
        if self.collar_seat.bottom_mm <= self.bevel_rise_mm:
            raise ValueError(f"{self.id}: the collar lies below the tube's exit")

    def _require(self, name: str, *, lower: float, strict: bool) -> None:
        value = getattr(self, name)
        if not (isfinite(value) and (value > lower if strict else value >= lower)):
            bound = "positive" if strict else "not negative"
            raise ValueError(f"{self.id}: {name} must be {bound}, got {value}")

    @property
    def has_ring(self) -> bool:
        """Whether a docking ring is modelled."""
        return self.ring_height_mm > 0

    @property
    def inner_radius_mm(self) -> float:
        """Radius of the inner wall."""
        return self.inner_diameter_mm / 2

    @property
    def outer_diameter_mm(self) -> float:
        """Diameter of the tube's outside (of its sleeve, where one is worn)."""
        return max(self.inner_diameter_mm + 2 * self.wall_mm, self.sleeve_diameter_mm or 0.0)

    @property
    def outer_radius_mm(self) -> float:
        """Radius of the tube's outside (of its sleeve, where one is worn)."""
        return self.outer_diameter_mm / 2

    @property
    def collar_seat(self) -> CollarSeat:
        """What wears the collar: the ring, or a band of the tube where there is none."""
        if self.collar is None:
            raise ValueError(f"{self.id} wears no collar")
        if self.has_ring:
            radius, top, height = self.ring_diameter_mm / 2, self.length_mm, self.ring_height_mm
        else:
            radius, height = self.outer_radius_mm, self.collar.strip_mm
            top = self.length_mm - self.collar.below_top_mm
        return CollarSeat(radius, top - height, top, self.inner_radius_mm)

    @property
    def bevel_rise_mm(self) -> float:
        """Height of the outer rim above and below the exit centre."""
        return self.outer_radius_mm * self.bevel_slope

    @property
    def bevel_slope(self) -> float:
        """tan(bevel)."""
        return tan(radians(self.bevel_deg))
