"""`sessions`: what is kept of past sessions."""

from __future__ import annotations

import typer

from pipeline.cli import audit, batch, diff, export


def build() -> typer.Typer:
    """Return the group of commands about past sessions."""
    group = typer.Typer(help="Past sessions.", no_args_is_help=True)
    group.command("diff")(diff.diff)
    group.command("export")(export.export)
    group.command("batch")(batch.batch)
    group.add_typer(audit.build(), name="audit")
    return group
