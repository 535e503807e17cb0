"""Map of the base: depth less the reference's, with its scale, whole even where no picture is."""

from __future__ import annotations

from io import BytesIO

import cv2
import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle

from calibration.qa.baseline import Baseline
from calibration.qa.frame_figures import Gathered
from calibration.qa.plane import RADIUS_MM, BasePlane
from tracking.arrays import Float
from tracking.camera import CameraIntrinsics

SPAN_MM = 2.0  # beyond it the colours do not change
BLUR_PX = 4.0  # single pixels scatter by a millimetre
MOST_BEYOND = 0.5  # of the picture's size: a base that goes on under the camera has no end
MARGIN_PX = 12.0
N_CORNERS = 180
WIDTH_INCH, DPI = 3.45, 260
NOT_COMPARED, EDGE = "#c3c9cf", "#5b6670"


def base_map_png(gathered: Gathered, baseline: Baseline, expected_mm: Float) -> bytes:
    """Draw the base in the camera's picture; grey where it is not compared, white beyond it."""
    intrinsics = baseline.intrinsics
    outline = base_outline_px(baseline.base, intrinsics)
    size = (intrinsics.width, intrinsics.height)
    off = _off_mm(gathered, expected_mm)
    with mpl.rc_context({"font.size": 6.5}):
        figure = Figure(
            figsize=(WIDTH_INCH, WIDTH_INCH * size[1] / size[0]), dpi=DPI, layout="constrained"
        )
        axes = figure.subplots()
        axes.set_facecolor("white")
        shown = axes.imshow(
            np.ma.masked_invalid(off),
            cmap=mpl.colormaps["RdBu_r"].with_extremes(bad=NOT_COMPARED),
            vmin=-SPAN_MM,
            vmax=SPAN_MM,
            extent=(0, size[0], size[1], 0),
            interpolation="nearest",
        )
        axes.add_patch(Rectangle((0, 0), *size, fill=False, edgecolor=EDGE, linewidth=0.8))
        if len(outline):
            axes.add_patch(
                Polygon(outline, fill=False, edgecolor=EDGE, linewidth=0.6, linestyle="--")
            )
        _show_whole(figure, outline, size)
        bar = figure.colorbar(shown, ax=axes, extend="both", shrink=0.9, pad=0.02)
        bar.set_label("depth less reference, mm")
        out = BytesIO()
        figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def base_outline_px(base: BasePlane, intrinsics: CameraIntrinsics) -> Float:
    """The circle in which the base is compared, (n, 2) in pixels; (0, 2) where it has none."""
    height = base.distance_mm - float(base.normal @ base.anchor_mm)
    radius = float(np.sqrt(max(0.0, RADIUS_MM**2 - height**2)))
    side = np.cross(base.normal, np.eye(3)[int(np.argmin(np.abs(base.normal)))])
    side /= np.linalg.norm(side)
    angle = np.arange(N_CORNERS) * (2 * np.pi / N_CORNERS)
    around = np.cos(angle)[:, None] * side + np.sin(angle)[:, None] * np.cross(base.normal, side)
    points = base.anchor_mm + height * base.normal + radius * around
    if radius == 0.0 or not (points[:, 2] > 0).all():
        return np.empty((0, 2))
    return intrinsics.project(points)


def _off_mm(gathered: Gathered, expected_mm: Float) -> Float:
    """Smoothed mean depth less the reference's base, nan where there is no base or no depth."""
    stack = np.stack(gathered.stack)
    n_seen = (stack > 0).sum(axis=0)
    mean = stack.sum(axis=0) / np.maximum(n_seen, 1)
    used = np.isfinite(expected_mm) & (n_seen > 0)
    if gathered.free is not None:
        used &= gathered.free
    off = np.where(used, mean - np.nan_to_num(expected_mm), 0.0).astype(np.float32)
    off = np.clip(off, -4 * SPAN_MM, 4 * SPAN_MM)
    weight = cv2.GaussianBlur(used.astype(np.float32), (0, 0), BLUR_PX)
    smooth = cv2.GaussianBlur(off, (0, 0), BLUR_PX) / np.maximum(weight, 1e-3)
    found: Float = np.where(used, smooth, np.nan).astype(np.float64)
    return found


def _show_whole(figure: Figure, outline: Float, size: tuple[int, int]) -> None:
    """Show the base's whole outline, and of the picture what lies around it."""
    axes = figure.axes[0]
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    if not len(outline):
        axes.set(xlim=(0, size[0]), ylim=(size[1], 0))
        return
    beyond = MOST_BEYOND * np.array(size)
    low = np.maximum(outline.min(axis=0) - MARGIN_PX, -beyond)
    high = np.minimum(outline.max(axis=0) + MARGIN_PX, np.array(size) + beyond)
    axes.set(xlim=(low[0], high[0]), ylim=(high[1], low[1]))
