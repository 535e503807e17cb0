"""`calibrate rig`: the camera's place on the head, with a robot or with a target on the head."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import options
from pipeline.cli.calibrate_options import Board, Force
from pipeline.cli.output import print_json, print_table
from tracking.errors import UsageError

if TYPE_CHECKING:
    from calibration.hand_eye import RigCalibration
    from calibration.rig_comparison import RigComparison
    from calibration.target_head import HeadTarget


class MountName(StrEnum):
    """Where the camera is: on the gripper, or fixed in the robot's world."""

    HAND = "hand"
    WORLD = "world"


class TargetName(StrEnum):
    """What carries the board."""

    ROBOT = "robot"
    HEAD = "head"


@dataclass(frozen=True)
class Place:
    """The files and figures of `rig.toml` beside its pose."""

    out: Path
    serial: str
    valid_days: float
    base: Path | None
    compare: Path | None
    force: bool
    as_json: bool


def rig(
    images: Annotated[Path, typer.Option("--images", help="Folder of the pictures.")],
    board: Board,
    camera: Annotated[Path, typer.Option("--camera", help="camera.toml of the camera.")],
    out: Annotated[Path, typer.Option("--out", help="The rig.toml to write.")],
    *,
    poses: Annotated[
        Path | None,
        typer.Option(
            "--poses",
            help="poses.json: unit, and of each pose image and base_from_gripper. An image is "
            "named as in --images, or beside the file; its folder, case and suffix may differ.",
        ),
    ] = None,
    mount: Annotated[
        MountName | None,
        typer.Option("--mount", help="hand: gripper_from_camera; world: base_from_camera."),
    ] = None,
    target: Annotated[
        TargetName, typer.Option("--target", help="head: the board sits on the head, no robot.")
    ] = TargetName.ROBOT,
    head_target: Annotated[
        Path | None,
        typer.Option(
            "--head-target",
            help='TOML: schema = 1, unit = "mm" or "m" (default mm), head_from_board (4x4, row by '
            "row), sigma_mm, sigma_deg. The board's origin is its first point (ChArUco: the first "
            "inner corner, marked on the sheet of qa targets print); x along its rows, y down, z "
            "into the board.",
        ),
    ] = None,
    serial: Annotated[
        str | None, typer.Option("--serial", help="Camera's serial number; default: --camera's.")
    ] = None,
    valid_days: Annotated[
        float, typer.Option("--valid-days", min=0.1, max=3650, help="Until it expires.")
    ] = 30.0,
    base: Annotated[
        Path | None,
        typer.Option("--base", help="rig.toml whose depth calibration and labels are kept."),
    ] = None,
    compare: Annotated[
        Path | None, typer.Option("--compare", help="Stored rig.toml to compare with.")
    ] = None,
    force: Force = False,
    as_json: options.Json = False,
) -> None:
    """Calibrate where the camera sits (head_from_camera), and say how good that is."""
    from calibration.board_spec import parse_board
    from calibration.camera_file import read_camera
    from calibration.new_file import refuse_existing

    refuse_existing(out, force=force)
    spec = parse_board(board)
    lens = read_camera(camera)
    place = Place(out, serial or lens.serial, valid_days, base, compare, force, as_json)
    if target is TargetName.HEAD:
        if head_target is None or poses is not None or mount is not None:
            raise UsageError(
                "--target head needs --head-target, and neither --poses nor --mount.",
                remedy="Name the TOML that says where the target sits on the head.",
            )
        from pipeline.cli.calibrate_head import run_head

        on_head, notes = run_head(images, head_target, spec, lens)
        _write(on_head, place, notes)
        return
    if poses is None or mount is None:
        raise UsageError(
            "calibrate rig needs --poses and --mount (or --target head).",
            remedy="Add --poses poses.json --mount hand, or world.",
        )
    from pipeline.cli.calibrate_robot import run_robot

    found, notes = run_robot(images, poses, mount.value, spec, lens)
    _write(found, place, notes)


