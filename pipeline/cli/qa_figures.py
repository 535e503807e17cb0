"""Shows the figures of a QA command: a table for people, one JSON object for `qa run`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from pipeline.cli.output import print_json, print_table

if TYPE_CHECKING:
    from calibration.qa_metric import Metric
    from recordings.source import SourceHeader


@dataclass(frozen=True, eq=False)
class FramesMeasured:
    """What a command that read frames says beside its figures.

    Attributes
    ----------
    command : as the figures' table names it
    title : over the table that people read
    measured_with : software, model, rig and camera
    nominals : what was asked for, by option
    """

    command: str
    title: str
    source: str
    header: SourceHeader
    measured_with: Mapping[str, str | None]
    nominals: Mapping[str, Sequence[float]]


def show_figures(measured: FramesMeasured, metrics: Sequence[Metric], *, as_json: bool) -> None:
    """Print the figures of frames; says so where the frames came from no camera."""
    from pipeline.qa.figure_table import figure_table
    from pipeline.qa.moment import measured_at

    header = measured.header
    if as_json:
        print_json(
            figure_table(
                measured.command,
                measured.source,
                metrics,
                nominals=measured.nominals,
                measured_with=measured.measured_with,
                measured_at=measured_at(header, datetime.now(UTC)),
                origin=header.origin,
            )
        )
        return
    if header.origin != "live":
        typer.echo(
            f"{measured.source}: frames are {header.origin}, they prove nothing about a camera.",
            err=True,
        )
    show_metrics(measured.title, metrics)


def show_metrics(title: str, metrics: Sequence[Metric]) -> None:
    """Print metrics as a table, each with the digits that its sigma bears out."""
    from calibration.figure_text import figure_text, sigma_text

    print_table(
        title,
        ("figure", "value", "1-sigma", "unit"),
        [
            (m.name, figure_text(m.value, m.unit, m.sigma), sigma_text(m.sigma) or "-", m.unit)
            for m in metrics
        ],
    )
