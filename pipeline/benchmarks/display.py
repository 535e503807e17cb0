"""How still the drawn cone stands, and how soon it follows: the display's filter on still views.

Views are rendered once and measured anew for each frame, registered as tracked frames. A step is
the same exact shift added to the poses of all later frames, so truth and noise stay known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.benchmarks.findings import Findings, Goal, TextTable, shown
from pipeline.benchmarks.pose_error import cone_model, rough_start
from pipeline.benchmarks.side_by_side import N_PROCESSES, side_by_side
from recordings.progress import Report
from recordings.simulation.views import ViewKind, random_view
from tracking.arrays import Float
from tracking.display_filter import DisplayState, follow
from tracking.pose_change import changed_pose, pose_change
from tracking.register import register
from tracking.registration import PoseStart, Registration

FRAME_NS = 33_333_333
N_FRAMES, SETTLED = 60, 30  # frames a view; after these the filter's memory is full
START_DEG, START_MM = 1.0, 3.0
STEPS_SIGMA = (5.0, 6.0, 8.0)  # of the exit's most certain direction
N_STEPS = 6  # frames at which a step may come
REDUCTION_GOAL = 3.0
LAG_GOAL = 2.0  # frames, for steps above 5 sigma


@dataclass(frozen=True)
class StillView:
    """Figures of one view; jitter is the root mean square about the mean.

    `lags`: frames that the drawn exit centre is late, one for each step of each size.
    """

    index: int
    axis_deg: tuple[float, float]
    exit_mm: tuple[float, float]
    lags: tuple[tuple[float, ...], ...]

    @property
    def axis_reduction(self) -> float:
        """Jitter of the axis, measured over drawn."""
        return self.axis_deg[0] / self.axis_deg[1]

    @property
    def exit_reduction(self) -> float:
        """Jitter of the exit centre, measured over drawn."""
        return self.exit_mm[0] / self.exit_mm[1]


def display(n_views: int, seed: int, report: Report, n_processes: int = N_PROCESSES) -> Findings:
    """Measure jitter and lag on `n_views` still views."""
    pieces = [(seed, index) for index in range(n_views)]
    found = side_by_side(still_view, pieces, report, n_processes)
    return _findings([view for view in found if view is not None])


def still_view(piece: tuple[int, int]) -> StillView | None:
    """Register one view again and again; None where a frame has no trusted pose."""
    seed, index = piece
    frames = _registered(seed, index)
    return still_figures(index, frames) if all(frame.is_ok for frame in frames) else None


def still_figures(index: int, frames: Sequence[Registration]) -> StillView:
    """Figures of the registrations of one still view."""
    measured = [_pose(frame) for frame in frames]
    drawn = _drawn(frames)
    axis_deg = (_axis_jitter_deg(measured), _axis_jitter_deg(drawn))
    exit_mm = (_exit_jitter_mm(measured), _exit_jitter_mm(drawn))
    starts = range(SETTLED, SETTLED + N_STEPS)
    lags = tuple(tuple(_lag(frames, drawn, n, at) for at in starts) for n in STEPS_SIGMA)
    return StillView(index, axis_deg, exit_mm, lags)


def _registered(seed: int, index: int) -> list[Registration]:
    view = random_view(ViewKind(max_hidden=0.0), seed, index)
    rng = np.random.default_rng([seed, 37, index])
    prior = rough_start(view.camera_from_applicator, START_DEG, START_MM, rng)
    frames = []
    for repeat in range(N_FRAMES):
        found = register(
            cone_model(view.applicator),
            view.segmentation,
            view.depth_mm(repeat),
            view.kind.intrinsics,
            view.kind.noise,
            prior,
        )
        frames.append(found)
        if found.is_ok:
            prior = _pose(found)
    return frames


def _drawn(frames: Sequence[Registration]) -> list[Float]:
    state: DisplayState | None = None
    poses = []
    for index, frame in enumerate(frames):
        state = follow(state, replace(frame, start=PoseStart.TRACKED), index * FRAME_NS)
        if state is None:
            raise ValueError(f"frame {index} has no pose to draw: {frame.status}")
        poses.append(state.camera_from_applicator)
    return poses


def _lag(frames: Sequence[Registration], still: Sequence[Float], n_sigma: float, at: int) -> float:
    """Frames by which a step is late: its missing share, added up over the frames after it."""
    covariance = frames[at].exit_cov_mm2
    if covariance is None:
        raise ValueError(f"no covariance: {frames[at].status}")
    variances, directions = np.linalg.eigh(covariance)
    shift = n_sigma * np.sqrt(variances[0]) * directions[:, 0]
    step = np.concatenate([np.zeros(3), shift])
    moved = [
        frame if i < at else replace(frame, camera_from_applicator=changed_pose(_pose(frame), step))
        for i, frame in enumerate(frames)
    ]
    drawn = _drawn(moved)
    size = float(shift @ shift)
    shown_share = [
        float(pose_change(before, after)[3:] @ shift) / size
        for before, after in zip(still[at:], drawn[at:], strict=True)
    ]
    return float(np.sum(1.0 - np.clip(shown_share, 0.0, 1.0)))


def _pose(registration: Registration) -> Float:
    if registration.camera_from_applicator is None:
        raise ValueError(f"no pose: {registration.status}")
    return registration.camera_from_applicator


def _axis_jitter_deg(poses: Sequence[Float]) -> float:
    axes = np.array([pose[:3, 2] for pose in poses[SETTLED:]])
    return float(np.degrees(np.sqrt(axes.var(axis=0).sum())))


def _exit_jitter_mm(poses: Sequence[Float]) -> float:
    return float(np.sqrt(np.array([pose[:3, 3] for pose in poses[SETTLED:]]).var(axis=0).sum()))


def _findings(views: list[StillView]) -> Findings:
    lags = {n: [lag for view in views for lag in view.lags[i]] for i, n in enumerate(STEPS_SIGMA)}
    late = [float(np.mean(lags[n])) for n in STEPS_SIGMA] if views else []
    reductions = [r for v in views for r in (v.axis_reduction, v.exit_reduction)]
    rows = [
        (
            f"{view.index}",
            *(shown(value, 4) for value in view.axis_deg),
            shown(view.axis_reduction, 1),
            *(shown(value, 3) for value in view.exit_mm),
            shown(view.exit_reduction, 1),
        )
        for view in views
    ]
    steps = [
        (f"{n:g} sigma", shown(mean), shown(max(lags[n])))
        for n, mean in zip(STEPS_SIGMA, late, strict=False)
    ]
    header = ("view", "axis deg", "drawn", "ratio", "exit mm", "drawn", "ratio")
    return Findings(
        tables=(
            TextTable("Simulated still views: jitter, as measured and as drawn", header, rows),
            TextTable("Lag after a step, in frames", ("step", "mean", "worst"), steps),
        ),
        goals=(
            Goal("least reduction of jitter", min(reductions, default=None), REDUCTION_GOAL, False),
            Goal("mean lag after a step of 5 sigma, frames", late[0] if late else None, LAG_GOAL),
        ),
        data={
            "views": [vars(view) for view in views],
            "mean_lag_frames": dict(zip([f"{n:g}" for n in STEPS_SIGMA], late, strict=False)),
        },
    )