def _write(found: RigCalibration | HeadTarget, place: Place, notes: dict[str, object]) -> None:
    from datetime import UTC, datetime

    from calibration.new_file import write_new
    from calibration.rig_comparison import compare_rigs
    from calibration.rig_file import read_rig
    from calibration.rig_text import NOMINAL_NOTE, RigParts, rig_text

    parts = RigParts(
        place.serial,
        found.head_from_camera,
        found.angle_sigma_deg,
        found.position_sigma_mm,
        datetime.now(UTC),
        place.valid_days,
    )
    comparison = None
    if place.compare is not None:
        comparison = compare_rigs(
            found.head_from_camera,
            found.position_sigma_mm,
            found.angle_sigma_deg,
            read_rig(place.compare),
        )
    write_new(place.out, rig_text(parts, place.base), force=place.force)
    figures = {**_figures(found), **notes, "compare": _comparison_figures(comparison)}
    if place.as_json:
        print_json(figures)
    else:
        _show(figures)
    if place.base is None:
        typer.echo(f"note: [depth] holds {NOMINAL_NOTE}", err=True)
    typer.echo(f"{place.out}: written.", err=True)


def _figures(found: RigCalibration | HeadTarget) -> dict[str, object]:
    common: dict[str, object] = {
        "head_from_camera": found.head_from_camera.tolist(),
        "position_sigma_mm": found.position_sigma_mm,
        "angle_sigma_deg": found.angle_sigma_deg,
    }
    from calibration.hand_eye import RigCalibration

    if not isinstance(found, RigCalibration):
        rows = [{"image": name, "mm": mm} for name, mm in found.scatter_mm]
        outliers = [{"image": name, "mm": mm} for name, mm in found.outliers]
        return {**common, "views": rows, "outliers": outliers, "warnings": list(found.warnings)}
    return {
        **common,
        "left_out_mm": found.left_out_mm,
        "left_out_deg": found.left_out_deg,
        "views": [{"image": e.name, "mm": e.mm, "deg": e.deg} for e in found.left_out],
        "outliers": [{"image": e.name, "mm": e.mm, "deg": e.deg} for e in found.outliers],
        "solvers_mm": found.solver_errors_mm,
        "solver": found.solver,
        "corner_noise_px": found.noise_px,
        "robot_sigma_mm": found.robot_sigma_mm,
        "robot_sigma_deg": found.robot_sigma_deg,
        "scale": {"value": found.scale[0], "sigma": found.scale[1]},
        "largest_turn_deg": found.motion.largest_turn_deg,
        "second_turn_deg": found.motion.second_turn_deg,
        "warnings": list(found.warnings),
    }


def _comparison_figures(comparison: RigComparison | None) -> dict[str, object] | None:
    if comparison is None:
        return None
    from dataclasses import asdict

    return asdict(comparison)


def _show(figures: dict[str, object]) -> None:
    def table(key: str, title: str) -> None:
        rows = figures.get(key)
        if isinstance(rows, list) and rows:
            names = tuple(rows[0])
            shown = [
                tuple(v if isinstance(v, str) else f"{v:.3f}" for v in row.values()) for row in rows
            ]
            print_table(title, names, shown)

    table("views", "by how much each board misses the rig fitted to the others")
    for miss in found if isinstance(found := figures.get("not_found"), list) else []:
        typer.echo(f"not found: {miss['image']}{': ' if miss['why'] else ''}{miss['why']}")
    table("outliers", "outliers, left out: pose and picture do not belong together")
    for key, value in figures.items():
        if isinstance(value, float):
            typer.echo(f"{key}: {value:.4g}")
    for key in ("solvers_mm", "scale", "compare"):
        if isinstance(value := figures.get(key), dict):
            parts = (f"{k} {v:.4g}" for k, v in value.items() if not isinstance(v, bool))
            typer.echo(f"{key}: {', '.join(parts)}")
    _show_notes(figures)
    if isinstance(compared := figures.get("compare"), dict):
        word = "DISAGREES" if compared["is_different"] else "agrees"
        typer.echo(f"the stored rig {word} with this calibration")


def _show_notes(figures: dict[str, object]) -> None:
    warnings, notes = figures.get("warnings"), figures.get("notes")
    for warning in warnings if isinstance(warnings, list) else []:
        typer.echo(f"warning: {warning}")
    for note in [*(notes if isinstance(notes, list) else []), figures.get("pattern")]:
        if note:
            typer.echo(f"note: {note}")
