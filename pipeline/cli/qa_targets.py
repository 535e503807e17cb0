"""`qa spheres|plane|blocks`: targets of known form against what is measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import options
from pipeline.cli.output import print_json, print_table

if TYPE_CHECKING:
    from calibration.qa_metric import Metric
    from pipeline.cloud_file import Cloud


class UnitName(StrEnum):
    """What one stands for in a cloud file."""

    MM = "mm"
    M = "m"


CloudArgument = Annotated[
    str,
    typer.Argument(metavar="CLOUD", help="PLY, PCD or NPZ cloud, .mcap session or BOP folder."),
]
UnitOption = Annotated[
    UnitName | None,
    typer.Option("--unit", help="Unit of a cloud file that does not say its own."),
]
Plots = Annotated[
    Path | None, typer.Option("--plots", help="Write maps of the residuals into this folder.")
]


def add_to(group: typer.Typer) -> None:
    """Add the commands to `qa`."""
    group.command("spheres")(spheres)
    group.command("plane")(plane)
    group.command("blocks")(blocks)


def spheres(
    cloud: CloudArgument,
    *,
    radius_mm: Annotated[
        float, typer.Option("--radius-mm", help="Calibrated radius of the spheres.")
    ],
    spacing_mm: Annotated[
        list[float] | None,
        typer.Option(
            "--spacing-mm", help="Calibrated distance of the centres; repeat for a row of spheres."
        ),
    ] = None,
    unit: UnitOption = None,
    plots: Plots = None,
    as_json: options.Json = False,
) -> None:
    """Find spheres of one radius: radius, probing error, spacing error (VDI/VDE 2634-2)."""
    from calibration.sphere_search import find_spheres
    from calibration.vdi_2634 import judge_spheres

    read = _read(cloud, unit)
    found = find_spheres(read.points_mm, radius_mm)
    result = judge_spheres(found, radius_mm, spacing_mm or [])
    details = [
        {
            "centre_mm": list(s.centre_mm),
            "centre_sigma_mm": s.centre_sigma_mm,
            "cap_deg": s.cap_deg,
            "n_points": s.n_points,
            "outlier_fraction": s.outlier_fraction,
        }
        for s in result.spheres
    ]
    if plots is not None:
        from pipeline.target_plots import draw_spheres

        _drawn(draw_spheres, plots, found)
    _show("spheres", cloud, read, result.metrics, {"spheres": details}, as_json=as_json)


def plane(
    cloud: CloudArgument,
    *,
    unit: UnitOption = None,
    plots: Plots = None,
    as_json: options.Json = False,
) -> None:
    """Fit the largest plane: flatness (VDI/VDE 2634-2), rms, distance and tilt."""
    from calibration.flat_targets import judge_plane
    from calibration.plane_search import find_faces

    read = _read(cloud, unit)
    faces = find_faces(read.points_mm, 1)
    result = judge_plane(faces)
    if plots is not None:
        from pipeline.target_plots import draw_faces

        _drawn(draw_faces, plots, faces)
    details = {"n_points": result.n_points, "extent_mm": result.extent_mm}
    _show("plane", cloud, read, result.metrics, details, as_json=as_json)


def blocks(
    cloud: CloudArgument,
    *,
    angle_deg: Annotated[
        list[float] | None, typer.Option("--angle-deg", help="Angle block to find; repeat.")
    ] = None,
    step_mm: Annotated[
        list[float] | None, typer.Option("--step-mm", help="Standoff block to find; repeat.")
    ] = None,
    unit: UnitOption = None,
    plots: Plots = None,
    as_json: options.Json = False,
) -> None:
    """Measure angle and standoff blocks that stand on the largest plane of the cloud."""
    from calibration.flat_targets import judge_blocks
    from calibration.plane_search import find_faces
    from tracking.errors import UsageError

    angles, steps = angle_deg or [], step_mm or []
    if not angles and not steps:
        raise UsageError(
            "No block is named.", remedy="Add --angle-deg 15, --step-mm 10, or several of them."
        )
    read = _read(cloud, unit)
    faces = find_faces(read.points_mm, len(angles) + len(steps) + EXTRA_FACES)
    result = judge_blocks(faces, angles, steps)
    if plots is not None:
        from pipeline.target_plots import draw_faces

        _drawn(draw_faces, plots, faces)
    _show("blocks", cloud, read, result.metrics, {"n_faces": len(faces)}, as_json=as_json)


EXTRA_FACES = 4  # base, table and walls beside the blocks


def _read(cloud: str, unit: UnitName | None) -> Cloud:
    from pipeline.cloud_file import read_cloud

    given = None if unit is None else ("mm" if unit is UnitName.MM else "m")
    return read_cloud(cloud, given)  # type: ignore[arg-type]


def _drawn(draw: Callable[..., Sequence[Path]], folder: Path, found: object) -> None:
    for path in draw(folder, found):
        typer.echo(f"wrote {path}", err=True)


def _show(
    what: str,
    name: str,
    cloud: Cloud,
    metrics: Sequence[Metric],
    details: Mapping[str, object],
    *,
    as_json: bool,
) -> None:
    typer.echo(
        f"{name}: {len(cloud.points_mm)} points, {cloud.n_frames} frames; unit {cloud.unit}: "
        f"{cloud.unit_source}",
        err=True,
    )
    if as_json:
        print_json(
            {
                "target": what,
                "source": name,
                "unit": cloud.unit,
                "n_points": len(cloud.points_mm),
                "n_frames": cloud.n_frames,
                "metrics": [vars(metric) for metric in metrics],
                **details,
            }
        )
        return
    show_metrics(f"{what} in {name}", metrics)


def show_metrics(title: str, metrics: Sequence[Metric]) -> None:
    """Print metrics as a table."""
    print_table(
        title,
        ("figure", "value", "1-sigma", "unit"),
        [
            (m.name, f"{m.value:.4g}", "-" if m.sigma is None else f"{m.sigma:.2g}", m.unit)
            for m in metrics
        ],
    )
