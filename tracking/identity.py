"""Which catalogue entry the measured dimensions belong to: decided by what they rule out.

An entry is a point on the diameter and a circle among the slopes of the exit plane, since its
roll is free. How far the measurement lies from it, in sigma, is the least over that circle, with
diameter and slopes together: what they err by in common is then no excuse for a neighbour.

Fails to: undecided.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import cos, radians, sin, tan

import numpy as np

from tracking.alignment import ApplicatorIdentity
from tracking.applicator import Applicator
from tracking.arrays import Float, frozen
from tracking.compiled import compiled, part
from tracking.loop_types import NEW_VECTOR, ROWS, VECTOR
from tracking.registration import Dimensions

K_CONSISTENT, K_EXCLUDED = 3.5, 4.0  # in sigma: a candidate fits within, is ruled out beyond
DIAMETER_STEP_MM, BEVEL_STEP_DEG = 5.0, 15.0  # between neighbours of published catalogues
DIAMETER_FLOOR_MM, BEVEL_FLOOR_DEG = 0.4, 1.0  # manufacture and depth bias, beyond the noise
N_DIRECTIONS = 720  # of a bevel: half a step is a tenth of the floor's sigma


@dataclass(frozen=True, eq=False)
class Peers:
    """The applicators that may be worn in place of the planned one, with their sizes, (n,)."""

    applicators: tuple[Applicator, ...]
    diameters_mm: Float
    slopes: Float

    @classmethod
    def of(cls, applicators: Iterable[Applicator]) -> Peers:
        """Their sizes are looked up once, not in every frame."""
        applicators = tuple(applicators)
        diameters_mm = np.array([a.inner_diameter_mm for a in applicators], np.float64)
        slopes = np.array([a.bevel_slope for a in applicators], np.float64)
        return cls(applicators, frozen(diameters_mm), frozen(slopes))


def peers_of(planned: Applicator, catalogue: Mapping[str, Applicator]) -> Peers:
    """All applicators of the planned one's machine; where the catalogue has none, itself."""
    return Peers.of([a for a in catalogue.values() if a.machine == planned.machine] or [planned])


def identify(
    dimensions: Dimensions | None, planned: Applicator, peers: Peers
) -> ApplicatorIdentity:
    """Which of the machine's applicators the dimensions belong to.

    Decided where one catalogue diameter and bevel fits the measurement and all others are
    excluded by it. Fails to: undecided.
    """
    if dimensions is None:
        return ApplicatorIdentity()
    away = distances(dimensions, peers)
    possible = [peers.applicators[index] for index in np.flatnonzero(~(away >= K_EXCLUDED))]
    sizes = {_size(a) for a in possible}
    is_one = len(sizes) == 1 and float(away.min()) <= K_CONSISTENT
    match = (planned if _size(planned) in sizes else possible[0]) if is_one else None
    return ApplicatorIdentity(
        value=match.id if match else None,
        diameter_mm=dimensions.diameter_mm,
        bevel_deg=dimensions.bevel_deg,
        decided=match is not None,
    )


def fits(dimensions: Dimensions, applicator: Applicator) -> bool:
    """Whether diameter and bevel agree with an applicator's within what chance explains."""
    return bool(distances(dimensions, Peers.of([applicator]))[0] <= K_CONSISTENT)


def nearest(dimensions: Dimensions, applicators: Sequence[Applicator]) -> Applicator:
    """The first of the applicators whose size is fewest steps from the measured one."""

    def distance(applicator: Applicator) -> float:
        off_diameter = abs(dimensions.diameter_mm - applicator.inner_diameter_mm)
        off_bevel = abs(dimensions.bevel_deg - applicator.bevel_deg)
        return off_diameter / DIAMETER_STEP_MM + off_bevel / BEVEL_STEP_DEG

    return min(applicators, key=distance)


