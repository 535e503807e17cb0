"""`qa targets print`: targets to print, true to scale."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def build() -> typer.Typer:
    """Return the group of commands."""
    group = typer.Typer(help="Targets for the bench.", no_args_is_help=True)
    group.callback()(_group)
    group.command("print")(print_sheets)
    return group


def print_sheets(
    out: Annotated[Path, typer.Option("--out", help="The folder to write the PDFs into.")],
) -> None:
    """Write boards and a plane texture, and drawings of a sphere plate and of blocks, as PDFs.

    For phantoms and the bench only.
    """
    from pipeline.printed_page import WARNING
    from pipeline.target_sheets import write_targets

    for path in write_targets(out):
        typer.echo(f"{path}: A4, print at 100 %. {WARNING}", err=True)


def _group() -> None:
    """Keeps a group of one command a group."""
