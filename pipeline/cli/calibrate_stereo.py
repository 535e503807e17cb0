"""`calibrate stereo`: two cameras that saw the same boards at the same moments."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from pipeline.cli import options
from pipeline.cli.calibrate_options import Board, Force
from pipeline.cli.output import print_json, print_table

if TYPE_CHECKING:
    from calibration.board_spec import BoardSpec
    from calibration.board_view import BoardView
    from calibration.intrinsics import Intrinsics
    from calibration.stereo import Stereo

SIDES = ("left", "right")


def stereo(
    left: Annotated[str, typer.Argument(metavar="LEFT", help="Folder or quoted pattern.")],
    right: Annotated[
        str,
        typer.Argument(
            metavar="RIGHT", help="The same; paired by the number in the name, or in order."
        ),
    ],
    board: Board,
    *,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Folder that gets left.toml and right.toml."),
    ] = None,
    force: Force = False,
    as_json: options.Json = False,
) -> None:
    """Calibrate two cameras and the pose between them: baseline, angle, and their sigma."""
    from datetime import UTC, datetime

    from calibration.board_spec import parse_board
    from calibration.board_views import pattern_note
    from calibration.camera_file import camera_text
    from calibration.new_file import refuse_existing, write_new
    from calibration.pictures import find_pictures
    from calibration.stereo import calibrate_stereo
    from calibration.stereo_pairs import pair_pictures

    if out is not None:
        for name in ("left.toml", "right.toml"):
            refuse_existing(out / name, force=force)
    spec = parse_board(board)
    pictures = (find_pictures([left]), find_pictures([right]))
    paired, alone = pair_pictures(*pictures)
    cameras, views, warned = zip(*(_camera(paths, spec) for paths in pictures), strict=True)
    pairs = [
        (views[0][a.name], views[1][b.name])
        for a, b in paired
        if a.name in views[0] and b.name in views[1]
    ]
    found = calibrate_stereo(cameras[0], cameras[1], pairs, is_turnable=spec.is_turnable)
    if out is not None:
        names = ("left.toml", "right.toml")
        for name, camera, warnings in zip(names, cameras, warned, strict=True):
            text = camera_text(camera, "any", spec.text, datetime.now(UTC), warnings)
            write_new(out / name, text, force=force)
    figures: dict[str, object] = {
        "n_pairs": found.n_pairs,
        "baseline_mm": found.baseline_mm,
        "baseline_sigma_mm": found.baseline_sigma_mm,
        "turn_deg": found.turn_deg,
        "rms_px": found.rms_px,
        "right_from_left": found.right_from_left.tolist(),
        "left_fx": float(cameras[0].fit.lens.pinhole[0]),
        "right_fx": float(cameras[1].fit.lens.pinhole[0]),
        "pattern": pattern_note([*views[0].values(), *views[1].values()]),
        "warnings": [
            *(f"{name} has no partner and tells nothing of the pose" for name in alone),
            *(f"{name} contradict the other pairs and are left out" for name in found.astray),
            *(
                f"{side}: {line}"
                for side, camera, lines in zip(SIDES, cameras, warned, strict=True)
                for line in (*camera.view_set.warnings, *lines)
            ),
        ],
    }
    if as_json:
        print_json(figures)
        return
    _tell(figures, found)


def _tell(figures: dict[str, object], found: Stereo) -> None:
    rows = [
        (name, f"{value:.6g}" if isinstance(value, float) else str(value))
        for name, value in figures.items()
        if isinstance(value, float | int)
    ]
    print_table("two cameras", ("figure", "value"), rows)
    typer.echo("right_from_left, mm:")
    for row in found.right_from_left:
        typer.echo("  " + " ".join(f"{value:10.5f}" for value in row))
    if figures["pattern"]:
        typer.echo(str(figures["pattern"]), err=True)
    for line in cast(list[str], figures["warnings"]):
        typer.echo(f"warning: {line}", err=True)


def _camera(
    paths: list[Path], spec: BoardSpec
) -> tuple[Intrinsics, dict[str, BoardView], list[str]]:
    from calibration.board_notes import board_warnings
    from calibration.board_views import find_boards, require_views
    from calibration.intrinsics import MIN_VIEWS, calibrate_intrinsics
    from pipeline.cli.progress import progress_bar

    with progress_bar("boards") as report:
        views, missed = find_boards(paths, spec, report)
        require_views(views, missed, spec, MIN_VIEWS)
        camera = calibrate_intrinsics(views, report)
    spoiled = {name for name, _ in camera.outliers}
    named = {view.name: view for view in views if view.name not in spoiled}
    return camera, named, board_warnings(views, missed, spec)
