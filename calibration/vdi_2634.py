"""Figures of an optical 3D system after VDI/VDE 2634 part 2, and sphere figures around them.

Probing error: form PF is the range of the radial distances from the best-fit sphere (free radius),
size PS its diameter less the calibrated one. Sphere-spacing error SD: distance of the centres less
the calibrated one. Flatness error F: range of the distances from the best-fit plane. The guideline
lets the user discard up to 3 of 1000 points before a range is taken; exactly so many are here, of
the points that the robust fit keeps (how many it left out is said beside the figures). It asks for
many positions in the volume; one call judges one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import hypot, isfinite

import numpy as np

from calibration.nominal_check import AgainstNominal
from calibration.qa_metric import Metric
from calibration.sphere_fit import SphereFit
from calibration.sphere_search import FoundSphere
from calibration.worst_figure import worst
from tracking.arrays import Float
from tracking.errors import CalibrationError

DISCARDED_FRACTION = 0.003
MAX_SPACING_FRACTION = 0.2  # of the spacing: more is another pair of spheres


def form_range_mm(distances_mm: Float) -> float:
    """Range of signed distances from a fitted form, without the 0.3 % that lie farthest off."""
    n_left_out = int(DISCARDED_FRACTION * len(distances_mm))
    order = np.argsort(np.abs(distances_mm - np.median(distances_mm)))
    kept = distances_mm[order[: len(order) - n_left_out]]
    return float(np.ptp(kept))


@dataclass(frozen=True)
class SphereFigures:
    """One sphere against its calibrated radius."""

    centre_mm: tuple[float, float, float]
    radius_mm: float
    radius_sigma_mm: float
    centre_sigma_mm: float
    form_mm: float
    size_mm: float
    rms_mm: float
    cap_deg: float
    n_points: int
    outlier_fraction: float


@dataclass(frozen=True)
class SpacingFigure:
    """The distance of two spheres, by their numbers; `error_mm` None: no spacing is known."""

    first: int
    second: int
    distance_mm: float
    sigma_mm: float
    error_mm: float | None


@dataclass(frozen=True)
class SpheresResult:
    """All spheres of a cloud and the spacings that were asked for."""

    radius_mm: float
    spheres: tuple[SphereFigures, ...]
    spacings: tuple[SpacingFigure, ...]

    @property
    def against_nominal(self) -> tuple[AgainstNominal, ...]:
        """Every radius, and every distance whose nominal value is known."""
        radii = [
            AgainstNominal(
                f"sphere_{k}_radius", s.radius_mm, self.radius_mm, s.radius_sigma_mm, "mm"
            )
            for k, s in enumerate(self.spheres, start=1)
        ]
        spacings = [
            AgainstNominal(
                f"spacing_{p.first}_{p.second}",
                p.distance_mm,
                p.distance_mm - p.error_mm,
                p.sigma_mm,
                "mm",
            )
            for p in self.spacings
            if p.error_mm is not None
        ]
        return (*radii, *spacings)

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Radius error, probing errors and rms of each sphere; every spacing error; the worst."""
        found: list[Metric] = []
        forms: list[Metric] = []
        sizes: list[Metric] = []
        errors: list[Metric] = []
        for k, s in enumerate(self.spheres, start=1):
            name = f"sphere_{k}"
            forms.append(Metric(f"{name}_probing_form", s.form_mm, "mm"))
            sizes.append(Metric(f"{name}_probing_size", s.size_mm, "mm", 2 * s.radius_sigma_mm))
            found += [
                Metric(f"{name}_radius", s.radius_mm, "mm", s.radius_sigma_mm),
                Metric(
                    f"{name}_radius_error", s.radius_mm - self.radius_mm, "mm", s.radius_sigma_mm
                ),
                forms[-1],
                sizes[-1],
                Metric(f"{name}_rms", s.rms_mm, "mm"),
            ]
        for p in self.spacings:
            name = f"spacing_{p.first}_{p.second}"
            found.append(Metric(name, p.distance_mm, "mm", p.sigma_mm))
            if p.error_mm is not None:
                errors.append(Metric(f"{name}_error", p.error_mm, "mm", p.sigma_mm))
                found.append(errors[-1])
        return (
            *found,
            *worst("sphere_probing_form", forms),
            *worst("sphere_probing_size", sizes),
            *worst("sphere_spacing_error", errors),
        )


