"""`bench fiducial`: is a bumped camera noticed, and is one that was not left in peace.

A plate of 85 x 56 mm at 300 mm fills 120 x 80 px; its depth carries the simulated camera's noise,
drawn anew in every frame. Only the plane is watched here: distance and tilts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from time import process_time

import numpy as np
from numpy.typing import NDArray

from pipeline.benchmarks.findings import Findings, Goal, TextTable, share, shown
from pipeline.benchmarks.side_by_side import N_PROCESSES, side_by_side
from recordings.progress import Report
from recordings.simulation.device import WIDE
from recordings.simulation.stereo_noise import DISPARITY_STEPS_PER_PX, correlated_noise
from tracking.depth_noise import StereoNoise
from tracking.fiducial import N_WINDOW, FiducialState, FiducialStatus, watch
from tracking.rig import Fiducial, FiducialPlane
from tracking.transforms import rotation_from_vector

REGION_PX = (100, 300, 220, 380)
NORMAL = (0.2, -0.1, float(np.sqrt(0.95)))
DISTANCE_MM = 300.0
FRAME_NS = 33_333_333
N_CHUNKS = 20  # of the frames in place: each starts anew
N_SEQUENCES = 25  # of each motion
N_AFTER = 15  # frames looked at once the window is full of moved ones
FALSE_PER_10000_GOAL = 1.0
DETECTED_GOAL = 0.99


@dataclass(frozen=True)
class Motion:
    """How the camera was moved: a turn about its x, y, z, and the plate's distance."""

    name: str
    turn_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)
    offset_mm: float = 0.0


IN_PLACE = Motion("in place")
MOTIONS = (
    Motion("0.1 deg about x", (0.1, 0.0, 0.0)),
    Motion("0.1 deg about y", (0.0, 0.1, 0.0)),
    Motion("0.5 mm nearer", offset_mm=-0.5),
    Motion("0.5 mm farther", offset_mm=0.5),
    Motion("0.3 deg about x", (0.3, 0.0, 0.0)),
    Motion("2 mm nearer", offset_mm=-2.0),
)


@dataclass(frozen=True)
class SequenceResult:
    """Statuses once the window was full, and what came before.

    `first_moved`: frames of the moved camera until it was said; None: never.
    """

    motion: str
    counts: dict[str, int]
    first_moved: int | None
    first_in_place: int | None
    tilt_sigma_deg: float
    ms: float


def fiducial_bench(
    n_frames: int, seed: int, report: Report, n_processes: int = N_PROCESSES
) -> Findings:
    """Watch `n_frames` in place, and `N_SEQUENCES` sequences of each motion."""
    each = max(1, n_frames // N_CHUNKS)
    pieces = [(IN_PLACE, seed, i, each) for i in range(N_CHUNKS)]
    pieces += [(m, seed, i, N_AFTER) for m in MOTIONS for i in range(N_SEQUENCES)]
    return findings(side_by_side(_run, pieces, report, n_processes))


def _run(piece: tuple[Motion, int, int, int]) -> SequenceResult:
    motion, seed, index, n_counted = piece
    rng = np.random.default_rng([seed, 67, index, int(1000 * sum(map(abs, motion.turn_deg)))])
    grid, camera = WIDE.intrinsics, WIDE.depth_camera
    noise = StereoNoise(camera.baseline_mm, camera.subpixel_px, camera.correlation_px)
    plate = Fiducial(REGION_PX, DISTANCE_MM, FiducialPlane(NORMAL, DISTANCE_MM))
    disparity = _disparity(motion, noise)
    state, counts = FiducialState(), Counter[str]()
    first: dict[FiducialStatus, int] = {}
    begin, drawing = process_time(), 0.0
    n_frames = N_WINDOW + n_counted
    for i in range(n_frames):
        started = process_time()
        depth = _frame(disparity, noise, rng)
        drawing += process_time() - started
        check, state = watch(plate, depth, grid, noise, None, (i + 1) * FRAME_NS, state)
        first.setdefault(check.status, i + 1)
        if i >= N_WINDOW:
            counts[check.status.value] += 1
    return SequenceResult(
        motion.name,
        dict(counts),
        first.get(FiducialStatus.MOVED),
        first.get(FiducialStatus.IN_PLACE),
        state.sights[-1][1].tilt_sigma_deg,
        (process_time() - begin - drawing) / n_frames * 1e3,
    )


def _disparity(motion: Motion, noise: StereoNoise) -> NDArray[np.float64]:
    u0, v0, u1, v1 = REGION_PX
    grid = WIDE.intrinsics
    normal = rotation_from_vector(np.radians(motion.turn_deg)) @ np.array(NORMAL)
    z = (DISTANCE_MM + motion.offset_mm) / (grid.ray_grid[v0:v1, u0:u1] @ normal)
    found: NDArray[np.float64] = noise.focal_baseline(grid.fx) / z
    return found


def _frame(
    disparity: NDArray[np.float64], noise: StereoNoise, rng: np.random.Generator
) -> NDArray[np.float32]:
    u0, v0, u1, v1 = REGION_PX
    grid = WIDE.intrinsics
    error = correlated_noise(disparity.shape, noise.correlation_px, rng) * noise.subpixel_px
    steps = np.round((disparity + error) * DISPARITY_STEPS_PER_PX) / DISPARITY_STEPS_PER_PX
    depth = np.zeros(grid.shape, np.float32)
    depth[v0:v1, u0:u1] = noise.focal_baseline(grid.fx) / steps
    return depth


def findings(results: Sequence[SequenceResult]) -> Findings:
    """Table, goals and data of all sequences."""
    rows, goals = [], []
    for name in dict.fromkeys(r.motion for r in results):
        group = [r for r in results if r.motion == name]
        counts = sum((Counter(r.counts) for r in group), Counter[str]())
        n = counts.total()
        moved = counts[FiducialStatus.MOVED.value]
        in_place = counts[FiducialStatus.IN_PLACE.value]
        said = [r.first_moved for r in group if r.first_moved is not None]
        rows.append(
            (
                name,
                str(n),
                *(
                    shown(share(k, n), 2, 100, " %")
                    for k in (in_place, moved, n - in_place - moved)
                ),
                shown(float(np.median(said)) if said else None, 0),
            )
        )
        if name == IN_PLACE.name:
            goals.append(_goal("not in place, per 10,000 frames", share(n - in_place, n)))
            goals.append(_goal("said to have moved, per 10,000 frames", share(moved, n)))
        else:
            detected = share(n - in_place, n)
            goals.append(Goal(f"{name}: not in place", detected, DETECTED_GOAL, is_most=False))
            goals.append(Goal(f"{name}: moved", share(moved, n), DETECTED_GOAL, is_most=False))
    table = TextTable(
        "A plate of 85 x 56 mm at 300 mm, watched by its depth",
        ("camera", "frames", "in place", "moved", "cannot tell", "moved first said after"),
        rows,
        f"Counted once {N_WINDOW} frames are averaged. One frame tells the tilt to "
        f"{results[0].tilt_sigma_deg:.3f} deg (1-sigma, worse direction). CPU time "
        f"{np.median([r.ms for r in results]):.1f} ms a frame.",
    )
    return Findings((table,), goals, {"sequences": [vars(r) for r in results]})


def _goal(name: str, value: float | None) -> Goal:
    return Goal(name, None if value is None else 1e4 * value, FALSE_PER_10000_GOAL)
