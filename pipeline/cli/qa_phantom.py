"""`qa phantom`: a cone at a known place against what is registered."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli import options
from pipeline.cli.output import print_json


class SegmenterName(StrEnum):
    """Who says where the cone is."""

    ONNX = "onnx"
    MASKS = "masks"


def phantom(
    source: options.Source,
    *,
    rig: options.Rig,
    applicator: Annotated[
        str, typer.Option("--applicator", help="The phantom, as the catalogue names it.")
    ],
    pose: Annotated[
        Path,
        typer.Option("--pose", help='JSON {"unit": "mm"|"m", "head_from_applicator": 4x4}.'),
    ],
    catalogue: options.Catalogue = None,
    segmenter: Annotated[
        SegmenterName, typer.Option("--segmenter", help="The network, or stored labels.")
    ] = SegmenterName.ONNX,
    frames: Annotated[int, typer.Option("--frames", min=1, help="Frames to register.")] = 40,
    as_json: options.Json = False,
) -> None:
    """Register a cone phantom of known pose: error of its axis and its exit, in head space."""
    from pipeline.cli.qa_targets import show_metrics
    from pipeline.phantom import measure_phantom
    from pipeline.qa.figure_table import figure_table
    from pipeline.qa.metrics_file import measured_with
    from pipeline.qa.moment import measured_at
    from pipeline.qa.running import setup_of

    measured = measure_phantom(
        source,
        rig,
        applicator,
        pose,
        catalogue_path=catalogue,
        segmenter_kind="masks" if segmenter is SegmenterName.MASKS else "onnx",
        n_frames=frames,
    )
    metrics = measured.result.metrics
    if as_json:
        setup = setup_of(measured.rig, measured.model_id, "")
        print_json(
            figure_table(
                "phantom",
                source,
                metrics,
                nominals={"frames": [float(frames)]},
                measured_with=measured_with(setup, with_model=True),
                measured_at=measured_at(measured.header, datetime.now(UTC)),
                origin=measured.header.origin,
            )
        )
        return
    show_metrics(f"phantom {applicator} in {source}", metrics)
