"""`sessions export`: a session in the forms that other programs read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli import options
from pipeline.cli.progress import progress_bar


def export(
    source: options.Source,
    *,
    png: Annotated[
        Path | None,
        typer.Option("--png", metavar="DIR", help="Raw depth, colour and labels as images."),
    ] = None,
    ply: Annotated[
        Path | None, typer.Option("--ply", metavar="DIR", help="Coloured point clouds, mm.")
    ] = None,
    bop: Annotated[
        Path | None, typer.Option("--bop", metavar="DIR", help="BOP scene folder; opens again.")
    ] = None,
    viewer: Annotated[
        Path | None,
        typer.Option(
            "--viewer",
            metavar="FILE",
            help="MCAP that Foxglove-compatible viewers show; of a live session as decided then.",
        ),
    ] = None,
    csv: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Every quantity, a row a frame.")
    ] = None,
    mp4: Annotated[
        Path | None, typer.Option("--mp4", metavar="FILE", help="The overlay as a video.")
    ] = None,
    rrd: Annotated[
        Path | None,
        typer.Option(
            "--rrd",
            metavar="FILE",
            help="Rerun file: cloud, mask, cone, bed, residuals, plots.",
        ),
    ] = None,
    first: Annotated[
        int | None, typer.Option("--from", metavar="INDEX", help="First frame, by its index.")
    ] = None,
    last: Annotated[
        int | None, typer.Option("--to", metavar="INDEX", help="Last frame, by its index.")
    ] = None,
    rig: Annotated[
        Path | None, typer.Option("--rig", help="For results; default: the session's own.")
    ] = None,
    plan: Annotated[
        Path | None, typer.Option("--plan", help="For results; default: the session's own.")
    ] = None,
    catalogue: options.SessionCatalogue = None,
    segmenter: options.Segmenter = options.SegmenterName.ONNX,
) -> None:
    """Write a session in other forms, several at once; nothing is ever replaced.

    --csv, --mp4 and --rrd track the session; --viewer holds results too where one of them, or
    --rig, is given. Frames before --from are tracked as well: what comes later hangs on them.
    """
    from pipeline.export.command import ExportRequest
    from pipeline.export.command import export as run_export

    request = ExportRequest(
        source=source,
        png=png,
        ply=ply,
        bop=bop,
        viewer=viewer,
        csv=csv,
        mp4=mp4,
        rrd=rrd,
        first=first,
        last=last,
        rig=rig,
        plan=plan,
        catalogue=catalogue,
        segmenter=segmenter.kind,
    )
    with progress_bar("frames") as report:
        n_frames = run_export(request, report)
    typer.echo(f"{source}: {n_frames} frames exported", err=True)
