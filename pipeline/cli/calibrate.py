"""`calibrate intrinsics`, and the group of the other calibrations."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import (
    calibrate_collar,
    calibrate_depth,
    calibrate_pivot,
    calibrate_rig,
    calibrate_stereo,
    options,
)
from pipeline.cli.calibrate_options import Board, Force, Images, Serial
from pipeline.cli.output import print_json, print_table

if TYPE_CHECKING:
    from calibration.board_view import NotFound
    from calibration.camera_comparison import CameraComparison
    from calibration.intrinsics import Intrinsics


class LensName(StrEnum):
    """Distortion models; `auto` chooses by the number of views and the evidence."""

    AUTO = "auto"
    NONE = "none"
    RADIAL1 = "radial1"
    RADIAL2 = "radial2"
    BROWN4 = "brown4"
    BROWN5 = "brown5"
    RATIONAL8 = "rational8"


def intrinsics(
    images: Images,
    board: Board,
    out: Annotated[Path, typer.Option("--out", help="The camera.toml to write.")],
    *,
    serial: Serial = "any",
    lens: Annotated[LensName, typer.Option("--lens", help="Distortion model.")] = LensName.AUTO,
    factory: Annotated[
        Path | None,
        typer.Option("--factory", help="camera.toml with the factory's values, to compare with."),
    ] = None,
    force: Force = False,
    as_json: options.Json = False,
) -> None:
    """Calibrate one camera from photographs of a board, and say how good it is.

    Fifteen pictures from all sides check a lens. Take a hundred for a lens
    that a rig is calibrated with: its target is then known to 0.3 mm, from
    fifteen to 0.5 mm.
    """
    from datetime import UTC, datetime

    import numpy as np

    from calibration.board_notes import board_notes, board_warnings
    from calibration.board_spec import parse_board
    from calibration.board_views import find_boards, pattern_note, require_views
    from calibration.camera_comparison import compare_cameras
    from calibration.camera_file import camera_text, read_camera
    from calibration.intrinsics import MIN_VIEWS, calibrate_intrinsics
    from calibration.lens import COEFFICIENTS
    from calibration.new_file import refuse_existing, write_new
    from calibration.pictures import find_pictures
    from pipeline.cli.progress import progress_bar

    refuse_existing(out, force=force)
    spec = parse_board(board)
    reference = None if factory is None else read_camera(factory)
    with progress_bar("boards") as report:
        views, missed = find_boards(find_pictures(images), spec, report)
    require_views(views, missed, spec, MIN_VIEWS)
    model = next((name for name in COEFFICIENTS if name == lens.value), None)
    with progress_bar("held-out views") as report:
        found = calibrate_intrinsics(views, report, model)
    comparison = None
    if reference is not None:
        seen_px = np.concatenate([view.points_px for view in found.views])
        own, covariance = found.fit.lens, found.fit.lens_covariance
        comparison = compare_cameras(own, covariance, reference.lens, seen_px, reference.covariance)
    warnings = board_warnings(found.views, missed, spec)
    text = camera_text(found, serial, spec.text, datetime.now(UTC), warnings)
    write_new(out, text, force=force)
    if as_json:
        print_json(intrinsics_figures(found, missed, comparison, warnings))
    else:
        _show(found, missed, comparison, warnings)
    for line in board_notes(found.views, spec):
        typer.echo(f"note: {line}", err=True)
    if note := pattern_note(found.views):
        typer.echo(f"note: {note}", err=True)
    typer.echo(f"{out}: written.", err=True)


def intrinsics_figures(
    found: Intrinsics,
    missed: list[NotFound],
    comparison: CameraComparison | None,
    warnings: list[str],
) -> dict[str, object]:
    """Every figure of the report for machines."""
    from calibration.board_views import pattern_note
    from calibration.lens import COEFFICIENT_NAMES, COEFFICIENTS

    fit, views = found.fit, found.view_set
    names = ["fx", "fy", "cx", "cy", *(COEFFICIENT_NAMES[i] for i in COEFFICIENTS[fit.model])]
    parameters = {
        name: {"value": value, "sigma": sigma, "view_sigma": view_sigma}
        for name, value, sigma, view_sigma in zip(
            names, fit.values.tolist(), fit.sigma.tolist(), fit.view_sigma.tolist(), strict=True
        )
    }
    return {
        "model": fit.model,
        "model_reason": found.model_reason,
        "size_px": [fit.lens.width, fit.lens.height],
        "parameters": parameters,
        "rms_px": fit.rms_px,
        "noise_px": fit.noise_px,
        "held_out_px": found.held_out_px,
        "views": [
            {"image": view.name, "rms_px": rms, "held_out_px": held, "tilt_deg": tilt}
            for view, rms, held, tilt in zip(
                found.views,
                fit.view_rms_px.tolist(),
                found.held_out_rms_px.tolist(),
                views.tilts_deg,
                strict=True,
            )
        ],
        "outliers": [{"image": name, "rms_px": rms} for name, rms in found.outliers],
        "not_found": [{"image": miss.name, "why": miss.why} for miss in missed],
        "coverage_fraction": views.coverage_fraction,
        "pattern": pattern_note(found.views),
        "n_tilted": views.n_tilted,
        "distance_ratio": views.distance_ratio,
        "warnings": [*views.warnings, *warnings],
        "factory": None if comparison is None else _comparison_figures(comparison),
    }


def _comparison_figures(comparison: CameraComparison) -> dict[str, object]:
    return {
        "delta_px": dict(zip(("fx", "fy", "cx", "cy"), comparison.delta_px.tolist(), strict=True)),
        "fx_fraction": comparison.delta_fraction,
        "shift_px": comparison.shift_px,
        "shift_sigma_px": comparison.sigma_px,
        "is_different": comparison.is_different,
    }


def _show(
    found: Intrinsics,
    missed: list[NotFound],
    comparison: CameraComparison | None,
    warnings: list[str],
) -> None:
    fit, views = found.fit, found.view_set
    figures = intrinsics_figures(found, missed, comparison, warnings)["parameters"]
    rows = [
        (name, f"{p['value']:.6g}", f"{p['sigma']:.2g}", f"{p['view_sigma']:.2g}")
        for name, p in dict(figures).items()  # type: ignore[call-overload]
    ]
    print_table(
        f"{found.model_reason}; sigma by corner noise, and by disagreement of views",
        ("", "value", "sigma", "views"),
        rows,
    )
    print_table(
        f"{len(found.views)} views: rms {fit.rms_px:.3f} px, held out {found.held_out_px:.3f} px; "
        f"{views.coverage_fraction:.0%} of the picture, {views.n_tilted} tilted",
        ("image", "rms px", "held out px", "tilt deg"),
        [
            (view.name, f"{rms:.3f}", f"{held:.3f}", f"{tilt:.0f}")
            for view, rms, held, tilt in zip(
                found.views, fit.view_rms_px, found.held_out_rms_px, views.tilts_deg, strict=True
            )
        ],
    )
    for miss in missed:
        typer.echo(f"not found: {miss.name}{': ' if miss.why else ''}{miss.why}")
    for name, rms in found.outliers:
        typer.echo(f"outlier, left out: {name} (rms {rms:.2f} px)")
    for warning in (*views.warnings, *warnings):
        typer.echo(f"warning: {warning}")
    if comparison is not None:
        word = "DIFFERENT from" if comparison.is_different else "in agreement with"
        typer.echo(
            f"{word} the factory's values: fx {comparison.delta_fraction:+.2%}, rays move by up to "
            f"{comparison.shift_px:.2f} px where the board was seen (1-sigma "
            f"{comparison.sigma_px:.2g} px)"
        )


def build() -> typer.Typer:
    """Return the group of commands."""
    group = typer.Typer(help="Calibrate camera, depth and rig.", no_args_is_help=True)
    group.command()(intrinsics)
    group.command()(calibrate_stereo.stereo)
    group.command()(calibrate_rig.rig)
    group.command("depth")(calibrate_depth.depth)
    group.command()(calibrate_pivot.pivot)
    group.command()(calibrate_collar.collar)
    return group
