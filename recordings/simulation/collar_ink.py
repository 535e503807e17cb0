"""The printed collar as the colour camera sees it: white paper and black modules.

It paints what wears it and changes no shape, so depth and labels stay what they were.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import pi

import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Bool
from tracking.collar import Collar, CollarSeat, disc_radius_mm
from tracking.collar_codes import black_modules

Float32 = NDArray[np.float32]

ON_SURFACE_MM = 0.1  # a mesh's facets lie this near to the round surface
PAPER_ALBEDO, INK_ALBEDO = 0.75, 0.04


@dataclass(frozen=True, eq=False)
class CollarInk:
    """Paper and ink of one collar on its seat, in applicator space."""

    collar: Collar
    seat: CollarSeat
    _codes: Bool = field(init=False, repr=False)

    def __post_init__(self) -> None:
        codes = [black_modules(self.collar.dictionary, i) for i in self.collar.ids]
        object.__setattr__(self, "_codes", np.stack(codes))

    def albedo(self, points_mm: Float32) -> tuple[Bool, Float32]:
        """Where points (n, 3) lie on paper, and the brightness there, both (n,)."""
        x, y, z = points_mm.T
        radius, angle = np.hypot(x, y), np.arctan2(y, x)
        seat, collar = self.seat, self.collar
        on_strip = (np.abs(radius - seat.radius_mm) < ON_SURFACE_MM) & (z >= seat.bottom_mm)
        on_strip &= z <= seat.top_mm
        is_black = on_strip & self._strip_black(angle, (z - np.float32(seat.middle_mm)))
        on_paper = on_strip
        if collar.n_top:
            on_disc = (np.abs(z - seat.top_mm) < ON_SURFACE_MM) & ~on_strip
            on_disc &= (radius > seat.inner_radius_mm + ON_SURFACE_MM) & (radius < seat.radius_mm)
            is_black |= on_disc & self._disc_black(angle, radius)
            on_paper = on_strip | on_disc
        return on_paper, np.where(is_black, np.float32(INK_ALBEDO), np.float32(PAPER_ALBEDO))

    def _strip_black(self, angle: Float32, up: Float32) -> Bool:
        pitch = np.float32(2 * pi / self.collar.n_outer)
        k = np.round(angle / pitch)
        across = ((angle - k * pitch) * self.seat.radius_mm).astype(np.float32)
        index = k.astype(np.int64) % self.collar.n_outer
        return self._black(index, across, up, self.collar.module_mm)

    def _disc_black(self, angle: Float32, radius: Float32) -> Bool:
        pitch = np.float32(2 * pi / self.collar.n_top)
        k = np.round(angle / pitch)
        beside = angle - k * pitch
        across = -radius * np.sin(beside)  # a reader above sees +angle to the left
        up = radius * np.cos(beside) - np.float32(disc_radius_mm(self.seat))
        index = self.collar.n_outer + k.astype(np.int64) % self.collar.n_top
        return self._black(index, across, up, self.collar.top_module_mm)

    def _black(
        self, index: NDArray[np.int64], across: Float32, up: Float32, module_mm: float
    ) -> Bool:
        n = self.collar.n_modules
        column = np.floor(across / module_mm + n / 2).astype(np.int64)
        row = np.floor(n / 2 - up / module_mm).astype(np.int64)
        inside = (column >= 0) & (column < n) & (row >= 0) & (row < n)
        codes = self._codes[index, np.clip(row, 0, n - 1), np.clip(column, 0, n - 1)]
        black: Bool = codes & inside
        return black
