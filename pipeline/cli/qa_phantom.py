"""`qa phantom`: a cone at a known place against what is registered."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli import options
from pipeline.cli.qa_figures import FramesMeasured, show_figures


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
    segmenter: options.Segmenter = options.SegmenterName.ONNX,
    frames: Annotated[int, typer.Option("--frames", min=1, help="Frames to register.")] = 40,
    as_json: options.Json = False,
) -> None:
    """Register a cone phantom of known pose: error of its axis and its exit, in head space."""
    from pipeline.phantom import measure_phantom
    from pipeline.qa.metrics_file import measured_with
    from pipeline.qa.running import setup_of

    measured = measure_phantom(
        source,
        rig,
        applicator,
        pose,
        catalogue_path=catalogue,
        segmenter_kind=segmenter.kind,
        n_frames=frames,
    )
    said = measured_with(setup_of(measured.rig, measured.model_id, ""), with_model=True)
    show_figures(
        FramesMeasured(
            "phantom",
            f"phantom {applicator} in {source}",
            source,
            measured.header,
            said,
            {"frames": [float(frames)]},
        ),
        measured.result.metrics,
        as_json=as_json,
    )
