"""`calibrate stereo`: two cameras that saw the same boards at the same moments."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import options
from pipeline.cli.calibrate_options import Board, Force
from pipeline.cli.output import print_json
from tracking.errors import UsageError

if TYPE_CHECKING:
    from calibration.board_spec import BoardSpec
    from calibration.board_view import BoardView
    from calibration.intrinsics import Intrinsics


def stereo(
    left: Annotated[str, typer.Argument(metavar="LEFT", help="Folder or quoted pattern.")],
    right: Annotated[
        str, typer.Argument(metavar="RIGHT", help="As many pictures, in the same order.")
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

    if out is not None:
        for name in ("left.toml", "right.toml"):
            refuse_existing(out / name, force=force)
    spec = parse_board(board)
    pictures = (find_pictures([left]), find_pictures([right]))
    if len(pictures[0]) != len(pictures[1]):
        raise UsageError(
            "LEFT and RIGHT need as many pictures, in the same order.",
            actual=f"{len(pictures[0])} and {len(pictures[1])}",
            remedy="Take out those without a partner.",
        )
    cameras, views, warned = zip(*(_camera(paths, spec) for paths in pictures), strict=True)
    pairs = []
    for a, b in zip(*pictures, strict=True):
        if a.name in views[0] and b.name in views[1]:
            pairs.append((views[0][a.name], views[1][b.name]))
    found = calibrate_stereo(cameras[0], cameras[1], pairs)
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
        "warnings": [line for c in cameras for line in c.view_set.warnings]
        + [line for lines in warned for line in lines],
    }
    if as_json:
        print_json(figures)
        return
    for key, value in figures.items():
        typer.echo(f"{key}: {value:.5g}" if isinstance(value, float) else f"{key}: {value}")


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
