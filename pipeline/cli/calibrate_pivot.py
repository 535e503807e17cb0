"""`calibrate pivot`: the tip of a tracked pointer, turned about it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli import options
from pipeline.cli.output import print_json, print_table


def pivot(
    poses: Annotated[
        Path,
        typer.Argument(
            metavar="POSES.json",
            help='{"unit": "m" or "mm", "poses": [{"name", "tracker_from_tool": 4x4}]}; the tip '
            "rests in one place.",
        ),
    ],
    *,
    as_json: options.Json = False,
) -> None:
    """Find a pointer's tip in its tool's space; poses in which it slipped are named."""
    from calibration.pivot import calibrate_pivot
    from calibration.poses_file import read_tool_poses

    by_name = read_tool_poses(poses)
    found = calibrate_pivot(list(by_name.values()))
    names = list(by_name)
    outliers = [
        {"name": names[i], "mm": mm} for i, mm in zip(found.outliers, found.outlier_mm, strict=True)
    ]
    if as_json:
        print_json(
            {
                "tip_tool_mm": found.tip_tool_mm.tolist(),
                "covariance_mm2": found.covariance_mm2.tolist(),
                "sigma_mm": found.sigma_mm,
                "rms_mm": found.rms_mm,
                "rest_tracker_mm": found.rest_tracker_mm.tolist(),
                "n_poses": len(names) - len(outliers),
                "outliers": outliers,
            }
        )
        return
    sigmas = found.covariance_mm2.diagonal() ** 0.5
    print_table(
        f"tip in the tool's space, mm: sigma {found.sigma_mm:.3f}, rms of "
        f"{len(names) - len(outliers)} poses {found.rms_mm:.3f}",
        ("", "mm", "sigma"),
        [
            (axis, f"{value:.3f}", f"{sigma:.3f}")
            for axis, value, sigma in zip("xyz", found.tip_tool_mm, sigmas, strict=True)
        ],
    )
    for row in outliers:
        typer.echo(f"outlier, left out: {row['name']}: the tip lay {row['mm']:.2f} mm off")
