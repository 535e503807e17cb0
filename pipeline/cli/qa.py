"""`qa`: is what the treatment relies on in order today: protocols and single targets."""

from __future__ import annotations

import typer

from pipeline.cli import qa_phantom, qa_protocols, qa_session, qa_sheets, qa_targets


def build() -> typer.Typer:
    """Return the group of commands."""
    group = typer.Typer(
        help="Quality assurance: protocols, history, reports; targets of known form.",
        no_args_is_help=True,
    )
    qa_protocols.add_to(group)
    qa_targets.add_to(group)
    qa_session.add_to(group)
    group.command("phantom")(qa_phantom.phantom)
    group.add_typer(qa_sheets.build(), name="targets")
    return group
