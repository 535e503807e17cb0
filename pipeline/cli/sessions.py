"""`sessions`: what is kept of past sessions."""

from __future__ import annotations

import typer

from pipeline.cli import archive, audit, batch, diff, durability, export, privacy, step


def build() -> typer.Typer:
    """Return the group of commands about past sessions."""
    group = typer.Typer(help="Past sessions.", no_args_is_help=True)
    group.command("info")(archive.info)
    group.command("verify")(durability.verify)
    group.command("recover")(durability.recover)
    group.command("catalogue")(archive.catalogue)
    group.command("list")(archive.list_all)
    group.command("search")(archive.search)
    group.command("diff")(diff.diff)
    group.command("export")(export.export)
    group.command("step")(step.step)
    group.command("batch")(batch.batch)
    group.command("deidentify")(privacy.deidentify)
    group.command("retention")(privacy.retention)
    group.add_typer(audit.build(), name="audit")
    return group
