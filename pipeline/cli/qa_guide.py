"""Walks a person at the terminal through a QA protocol before anything is measured or stored."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from calibration.qa.protocol import Protocol

YES_OR_NO = "_reported"  # figures of this name are answered with yes or no


def confirm_steps(protocol: Protocol) -> int:
    """Ask for every step; return how many of those that need a person were confirmed.

    Raises
    ------
    typer.Abort
        A step is not done.
    """
    typer.echo(f"{protocol.title}: {len(protocol.steps)} steps, then the measurement.", err=True)
    for i, step in enumerate(protocol.steps, start=1):
        typer.confirm(f"{i}. {step.text} Done?", default=True, abort=True, err=True)
    return protocol.n_person_steps


def ask_figures(protocol: Protocol, known: AbstractSet[str]) -> list[str]:
    """Ask for the figures that a person reads; return `NAME=VALUE` as for --entered."""
    found = []
    for check in protocol.manual_checks:
        if check.metric in known:
            continue
        if check.metric.endswith(YES_OR_NO):
            value = float(typer.confirm(f"{check.title}?", default=None, err=True))
        else:
            words = f"{check.title}, {check.unit}" if check.unit else check.title
            value = typer.prompt(words, type=float, err=True)
        found.append(f"{check.metric}={value:g}")
    return found
