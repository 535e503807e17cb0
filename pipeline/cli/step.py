"""`sessions step`: through a recorded session by commands on stdin."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial
from typing import Annotated

import typer

from pipeline.cli import options
from pipeline.cli.progress import progress_bar

PROMPT = "step> "


def step(
    session: Annotated[
        str,
        typer.Argument(metavar="SESSION", help="An .mcap session, or another recorded source."),
    ],
    *,
    rig: options.SessionRig = None,
    plan: options.SessionPlan = None,
    catalogue: options.SessionCatalogue = None,
    segmenter: options.Segmenter = options.SegmenterName.ONNX,
) -> None:
    """Walk through a session frame by frame, with commands on stdin, one a line.

    Enter or n: forward. b: back. g POSITION: go to. v: on to the next other verdict.
    p FILE.png: write the overlay. r: the record as JSON. ?: help. q: quit.
    Exit code 5 where damage was met.
    """
    from pipeline.export.command import ExportRequest
    from pipeline.stepping.command import step as run_step

    request = ExportRequest(
        source=session, rig=rig, plan=plan, catalogue=catalogue, segmenter=segmenter.kind
    )
    raise typer.Exit(run_step(request, _lines(), typer.echo, partial(progress_bar, "frames")))


def _lines() -> Iterator[str]:
    """What is typed, with a prompt on a terminal, or comes from a pipe."""
    if not sys.stdin.isatty():
        yield from sys.stdin
        return
    while True:
        try:
            yield input(PROMPT)
        except EOFError:
            typer.echo()
            return
