"""`bench collar`: how often the marker collar is read, and how far its pose is off.

Pictures of the device's own colour camera over distance, view and light, with the errors that no
picture shows drawn as their sigmas say: paper, focal length, colour against depth camera.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from time import process_time

import numpy as np

from pipeline.benchmarks.findings import Findings, Goal, TextTable, rms, share, shown
from pipeline.benchmarks.side_by_side import N_PROCESSES, side_by_side
from pipeline.config.collar_check import FAR_MM, MIN_MODULE_PX, module_px, smallest_module_mm
from recordings.progress import Report
from recordings.simulation.collar_views import DIM, GOOD, SOFT, Seeing, random_collar_view
from recordings.simulation.scenarios import COLLAR
from recordings.simulation.views import made_up_cone
from tracking.applicator import Applicator
from tracking.arrays import Float
from tracking.collar_estimate import estimate_from_collar
from tracking.collar_marks import find_markers
from tracking.second_estimate import SecondEstimate
from tracking.transforms import angle_between_deg, transform_points

DISTANCES_MM = (350.0, 500.0, 650.0, 800.0)
OFF_AXIS_DEG = (25.0, 45.0, 60.0)
HARD = ((DIM, 500.0), (DIM, 800.0), (SOFT, 500.0), (SOFT, 800.0))
RING_LIMIT_MM, AXIS_LIMIT_DEG = 2.0, 1.0  # of a vote that counts
RATE_GOAL = 0.99
COVERAGE_GOAL = 0.98  # of 99 % bounds, as for the registration's ellipsoids


@dataclass(frozen=True)
class Cell:
    """One kind of view."""

    seeing: Seeing
    distance_mm: float
    off_axis_deg: float


@dataclass(frozen=True)
class ViewResult:
    """Outcome of one view; errors None: not read.

    `picture_*`: with the true camera, against the paper. The others: all errors, against the cone.
    """

    seeing: str
    distance_mm: float
    off_axis_deg: float
    n_markers: int
    ms: float
    picture_ring_mm: float | None = None
    picture_axis_deg: float | None = None
    ring_mm: float | None = None
    axis_deg: float | None = None
    exit_mm: float | None = None
    ring_bound_mm: float | None = None
    axis_bound_deg: float | None = None
    exit_bound_mm: float | None = None
    named: bool = False

    @property
    def is_counted(self) -> bool:
        """Read, and sharp enough to count as a vote."""
        return (
            self.ring_bound_mm is not None
            and self.axis_bound_deg is not None
            and self.ring_bound_mm <= RING_LIMIT_MM
            and self.axis_bound_deg <= AXIS_LIMIT_DEG
        )


def collar_bench(
    n_views: int, seed: int, report: Report, n_processes: int = N_PROCESSES
) -> Findings:
    """Measure `n_views` of each cell."""
    cells = [Cell(GOOD, d, o) for d, o in product(DISTANCES_MM, OFF_AXIS_DEG)]
    cells += [Cell(seeing, distance, 45.0) for seeing, distance in HARD]
    pieces = [
        (cell, seed, index * n_views + i)
        for index, cell in enumerate(cells)
        for i in range(n_views)
    ]
    return findings(side_by_side(_run, pieces, report, n_processes))


def wearer() -> Applicator:
    """The cone of the simulated sessions with its collar."""
    return replace(made_up_cone(60.0, 15.0), collar=COLLAR)


@dataclass(frozen=True)
class Detection:
    """Of `n` pictures from one angle: read and named, and of those, sharp enough for a vote."""

    off_axis_deg: float
    n: int
    n_read: int
    n_counted: int


def detection(
    applicator: Applicator, catalogue: Mapping[str, Applicator], n_views: int, report: Report
) -> list[Detection]:
    """Read `n_views` pictures from each angle, in good light, from 0.8 m."""
    found = []
    for k, off_axis_deg in enumerate(OFF_AXIS_DEG):
        cell, results = Cell(GOOD, FAR_MM, off_axis_deg), []
        for i in range(n_views):
            rng = np.random.default_rng([61, k, i])
            results.append(view_result(cell, applicator, catalogue, rng))
            report(k * n_views + i + 1, n_views * len(OFF_AXIS_DEG))
        n_read = sum(r.named for r in results)
        n_counted = sum(r.named and r.is_counted for r in results)
        found.append(Detection(off_axis_deg, n_views, n_read, n_counted))
    return found


def _run(piece: tuple[Cell, int, int]) -> ViewResult:
    cell, seed, index = piece
    applicator = wearer()
    rng = np.random.default_rng([seed, 61, index])
    return view_result(cell, applicator, {applicator.id: applicator}, rng)


def view_result(
    cell: Cell,
    applicator: Applicator,
    catalogue: Mapping[str, Applicator],
    rng: np.random.Generator,
) -> ViewResult:
    """Draw one view of a collar that is worn, and read it."""
    collar = applicator.collar
    if collar is None:
        raise ValueError(f"{applicator.id} wears no collar")
    view = random_collar_view(applicator, cell.distance_mm, cell.off_axis_deg, cell.seeing, rng)
    if view is None:
        return ViewResult(cell.seeing.name, cell.distance_mm, cell.off_axis_deg, 0, 0.0)
    begin = process_time()
    markers = find_markers(view.picture, collar.dictionary)
    found = estimate_from_collar(view.picture, markers, catalogue, applicator)
    ms = (process_time() - begin) * 1e3
    sharp = estimate_from_collar(view.true_picture, markers, catalogue, applicator)
    if found is None or sharp is None:
        return ViewResult(cell.seeing.name, cell.distance_mm, cell.off_axis_deg, len(markers), ms)
    picture_ring, picture_axis, _ = _errors(sharp, view.camera_from_paper, applicator)
    ring_mm, axis_deg, exit_mm = _errors(found, view.camera_from_applicator, applicator)
    return ViewResult(
        cell.seeing.name,
        cell.distance_mm,
        cell.off_axis_deg,
        len(markers),
        ms,
        picture_ring,
        picture_axis,
        ring_mm,
        axis_deg,
        exit_mm,
        found.ring_bound_mm,
        found.axis_bound_deg,
        found.exit_bound_mm,
        found.applicator_ids == (applicator.id,),
    )


def _errors(
    found: SecondEstimate, truth: Float, applicator: Applicator
) -> tuple[float, float, float]:
    pose = found.camera_from_applicator
    top = np.array([0.0, 0.0, applicator.length_mm])
    return (
        float(np.linalg.norm(transform_points(pose, top) - transform_points(truth, top))),
        angle_between_deg(pose[:3, 2], truth[:3, 2]),
        float(np.linalg.norm(pose[:3, 3] - truth[:3, 3])),
    )


def findings(results: Sequence[ViewResult]) -> Findings:
    """Table, goals and data of all views."""
    groups: dict[tuple[str, float, float], list[ViewResult]] = {}
    for result in results:
        key = (result.seeing, result.distance_mm, result.off_axis_deg)
        groups.setdefault(key, []).append(result)
    rows = [(*_named(key), *_figures(group)) for key, group in groups.items()]
    seen_px = module_px(smallest_module_mm(COLLAR))
    good = [r for r in results if r.seeing == GOOD.name]
    read = [r for r in results if r.ring_mm is not None]
    goals = [
        Goal("px per module at 0.8 m, facing the camera", seen_px, MIN_MODULE_PX, is_most=False),
        Goal("read, good light", _rate(good), RATE_GOAL, is_most=False),
        Goal("read and counted, good light", _counted(good), RATE_GOAL, is_most=False),
        *(
            Goal(f"{what} within its 99 % bound", _inside(read, what), COVERAGE_GOAL, is_most=False)
            for what in ("ring", "axis", "exit")
        ),
        Goal("named as another, or not named", float(sum(not r.named for r in read)), 0.0),
    ]
    table = TextTable(
        "Collar of 16 codes on the ring and 8 on its top, colour 1920x1080, cone alone",
        (
            "light",
            "mm",
            "off axis",
            "n",
            "read",
            "counted",
            "codes",
            "picture",
            "ring, axis, exit",
            "bounds 99 %",
            "ms",
        ),
        rows,
        "Rms errors in mm, deg, mm (exit: 300 mm away). picture: ring and axis by the picture "
        "alone, camera and paper known. Bounds: medians. ms: CPU time, median. Counted: bounds "
        f"within {RING_LIMIT_MM:g} mm and {AXIS_LIMIT_DEG:g} deg.",
    )
    return Findings((table,), goals, {"views": [vars(r) for r in results]})


def _named(key: tuple[str, float, float]) -> tuple[str, str, str]:
    return key[0], f"{key[1]:.0f}", f"{key[2]:.0f}"


def _figures(group: Sequence[ViewResult]) -> tuple[str, ...]:
    read = [r for r in group if r.ring_mm is not None]
    picture_ring = shown(rms([r.picture_ring_mm or 0.0 for r in read]))
    picture_axis = shown(rms([r.picture_axis_deg or 0.0 for r in read]), 3)
    bounds = [
        shown(_median([getattr(r, name) for r in read]))
        for name in ("ring_bound_mm", "axis_bound_deg", "exit_bound_mm")
    ]
    return (
        str(len(group)),
        shown(_rate(group), 0, 100, " %"),
        shown(_counted(group), 0, 100, " %"),
        shown(_median([float(r.n_markers) for r in group]), 0),
        f"{picture_ring} / {picture_axis}",
        " / ".join(
            shown(rms([getattr(r, name) for r in read]))
            for name in ("ring_mm", "axis_deg", "exit_mm")
        ),
        " / ".join(bounds),
        shown(_median([r.ms for r in group]), 0),
    )


def _rate(group: Sequence[ViewResult]) -> float | None:
    return share(sum(r.ring_mm is not None for r in group), len(group))


def _counted(group: Sequence[ViewResult]) -> float | None:
    return share(sum(r.is_counted for r in group), len(group))


def _inside(read: Sequence[ViewResult], what: str) -> float | None:
    unit = "deg" if what == "axis" else "mm"
    pairs = [(getattr(r, f"{what}_{unit}"), getattr(r, f"{what}_bound_{unit}")) for r in read]
    return share(sum(error <= bound for error, bound in pairs), len(pairs))


def _median(values: Sequence[float]) -> float | None:
    return float(np.median(values)) if len(values) else None
