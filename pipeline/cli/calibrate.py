"""`calibrate`: cameras, depth and rigs."""

from __future__ import annotations

import typer

from pipeline.cli import calibrate_depth


def build() -> typer.Typer:
    """Return the group of commands."""
    group = typer.Typer(help="Calibrations.", no_args_is_help=True)
    group.callback()(_group)
    group.command("depth")(calibrate_depth.depth)
    return group


def _group() -> None:
    """Keeps a group of one command a group."""
