"""`qa spheres|plane|blocks`: targets of known form against what is measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import inf, isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from pipeline.cli import options
from pipeline.cli.output import print_json
from pipeline.cli.qa_figures import show_metrics

if TYPE_CHECKING:
    from calibration.flat_targets import BlocksResult, PlaneResult
    from calibration.plane_search import Face
    from calibration.qa_metric import Metric
    from calibration.sphere_search import FoundSphere
    from calibration.vdi_2634 import SpheresResult
    from pipeline.cloud_file import Cloud
    from tracking.arrays import Float


Found = TypeVar("Found")
EXTRA_FACES = 4  # base, table and walls beside the blocks
WIDEST_GUESS_MM = 5_000.0  # a plane that is wider is none of a bench


class UnitName(StrEnum):
    """What one stands for in a cloud file."""

    MM = "mm"
    M = "m"


CloudArgument = Annotated[
    str,
    typer.Argument(
        metavar="CLOUD",
        help="PLY, PCD, NPZ, NPY or XYZ cloud, .mcap session or BOP folder.",
    ),
]
UnitOption = Annotated[
    UnitName | None,
    typer.Option(
        "--unit",
        help="Unit of a cloud file that does not say its own; left out, the only one that fits.",
    ),
]
Serial = Annotated[
    str | None,
    typer.Option("--serial", help="Camera of a cloud file, which `qa run` has to know."),
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
    serial: Serial = None,
    plots: Plots = None,
    as_json: options.Json = False,
) -> None:
    """Find spheres of one radius: radius, probing error, spacing error (VDI/VDE 2634-2)."""
    from calibration.nominal_check import nominal_warnings
    from calibration.sphere_search import find_spheres
    from calibration.vdi_2634 import judge_spheres

    spacings = spacing_mm or []
    _require_positive("--radius-mm", [radius_mm])
    _require_positive("--spacing-mm", spacings)

    def measure(points: Float) -> tuple[list[FoundSphere], SpheresResult]:
        spheres = find_spheres(points, radius_mm)
        return spheres, judge_spheres(spheres, radius_mm, spacings)

    read, (found, result) = _measured(cloud, unit, measure, has_size=True)
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
    nominals = {"radius_mm": [radius_mm], "spacing_mm": spacings}
    warnings = nominal_warnings(result.against_nominal)
    shown = _Shown("spheres", cloud, read, serial, nominals, {"spheres": details}, warnings)
    _show(shown, result.metrics, as_json=as_json)


def plane(
    cloud: CloudArgument,
    *,
    unit: UnitOption = None,
    serial: Serial = None,
    plots: Plots = None,
    as_json: options.Json = False,
) -> None:
    """Fit the largest plane: flatness (VDI/VDE 2634-2), rms, distance and tilt."""
    from calibration.flat_targets import judge_plane
    from calibration.plane_search import find_faces

    def measure(points: Float) -> tuple[list[Face], PlaneResult]:
        faces = find_faces(points, 1)
        return faces, judge_plane(faces)

    read, (faces, result) = _measured(cloud, unit, measure, has_size=False)
    if plots is not None:
        from pipeline.target_plots import draw_faces

        _drawn(draw_faces, plots, faces)
    details = {"n_points": result.n_points, "extent_mm": result.extent_mm}
    _show(_Shown("plane", cloud, read, serial, {}, details), result.metrics, as_json=as_json)


def blocks(
    cloud: CloudArgument,
    *,
    angle_deg: Annotated[
        list[float] | None,
        typer.Option("--angle-deg", help="Angle block to find, 0: parallel faces; repeat."),
    ] = None,
    step_mm: Annotated[
        list[float] | None, typer.Option("--step-mm", help="Standoff block to find; repeat.")
    ] = None,
    unit: UnitOption = None,
    serial: Serial = None,
    plots: Plots = None,
    as_json: options.Json = False,
) -> None:
    """Measure angle and standoff blocks that stand on the largest plane of the cloud."""
    from calibration.flat_targets import judge_blocks
    from calibration.nominal_check import nominal_warnings
    from calibration.plane_search import find_faces
    from tracking.errors import UsageError

    angles, steps = angle_deg or [], step_mm or []
    if not angles and not steps:
        raise UsageError(
            "No block is named.", remedy="Add --angle-deg 15, --step-mm 10, or several of them."
        )
    _require_positive("--step-mm", steps)
    if not all(0 <= angle <= 90 for angle in angles):
        raise UsageError("--angle-deg is from 0 to 90 deg.", actual=f"{angles}")

    def measure(points: Float) -> tuple[list[Face], BlocksResult]:
        faces = find_faces(points, len(angles) + len(steps) + EXTRA_FACES)
        return faces, judge_blocks(faces, angles, steps)

    read, (faces, result) = _measured(cloud, unit, measure, has_size=bool(steps))
    if plots is not None:
        from pipeline.target_plots import draw_faces

        _drawn(draw_faces, plots, faces)
    nominals = {"angle_deg": angles, "step_mm": steps}
    warnings = nominal_warnings(result.against_nominal)
    shown = _Shown("blocks", cloud, read, serial, nominals, {"n_faces": len(faces)}, warnings)
    _show(shown, result.metrics, as_json=as_json)


def _require_positive(option: str, values: Sequence[float]) -> None:
    from tracking.errors import UsageError

    if not all(isfinite(value) and value > 0 for value in values):
        raise UsageError(
            f"{option} must be positive.",
            expected="more than 0 mm",
            actual=", ".join(f"{value:g} mm" for value in values),
        )


def _measured(
    cloud: str, unit: UnitName | None, measure: Callable[[Float], Found], *, has_size: bool
) -> tuple[Cloud, Found]:
    from pipeline.cloud_file import measure_cloud

    given = None if unit is None else ("mm" if unit is UnitName.MM else "m")
    widest_mm = inf if has_size else WIDEST_GUESS_MM
    return measure_cloud(cloud, given, measure, widest_mm)  # type: ignore[arg-type]


def _drawn(draw: Callable[..., Sequence[Path]], folder: Path, found: object) -> None:
    for path in draw(folder, found):
        typer.echo(f"wrote {path}", err=True)


@dataclass(frozen=True, eq=False)
class _Shown:
    """What a command says beside its figures."""

    target: str
    name: str
    cloud: Cloud
    serial: str | None
    nominals: Mapping[str, Sequence[float]]
    details: Mapping[str, object]
    warnings: Sequence[str] = ()


def _show(shown: _Shown, metrics: Sequence[Metric], *, as_json: bool) -> None:
    from pipeline.qa.cloud_origin import camera_of, moment_of_cloud
    from pipeline.qa.figure_table import figure_table, with_software

    cloud, name = shown.cloud, shown.name
    camera = camera_of(cloud, name, shown.serial)
    typer.echo(
        f"{name}: {len(cloud.points_mm)} points, {cloud.n_frames} frames; unit {cloud.unit}: "
        f"{cloud.unit_source}" + (f"; {cloud.note}" if cloud.note else ""),
        err=True,
    )
    for warning in shown.warnings:
        typer.echo(f"warning: {warning}", err=True)
    if as_json:
        told = {
            "unit": cloud.unit,
            "unit_source": cloud.unit_source,
            "n_points": len(cloud.points_mm),
            "n_frames": cloud.n_frames,
            "warnings": list(shown.warnings),
            **({"note": cloud.note} if cloud.note else {}),
        }
        print_json(
            figure_table(
                shown.target,
                name,
                metrics,
                nominals=shown.nominals,
                measured_with=with_software(camera_serial=camera),
                measured_at=moment_of_cloud(cloud),
                origin=cloud.origin,
                details={**told, **shown.details},
            )
        )
        return
    show_metrics(f"{shown.target} in {name}", metrics)
