"""How much the network wavers between the classes inside one of its labels."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Bool
from tracking.compiled import compiled, part
from tracking.loop_types import MASK, REAL, SINGLE, array_in, several

Planes = NDArray[np.float32]
Singles = NDArray[np.float32]
Indices = NDArray[np.int64]

THINNING = 2  # neighbours say much the same
MAX_PIXELS = 500  # a share's standard error is then about 2 %; more cost time only
BORDER_PX = 2  # at a border between two labels wavering is right
UPPER_SHARE = 0.9  # of the pixels lie below what is reported: a tenth that wavers must show


@dataclass(frozen=True)
class Wavering:
    """Temperature-scaled uncertainty of a label's pixels off its border.

    Attributes
    ----------
    unsure
        1 - mean probability of the winning class, 0..1.
    entropy
        90th percentile of the classes' entropy over its maximum, 0..1.
    energy
        90th percentile of the free energy -log(sum(exp(logits))): high where no class is
        supported (Liu et al., "Energy-based out-of-distribution detection", NeurIPS 2020).
        0 for no pixels.
    """

    unsure: float
    entropy: float
    energy: float


def wavering(logits: Planes, mask: Bool, temperature: float) -> Wavering:
    """Uncertainty over `mask` (h, w), not empty; `logits` is (n_classes, h, w)."""
    return Wavering(*_wavering(logits, mask, temperature))


@part
def _is_off_border(mask: Bool, row: int, column: int) -> bool:
    """Whether the thinned mask's neighbours of a pixel, where there are any, are in it too."""
    reach = BORDER_PX // THINNING * THINNING
    for v in range(row - reach, row + reach + 1, THINNING):
        for u in range(column - reach, column + reach + 1, THINNING):
            is_there = 0 <= v < mask.shape[0] and 0 <= u < mask.shape[1]
            if is_there and not mask[v, u]:
                return False
    return True


@part
def _thinned(mask: Bool) -> tuple[Indices, Indices]:
    """Rows and columns of the thinned mask's pixels off its border; of all where none is."""
    height, width = mask.shape
    n_most = ((height + THINNING - 1) // THINNING) * ((width + THINNING - 1) // THINNING)
    rows, columns = np.empty(n_most, np.int64), np.empty(n_most, np.int64)
    n = 0
    for is_inner in (True, False):
        for row in range(0, height, THINNING):
            for column in range(0, width, THINNING):
                if mask[row, column] and not (is_inner and not _is_off_border(mask, row, column)):
                    rows[n], columns[n] = row, column
                    n += 1
        if n > 0:
            break
    return rows[:n], columns[:n]


@part
def _upper(values: Singles) -> float:
    rank = int(UPPER_SHARE * (len(values) - 1))
    return float(np.partition(values, rank)[rank])


@compiled(several(REAL, REAL, REAL), array_in(SINGLE, 3), MASK, REAL)
def _wavering(logits: Planes, mask: Bool, temperature: float) -> tuple[float, float, float]:
    """See `Wavering`."""
    rows, columns = _thinned(mask)
    if len(rows) == 0:  # a label of a few pixels
        return 1.0, 1.0, 0.0
    step = 1 + len(rows) // MAX_PIXELS
    rows, columns = rows[::step], columns[::step]
    n, n_classes = len(rows), len(logits)
    scale, scaled = np.float32(1.0 / temperature), np.empty(n_classes, np.float32)
    entropies, energies, sure = np.empty(n, np.float32), np.empty(n, np.float32), 0.0
    for index in range(n):
        for code in range(n_classes):
            scaled[code] = logits[code, rows[index], columns[index]] * scale
        top = scaled.max()
        total, spread = np.float32(0.0), np.float32(0.0)
        for code in range(n_classes):
            below = scaled[code] - top
            share = np.exp(below)
            total += share
            spread += share * below
        log_total = np.log(total)
        sure += float(np.float32(1.0) / total)
        entropies[index] = log_total - spread / total
        energies[index] = -np.float32(temperature) * (top + log_total)
    return 1.0 - sure / n, _upper(entropies) / math.log(n_classes), _upper(energies)