def distances(dimensions: Dimensions, peers: Peers) -> Float:
    """How far the measurement lies from each applicator, whatever its roll, (n,) in sigma.

    Those that the diameter alone excludes keep its distance, which is no larger.
    """
    covariance = _covariance(dimensions)
    if not np.isfinite(covariance).all():
        return np.full(len(peers.applicators), np.nan)
    off_mm = dimensions.diameter_mm - peers.diameters_mm
    return _distances(covariance, off_mm, _measured(dimensions), peers.slopes)


_DIAGONAL = np.diag_indices(3)
_ANGLES = np.arange(N_DIRECTIONS) * (2 * np.pi / N_DIRECTIONS)
_X, _Y = np.cos(_ANGLES), np.sin(_ANGLES)


@part
def _least_turning(linear_x: float, linear_y: float, xx: float, xy: float, yy: float) -> float:
    """Least of linear . u + xx u_x^2 + xy u_x u_y + yy u_y^2 over all directions u."""
    least = np.inf
    for x, y in zip(_X, _Y):  # noqa: B905 - Numba knows no `strict`
        value = x * (linear_x + xx * x + xy * y) + y * (linear_y + yy * y)
        if not value >= least:
            least = value
    return least


@compiled(NEW_VECTOR, ROWS, VECTOR, VECTOR, VECTOR)
def _distances(covariance: Float, off_mm: Float, measured: Float, slopes: Float) -> Float:
    """Least distance over all directions of each slope, (n,) in sigma.

    With the offset q = measured - slope u, u a direction, and d that of the diameter, its square
    is q' P q + 2 d p' q + d^2 r: a polynomial of second degree in u.
    """
    precision = np.linalg.inv(covariance)
    away = np.empty(len(off_mm))
    of_both, of_slopes = precision[0, 1:], precision[1:, 1:]
    pull_x = of_slopes[0, 0] * measured[0] + of_slopes[0, 1] * measured[1]
    pull_y = of_slopes[1, 0] * measured[0] + of_slopes[1, 1] * measured[1]
    for index in range(len(away)):
        off, slope = off_mm[index], slopes[index]
        away[index] = abs(off) / np.sqrt(covariance[0, 0])
        if away[index] >= K_EXCLUDED:
            continue
        turning = _least_turning(
            -2 * slope * (pull_x + off * of_both[0]),
            -2 * slope * (pull_y + off * of_both[1]),
            slope**2 * of_slopes[0, 0],
            slope**2 * 2 * of_slopes[0, 1],
            slope**2 * of_slopes[1, 1],
        )
        still = off**2 * precision[0, 0] + measured[0] * pull_x + measured[1] * pull_y
        still += 2 * off * (of_both[0] * measured[0] + of_both[1] * measured[1])
        square = still + turning
        away[index] = 0.0 if square < 0.0 else np.sqrt(square)
    return away


def _measured(dimensions: Dimensions) -> Float:
    """The exit plane's slopes along x and y, (2,)."""
    slope, direction = _slope(dimensions.bevel_deg), radians(dimensions.bevel_direction_deg)
    return np.array([slope * cos(direction), slope * sin(direction)])


def _covariance(dimensions: Dimensions) -> Float:
    """Of diameter and slopes, (3, 3), with the floors."""
    per_rad = 1 + _slope(dimensions.bevel_deg) ** 2
    floor_var = (per_rad * radians(BEVEL_FLOOR_DEG)) ** 2
    covariance = np.zeros((3, 3))
    if dimensions.covariance is not None:
        covariance += dimensions.covariance
    else:
        bevel_var = (per_rad * radians(dimensions.bevel_sigma_deg)) ** 2
        covariance[_DIAGONAL] = dimensions.diameter_sigma_mm**2, bevel_var, bevel_var
    covariance[_DIAGONAL] += DIAMETER_FLOOR_MM**2, floor_var, floor_var
    return covariance


def _slope(bevel_deg: float) -> float:
    return tan(radians(bevel_deg))


def _size(applicator: Applicator) -> tuple[float, float]:
    return applicator.inner_diameter_mm, applicator.bevel_deg