def sphere_figures(sphere: FoundSphere, radius_mm: float) -> SphereFigures:
    """Compare a found sphere with its calibrated radius."""
    fit = sphere.fit
    x, y, z = (float(value) for value in fit.centre_mm)
    return SphereFigures(
        (x, y, z),
        fit.radius_mm,
        fit.radius_sigma_mm,
        fit.centre_sigma_mm,
        form_range_mm(fit.residuals_mm[fit.is_inlier]),
        2 * (fit.radius_mm - radius_mm),
        fit.rms_mm,
        fit.cap_deg,
        len(fit.residuals_mm),
        float(1 - fit.is_inlier.mean()),
    )


def judge_spheres(
    found: Sequence[FoundSphere], radius_mm: float, spacings_mm: Sequence[float] = ()
) -> SpheresResult:
    """Return the figures of all spheres, ordered along their longest direction.

    One spacing: every neighbouring pair whose distance is within a fifth of it. Several: those of
    the neighbours in their order, one for each.

    Raises
    ------
    CalibrationError
        No sphere, or no pair at the spacing that was asked for.
    """
    if not found:
        raise CalibrationError(
            f"No sphere of radius {radius_mm:g} mm is in the cloud.",
            remedy="Check the radius and the unit (--unit), and let the camera see the sphere.",
        )
    ordered = _ordered(found)
    figures = tuple(sphere_figures(sphere, radius_mm) for sphere in ordered)
    return SpheresResult(radius_mm, figures, _spacings(ordered, spacings_mm))


def _ordered(found: Sequence[FoundSphere]) -> list[FoundSphere]:
    centres = np.array([sphere.fit.centre_mm for sphere in found])
    if len(found) == 1:
        return list(found)
    direction = np.linalg.svd(centres - centres.mean(axis=0))[2][0]
    direction = direction * np.sign(direction[np.argmax(np.abs(direction))])
    return [found[int(k)] for k in np.argsort(centres @ direction)]


def _spacings(
    spheres: Sequence[FoundSphere], nominal_mm: Sequence[float]
) -> tuple[SpacingFigure, ...]:
    if any(not (isfinite(s) and s > 0) for s in nominal_mm):
        raise CalibrationError("A spacing must be positive.", actual=f"{list(nominal_mm)} mm")
    if len(nominal_mm) > 1:
        if len(nominal_mm) != len(spheres) - 1:
            raise CalibrationError(
                "The spacings do not belong to these spheres.",
                expected=f"{len(spheres) - 1} spacings between {len(spheres)} spheres in a row",
                actual=f"{len(nominal_mm)} spacings",
                remedy="Give one spacing, or one for each neighbouring pair.",
            )
        chosen = [(i, i + 1, s) for i, s in enumerate(nominal_mm)]
        return tuple(_spacing(spheres, i, j, s) for i, j, s in chosen)
    if not nominal_mm:
        return tuple(_spacing(spheres, i, j, None) for i, j in pairwise(range(len(spheres))))
    pairs = [(i, j) for i in range(len(spheres)) for j in range(i + 1, len(spheres))]
    all_pairs = [_spacing(spheres, i, j, nominal_mm[0]) for i, j in pairs]
    limit = MAX_SPACING_FRACTION * nominal_mm[0]
    kept = [p for p in all_pairs if p.error_mm is not None and abs(p.error_mm) <= limit]
    if not kept:
        seen = ", ".join(f"{p.distance_mm:.1f}" for p in all_pairs) or "one sphere only"
        raise CalibrationError(
            f"No two spheres stand {nominal_mm[0]:g} mm apart.",
            expected=f"{nominal_mm[0]:g} mm within a fifth",
            actual=f"{seen}" + (" mm" if all_pairs else ""),
            remedy="Check --spacing-mm, and that the camera sees both spheres.",
        )
    return tuple(kept)


def _spacing(
    spheres: Sequence[FoundSphere], i: int, j: int, nominal_mm: float | None
) -> SpacingFigure:
    between = spheres[j].fit.centre_mm - spheres[i].fit.centre_mm
    distance = float(np.linalg.norm(between))
    along = between / distance
    sigma = hypot(*(_along_sigma(spheres[k].fit, along) for k in (i, j)))
    error = None if nominal_mm is None else distance - nominal_mm
    return SpacingFigure(i + 1, j + 1, distance, sigma, error)


def _along_sigma(fit: SphereFit, direction: Float) -> float:
    return float(np.sqrt(direction @ fit.covariance[:3, :3] @ direction))
