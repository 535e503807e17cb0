"""The surface under the cone: a section through the axis, and the standoff over the field.

Drawn from the frame's own depth and the bed that the quantities were measured with; it measures
nothing itself.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np

from pipeline.session_report.areas import DISC_SHARE, outlines, seen_areas
from pipeline.sinks.sink import FrameResult, RunContext
from tracking.air_gap import axial_gaps
from tracking.applicator import Applicator
from tracking.arrays import Float
from tracking.bed import BedSurface
from tracking.limit_checks import K_SIGMA
from tracking.segmentation import Label
from tracking.transforms import invert, transform_points

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE_IN = (7.4, 2.9)
DPI = 200
SLICE_MM = 2.0  # half thickness of the section
REACH = 2.2  # of the outer radius: how far to the side is shown
BELOW_MM, ABOVE_MM = 25.0, 40.0  # of the section, from the exit
N_SECTION, N_FIELD = 121, 81
COLOURS = "PuOr"  # diverging, told apart with any colour vision
SPAN_MM = 5.0  # of the standoff's colours, to either side of 0
MAX_POINTS = 20_000  # drawn; every n-th beyond that
BED_COLOUR, CONE_COLOUR, OTHER_COLOUR = "#a0327a", "#2d6cb5", "#9aa4ad"
WALL_COLOUR, FIELD_COLOUR, KEEP_OUT_COLOUR = "#000000", "#00622c", "#c2410c"


def surface_png(result: FrameResult, context: RunContext) -> bytes | None:
    """Draw both views; None without a trusted pose."""
    if not result.record.registration.is_ok:
        return None
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    points, labels = _points(result, context)
    cone, bed = context.applicator, result.record.bed
    with rc_context({"font.family": ["DejaVu Sans"], "font.size": 7.0}):
        figure = Figure(figsize=SIZE_IN, dpi=DPI, layout="constrained")
        section, field = figure.subplots(1, 2, width_ratios=(1.55, 1.0))
        _draw_section(section, points, labels, cone, bed)
        _draw_field(field, points[labels == Label.TUMOR_BED.value], cone, bed)
        _draw_areas(field, result)
        out = BytesIO()
        figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def _points(result: FrameResult, context: RunContext) -> tuple[Float, Float]:
    """Measured points in applicator space (n, 3) and their labels (n,)."""
    frame, pose = result.source_frame.frame, result.record.registration.camera_from_applicator
    if pose is None:
        raise ValueError("no pose")
    depth = context.rig.depth.correct(frame.depth_mm)
    seen = depth > 0
    camera = frame.intrinsics.ray_grid[seen] * depth[seen].astype(np.float64)[:, None]
    points = transform_points(invert(pose), camera)
    reach = REACH * context.applicator.outer_radius_mm
    near = (np.abs(points[:, :2]).max(axis=1) <= reach) & (points[:, 2] <= ABOVE_MM)
    return points[near], result.segmentation.labels[seen][near]


def _draw_section(
    axes: Axes, points: Float, labels: Float, cone: Applicator, bed: BedSurface
) -> None:
    """The plane y = 0: the bevel's slope lies in it."""
    near = np.abs(points[:, 1]) <= SLICE_MM
    points, labels = points[near], labels[near]
    for label, colour, name in (
        (Label.OTHER, OTHER_COLOUR, "surroundings"),
        (Label.OCCLUDER, OTHER_COLOUR, ""),
        (Label.TUMOR_BED, BED_COLOUR, "tumor bed"),
        (Label.APPLICATOR, CONE_COLOUR, "applicator"),
    ):
        chosen = points[labels == label]
        if len(chosen):
            axes.scatter(
                *(chosen[:, 0], chosen[:, 2]), s=1.6, c=colour, linewidths=0, label=name or None
            )
    for side in (-1.0, 1.0):
        for radius in (cone.inner_radius_mm, cone.outer_radius_mm):
            x = side * radius
            axes.plot([x, x], [-x * cone.bevel_slope, ABOVE_MM], color=WALL_COLOUR, linewidth=0.8)
    edge = np.array([-1.0, 1.0]) * cone.outer_radius_mm
    axes.plot(edge, -edge * cone.bevel_slope, color=WALL_COLOUR, linewidth=0.8, linestyle="--")
    axes.plot([0, 0], [-BELOW_MM, ABOVE_MM], color=WALL_COLOUR, linewidth=0.5, linestyle=":")
    _draw_bed_line(axes, cone, bed)
    reach = REACH * cone.outer_radius_mm
    axes.set(xlim=(-reach, reach), ylim=(-BELOW_MM, ABOVE_MM), aspect="equal")
    axes.set(xlabel="applicator x, mm", ylabel="applicator z (towards the source), mm")
    axes.legend(
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        borderaxespad=0.2,
        ncols=4,
        fontsize=5.5,
        frameon=False,
        markerscale=3,
        columnspacing=1.0,
    )
    axes.set_title("Section along the axis", fontsize=7.5, loc="left")
    axes.spines[["top", "right"]].set_visible(False)


