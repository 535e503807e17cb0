"""`calibrate depth`: noise and bias of a camera's depth, into its rig file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import options
from pipeline.cli.output import print_json
from tracking.errors import UsageError

if TYPE_CHECKING:
    from calibration.plane_reference import PlaneReference
    from pipeline.depth_reference import BoardReference


def depth(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE...", help="A recording of a plane that stands still; one a distance."
        ),
    ],
    *,
    rig: options.Rig,
    out: Annotated[Path, typer.Option("--out", help="The rig.toml to write.")],
    distance_mm: Annotated[
        list[float] | None,
        typer.Option(
            "--distance-mm",
            help="True z of the plane on the optical axis; once for each source, in their order.",
        ),
    ] = None,
    board: Annotated[
        str | None,
        typer.Option(
            "--board",
            metavar="SPEC",
            help="The plane is this board: its pose in each picture is the true one, instead of "
            "--distance-mm. As in calibrate intrinsics; flat, in the picture's middle.",
        ),
    ] = None,
    camera: Annotated[
        Path | None,
        typer.Option("--camera", help="camera.toml of the picture that shows --board."),
    ] = None,
    distance_sigma_mm: Annotated[
        float,
        typer.Option(
            "--distance-sigma-mm",
            min=0.0,
            help="1-sigma of those distances; with --board, of what its pose cannot know (print, "
            "place of the colour camera).",
        ),
    ] = 0.2,
    valid_days: Annotated[
        float, typer.Option("--valid-days", min=0.1, help="Days until it expires.")
    ] = 30.0,
    frames: Annotated[int, typer.Option("--frames", min=2, help="Frames of each source.")] = 40,
    region: Annotated[
        tuple[int, int, int, int] | None,
        typer.Option("--region", help="U0 V0 U1 V1 in px that the plane fills; default: middle."),
    ] = None,
    degree: Annotated[
        int | None,
        typer.Option("--degree", min=0, max=2, help="Of the bias; default: by the distances."),
    ] = None,
    temperature_c: Annotated[
        tuple[float, float] | None,
        typer.Option("--temperature-c", help="LOW HIGH of the camera while recording."),
    ] = None,
    warm_up_min: Annotated[
        float | None, typer.Option("--warm-up-min", min=0.0, help="How long it had been running.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Calibrate depth: disparity noise, its correlation, bias over distance; RealSense figures."""
    from datetime import UTC, datetime

    from calibration.plane_frames import Region
    from pipeline.cli.qa_figures import show_metrics
    from pipeline.depth_calibration import DepthRequest, calibrate_depth

    if out.exists() and out.resolve() != rig.resolve():
        raise UsageError(
            f"--out: {out} exists and is not the rig that is calibrated.",
            remedy="Name another file, or the rig itself.",
        )
    outcome = calibrate_depth(
        DepthRequest(
            sources=tuple(sources),
            distances_mm=tuple(distance_mm or ()),
            rig_path=rig,
            out_path=out,
            now=datetime.now(UTC).replace(microsecond=0),
            reference_sigma_mm=distance_sigma_mm,
            valid_days=valid_days,
            n_frames=frames,
            region=None if region is None else Region(*region),
            degree=degree,
            temperature_c=temperature_c,
            warm_up_min=warm_up_min,
            reference=_reference(board, camera),
        )
    )
    bias = outcome.bias
    if as_json:
        planes = [
            {
                "source": p.source,
                "distance_mm": p.distance_mm,
                "distance_sigma_mm": p.sigma_mm,
                "board": None if p.board is None else _board_figures(p.board),
                "metrics": [vars(m) for m in (*p.quality.metrics, *p.noise.metrics)],
            }
            for p in outcome.planes
        ]
        print_json(
            {
                "rig": str(out),
                "subpixel_px": outcome.noise.subpixel_px,
                "correlation_px": outcome.noise.correlation_px,
                "bias_mm": list(bias.coefficients_mm),
                "bias_covariance": bias.covariance.tolist(),
                "bias_misfit_p": bias.misfit_p,
                "metrics": [vars(m) for m in bias.metrics],
                "planes": planes,
                "warnings": list(outcome.warnings),
            }
        )
    else:
        for p in outcome.planes:
            show_metrics(
                f"{p.source} at {p.distance_mm:.6g} mm", p.quality.metrics + p.noise.metrics
            )
        show_metrics("bias: measured less true", bias.metrics)
    for warning in outcome.warnings:
        typer.echo(f"note: {warning}", err=True)
    typer.echo(
        f"{out}: subpixel_px {outcome.noise.subpixel_px:.4f}, correlation_px "
        f"{outcome.noise.correlation_px:.2f}, bias of degree {len(bias.coefficients_mm) - 1}; "
        f"expires after {valid_days:g} days",
        err=True,
    )


def _reference(board: str | None, camera: Path | None) -> BoardReference | None:
    if board is None and camera is None:
        return None
    if board is None or camera is None:
        raise UsageError(
            "--board and --camera belong together.",
            expected="the board, and the camera.toml of the picture that shows it",
            actual="--camera alone" if board is None else "--board alone",
        )
    from calibration.board_spec import parse_board
    from calibration.camera_file import read_camera
    from pipeline.depth_reference import BoardReference

    return BoardReference(parse_board(board), read_camera(camera))


def _board_figures(board: PlaneReference) -> dict[str, object]:
    return {
        "n_views": board.n_views,
        "corner_noise_mm": board.noise_mm,
        "scatter_mm": board.scatter_mm,
        "lens_mm": board.lens_mm,
    }
