"""Pictures of `bench registration`: error against what makes it large, with the bound."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from pipeline.benchmarks.registration import FrameResult

INK, QUIET, BOUND = "#1f4e79", "#9aa7b4", "#c0504d"
FOOT = 0.02  # height, of the plot's, at which frames without a pose are marked
N_BINS = 8  # of the bound's running median


def draw(results: Sequence[FrameResult], folder: Path) -> list[Path]:
    """Write one PNG for each cause, axis and exit side by side; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    causes: tuple[tuple[str, str, Callable[[FrameResult], float]], ...] = (
        ("distance", "distance, mm", lambda r: r.distance_mm),
        ("visibility", "share of the cone not hidden", lambda r: r.visible_fraction),
        ("noise", "bound of the axis, deg", lambda r: r.axis_bound_deg or np.nan),
        ("bevel", "bevel, deg", lambda r: r.bevel_deg),
    )
    return [_draw_cause(results, *cause, folder) for cause in causes]


def _draw_cause(
    results: Sequence[FrameResult],
    name: str,
    label: str,
    cause: Callable[[FrameResult], float],
    folder: Path,
) -> Path:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, 2)
    x = np.array([cause(r) for r in results])
    sure = np.array([r.is_sure for r in results], bool)
    for ax, title, errors, bounds in (
        (axes[0], "axis error, deg", [r.axis_deg for r in results], _bounds(results, "axis")),
        (axes[1], "exit error, mm", [r.exit_mm for r in results], _bounds(results, "exit")),
    ):
        _scatter(ax, x, np.array(errors, np.float64), bounds, sure)
        ax.set(xlabel=label, title=title, yscale="log")
    axes[1].legend(loc="upper right", fontsize=8)
    figure.suptitle("Simulated views, true masks, no start", fontsize=10)
    path = folder / f"registration_{name}.png"
    figure.savefig(path, dpi=110, metadata={"Software": None})
    return path


def _bounds(results: Sequence[FrameResult], which: str) -> np.ndarray:
    values = [r.axis_bound_deg if which == "axis" else r.exit_bound_mm for r in results]
    return np.array(values, np.float64)


def _scatter(
    ax: Axes, x: np.ndarray, errors: np.ndarray, bounds: np.ndarray, sure: np.ndarray
) -> None:
    ax.plot(x[~sure], errors[~sure], "x", color=QUIET, ms=5, label="unsure")
    ax.plot(x[sure], errors[sure], ".", color=INK, ms=4, label="error")
    without_pose = x[np.isnan(errors)]
    at_foot = np.full(len(without_pose), FOOT)
    ax.plot(
        without_pose,
        at_foot,
        "|",
        color=QUIET,
        ms=8,
        transform=ax.get_xaxis_transform(),
        label="no pose",
    )
    ax.plot(x, bounds, ".", color=BOUND, ms=2, alpha=0.5, label="bound")
    known = np.isfinite(x) & np.isfinite(bounds)
    order = np.argsort(x[known], kind="stable")
    if len(order) >= 2 * N_BINS:
        parts = np.array_split(order, N_BINS)
        centres = [float(np.median(x[known][part])) for part in parts]
        ax.plot(centres, [float(np.median(bounds[known][p])) for p in parts], color=BOUND, lw=1.5)
    ax.grid(visible=True, which="both", alpha=0.2)