def _draw_bed_line(axes: Axes, cone: Applicator, bed: BedSurface) -> None:
    """The bed inside the field, with its own 3 sigma."""
    if bed.coefficients is None or bed.covariance is None:
        return
    x = np.linspace(-cone.inner_radius_mm, cone.inner_radius_mm, N_SECTION)
    gaps = axial_gaps(cone, bed.fit_from_applicator, bed.coefficients, np.stack([x, 0 * x], axis=1))
    z = -x * cone.bevel_slope - gaps.gaps_mm
    sigma = np.sqrt(np.einsum("ni,ij,nj->n", gaps.by_bed, bed.covariance, gaps.by_bed))
    reach = K_SIGMA * sigma
    axes.fill_between(x, z - reach, z + reach, color=FIELD_COLOUR, alpha=0.25, linewidth=0)
    axes.plot(x, z, color=FIELD_COLOUR, linewidth=1.2, label="bed measured with")


def _draw_field(axes: Axes, points: Float, cone: Applicator, bed: BedSurface) -> None:
    """Standoff along the axis: of the points seen, and of the bed in the field."""
    from matplotlib.colors import Normalize

    points = points[:: max(1, len(points) // MAX_POINTS)]
    shades = Normalize(-SPAN_MM, SPAN_MM)
    standoff = -points[:, 0] * cone.bevel_slope - points[:, 2]
    shown = axes.scatter(
        points[:, 0],
        points[:, 1],
        s=3.5,
        c=standoff,
        linewidths=0,
        cmap=COLOURS,
        norm=shades,
    )
    if bed.coefficients is not None:
        across = np.linspace(-cone.inner_radius_mm, cone.inner_radius_mm, N_FIELD)
        x, y = np.meshgrid(across, across)
        flat = np.stack([x.ravel(), y.ravel()], axis=1)
        gaps = axial_gaps(cone, bed.fit_from_applicator, bed.coefficients, flat).gaps_mm
        inside = np.hypot(x, y) <= cone.inner_radius_mm
        grid = np.where(inside, gaps.reshape(x.shape), np.nan)
        axes.pcolormesh(
            x,
            y,
            np.ma.masked_invalid(grid),
            cmap=COLOURS,
            norm=shades,
        )
        lines = axes.contour(x, y, grid, colors="#333333", linewidths=0.4)
        axes.clabel(lines, fontsize=5, fmt="%g")
    angle = np.linspace(0, 2 * np.pi, 145)
    circle = np.stack([np.cos(angle), np.sin(angle)])
    axes.plot(*(cone.outer_radius_mm * circle), color=WALL_COLOUR, linewidth=0.8)
    treated = cone.inner_radius_mm - cone.field_margin_mm
    axes.plot(*(treated * circle), color=WALL_COLOUR, linewidth=0.8, linestyle="--")
    reach = REACH * cone.outer_radius_mm
    axes.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
    axes.set(xlabel="applicator x, mm", ylabel="applicator y, mm")
    axes.set_title("Standoff, mm (dashed: treated field)", fontsize=7.5, loc="left")
    axes.figure.colorbar(shown, ax=axes, shrink=0.85, extend="both")


def _draw_areas(axes: Axes, result: FrameResult) -> None:
    """What was marked, seen along the axis."""
    pose = result.record.registration.camera_from_applicator
    if pose is None:
        return
    for area in seen_areas(result):
        across = transform_points(invert(pose), area.points_camera_mm)[:, :2]
        colour = FIELD_COLOUR if area.is_at_risk else KEEP_OUT_COLOUR
        for line in outlines(across, DISC_SHARE * area.spacing_mm):
            closed = np.concatenate([line, line[:1]])
            axes.plot(closed[:, 0], closed[:, 1], color=colour, linewidth=1.1)
