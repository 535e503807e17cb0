"""Registration side by side with others on the same simulated frames, and the noise bound.

Random views with true masks (`recordings/simulation/views.py`). The bound is the simulator's,
from the rendered truth: what least squares over all applicator pixels alike reaches at best.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from time import perf_counter

import numpy as np

from pipeline.benchmarks.findings import Findings, Goal, TextTable, percentiles, rms, share, shown
from pipeline.benchmarks.methods import OURS, RIVALS, Case, Method, prepare
from pipeline.benchmarks.pose_error import pose_error, rough_start
from pipeline.benchmarks.side_by_side import N_PROCESSES, side_by_side
from recordings.progress import Report
from recordings.simulation.bound import PlainBound
from recordings.simulation.views import View, ViewKind, random_view

START_DEG, START_MM = 4.0, 7.0
SLOW_EVERY = 5  # slow methods run on every fifth frame
BOUND_RATIO_GOAL = 1.3
EASY_AXIS_DEG, EASY_EXIT_MM = 0.2, 1.0  # frames whose bound is below both must be decided
UNSURE_GOAL = 0.03
WRONG_AXIS_DEG, WRONG_EXIT_MM = 1.0, 5.0
ACCEPTED = OURS[0].name  # the method that the goals are about


@dataclass(frozen=True)
class FrameResult:
    """One method on one frame. Errors are None where there is no pose."""

    method: str
    index: int
    applicator: str
    bevel_deg: float
    distance_mm: float
    visible_fraction: float
    rim_fraction: float
    status: str
    is_sure: bool
    axis_deg: float | None
    exit_mm: float | None
    axis_bound_deg: float | None
    exit_bound_mm: float | None
    axis_rms_bound_deg: float | None
    exit_rms_bound_mm: float | None
    time_ms: float

    @property
    def is_easy(self) -> bool:
        """Whether the noise leaves no excuse."""
        return (
            self.axis_bound_deg is not None
            and self.exit_bound_mm is not None
            and self.axis_bound_deg < EASY_AXIS_DEG
            and self.exit_bound_mm < EASY_EXIT_MM
        )

    @property
    def is_confidently_wrong(self) -> bool:
        """A large error that is not reported as unsure; an unknown slide excuses the exit."""
        if self.axis_deg is None or self.exit_mm is None:
            return False
        return self.axis_deg > WRONG_AXIS_DEG or (self.is_sure and self.exit_mm > WRONG_EXIT_MM)

    @property
    def axis_ratio(self) -> float | None:
        """Axis error over its bound."""
        return _over(self.axis_deg, self.axis_bound_deg)

    @property
    def exit_ratio(self) -> float | None:
        """Exit error over its bound, where the slide is known."""
        return _over(self.exit_mm, self.exit_bound_mm) if self.is_sure else None

    @property
    def axis_rms_ratio(self) -> float | None:
        """Axis error over its expected root mean square."""
        return _over(self.axis_deg, self.axis_rms_bound_deg)

    @property
    def exit_rms_ratio(self) -> float | None:
        """Exit error over its expected root mean square, where the slide is known."""
        return _over(self.exit_mm, self.exit_rms_bound_mm) if self.is_sure else None


def _over(error: float | None, bound: float | None) -> float | None:
    return error / bound if error is not None and bound else None


@dataclass(frozen=True)
class _Piece:
    seed: int
    index: int
    with_rivals: bool


def compare(n_views: int, seed: int, report: Report, *, with_rivals: bool = True) -> Findings:
    """Run every method over the same frames.

    With rivals one after the other in this process, so that times are not disturbed; without
    them in two processes.
    """
    pieces = [_Piece(seed, index, with_rivals) for index in range(n_views)]
    n_processes = 1 if with_rivals else N_PROCESSES
    by_view = side_by_side(_run_view, pieces, report, n_processes)
    return findings([r for results in by_view for r in results], n_views, with_rivals=with_rivals)


def _run_view(piece: _Piece) -> list[FrameResult]:
    view = random_view(ViewKind(), piece.seed, piece.index)
    rng = np.random.default_rng([piece.seed, 37, piece.index])
    start = rough_start(view.camera_from_applicator, START_DEG, START_MM, rng)
    case, bound = Case(view, view.depth_mm(), start), view.bound()
    prepare(view.applicator, with_rivals=piece.with_rivals)
    return [
        run_method(method, case, bound)
        for method in _methods(with_rivals=piece.with_rivals)
        if not method.is_slow or piece.index % SLOW_EVERY == 0
    ]


def _methods(*, with_rivals: bool) -> tuple[Method, ...]:
    return (*OURS, *RIVALS) if with_rivals else OURS


def run_method(method: Method, case: Case, bound: PlainBound | None) -> FrameResult:
    """Run one method on one frame and judge its answer."""
    begin = perf_counter()
    answer = method.run(case)
    time_ms = (perf_counter() - begin) * 1e3
    view: View = case.view
    error = None if answer.pose is None else pose_error(answer.pose, view.camera_from_applicator)
    return FrameResult(
        method=method.name,
        index=view.index,
        applicator=view.applicator.id,
        bevel_deg=view.applicator.bevel_deg,
        distance_mm=view.distance_mm,
        visible_fraction=1 - view.hidden_fraction,
        rim_fraction=view.rim_fraction,
        status=answer.status,
        is_sure=answer.is_sure,
        axis_deg=error.axis_deg if error else None,
        exit_mm=error.exit_mm if error else None,
        axis_bound_deg=bound.axis_deg if bound else None,
        exit_bound_mm=bound.exit_mm if bound else None,
        axis_rms_bound_deg=bound.axis_rms_deg if bound else None,
        exit_rms_bound_mm=bound.exit_rms_mm if bound else None,
        time_ms=time_ms,
    )


def findings(results: list[FrameResult], n_views: int, *, with_rivals: bool) -> Findings:
    """Tables, goals and plots of all results."""
    from pipeline.benchmarks.registration_plots import draw

    rows = [
        _row(method, [r for r in results if r.method == method.name])
        for method in _methods(with_rivals=with_rivals)
    ]
    table = TextTable(
        f"Simulated views, 848x480, true masks: {n_views}",
        (
            "method",
            "frames",
            "unsure",
            "axis, deg",
            "exit, mm",
            "error / bound",
            "ms",
        ),
        rows,
        "Errors: p50 / p95 / max; error / bound: rms of axis, exit; times: p50 / p95 / p99. "
        f"Rough start: {START_DEG:g} deg, {START_MM:g} mm off. The feature matching runs on every "
        f"{SLOW_EVERY}th frame. Unsure: no pose, or the slide along the axis is not observable "
        "(its exit error is left out). Bound (axis, exit): 1-sigma along the worst direction. "
        + ("" if with_rivals else "Two processes at once: the times are disturbed."),
    )
    ours = [r for r in results if r.method == ACCEPTED]
    return Findings(
        tables=(table,),
        goals=acceptance(ours),
        data={
            "frames": [asdict(r) for r in results],
            "confidently_wrong": [r.index for r in ours if r.is_confidently_wrong],
            "unsure_and_easy": [r.index for r in ours if r.is_easy and not r.is_sure],
            "error_over_expected_rms": {
                "axis": rms(_known(r.axis_rms_ratio for r in ours)),
                "exit": rms(_known(r.exit_rms_ratio for r in ours)),
            },
        },
        draw=lambda folder: draw(ours, folder),
    )


def acceptance(ours: Sequence[FrameResult]) -> tuple[Goal, ...]:
    """Return the goals of the registration without a start."""
    easy = [r for r in ours if r.is_easy]
    unsure = share(sum(not r.is_sure for r in easy), len(easy))
    wrong = float(sum(r.is_confidently_wrong for r in ours))
    return (
        Goal("axis error / bound, rms", rms(_known(r.axis_ratio for r in ours)), BOUND_RATIO_GOAL),
        Goal("exit error / bound, rms", rms(_known(r.exit_ratio for r in ours)), BOUND_RATIO_GOAL),
        Goal(
            f"unsure share of {len(easy)} frames with a bound below {EASY_AXIS_DEG:g} deg "
            f"and {EASY_EXIT_MM:g} mm",
            unsure,
            UNSURE_GOAL,
        ),
        Goal(
            f"errors above {WRONG_AXIS_DEG:g} deg or {WRONG_EXIT_MM:g} mm not reported as unsure",
            wrong if ours else None,
            0.0,
        ),
    )


def _row(method: Method, results: list[FrameResult]) -> tuple[str, ...]:
    axis = _known(r.axis_deg for r in results)
    exits = _known(r.exit_mm if r.is_sure else None for r in results)
    ratios = [
        shown(rms(_known(values)))
        for values in ((r.axis_ratio for r in results), (r.exit_ratio for r in results))
    ]
    return (
        method.name,
        str(len(results)),
        str(sum(not r.is_sure for r in results)),
        percentiles(axis, (50, 95, 100), 3),
        percentiles(exits, (50, 95, 100), 2),
        ", ".join(ratios),
        percentiles([r.time_ms for r in results], (50, 95, 99), 1),
    )


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]
