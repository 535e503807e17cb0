"""`qa drift|latency|end-to-end`: figures of the whole chain, for the annual and after-change QA."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli import options
from pipeline.cli.qa_figures import FramesMeasured, show_figures
from tracking.errors import UsageError


def add_to(group: typer.Typer) -> None:
    """Add the commands to `qa`."""
    group.command("drift")(drift)
    group.command("latency")(latency)
    group.command("end-to-end")(end_to_end)


def drift(
    source: options.Source,
    *,
    rig: options.Rig,
    minutes: Annotated[
        float, typer.Option("--minutes", min=3.0, help="Length of the run by the frames' stamps.")
    ] = 90.0,
    every: Annotated[
        float, typer.Option("--every", min=0.0, help="Seconds between the frames that are used.")
    ] = 2.0,
    plot: Annotated[
        Path | None, typer.Option("--plot", help="Draw the curve into this .png file.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Watch a flat plate while the camera warms up: how far its depth wanders.

    Switch the camera on, put a dull flat plate across the middle of the view, and leave it alone.
    """
    if plot is not None and (plot.suffix != ".png" or plot.exists() or not plot.parent.is_dir()):
        raise UsageError("--plot must name a new .png file.", actual=str(plot))
    from calibration.rig_file import read_rig
    from pipeline.cli.progress import progress_bar
    from pipeline.config.catalogue_file import read_catalogue
    from pipeline.qa.drift import draw_drift, measure_drift
    from pipeline.qa.metrics_file import measured_with
    from pipeline.qa.running import setup_of
    from recordings.opening import open_source

    calibrated = read_rig(rig)
    opened = open_source(source, applicators=read_catalogue(None).applicators)
    try:
        with progress_bar("minutes of drift") as report:
            found = measure_drift(opened, calibrated, minutes, every, report)
    finally:
        opened.close()
    if plot is not None:
        draw_drift(found, plot)
        typer.echo(f"wrote {plot}", err=True)
    said = measured_with(setup_of(calibrated, "", ""), with_model=False)
    measured = FramesMeasured(
        "drift", f"drift of {source}", source, opened.header, said, {"minutes": [minutes]}
    )
    show_figures(measured, [found.metric], as_json=as_json)


def latency(
    source: options.Source,
    *,
    rig: options.Rig,
    plan: options.Plan,
    site: options.Site = None,
    catalogue: options.Catalogue = None,
    frames: Annotated[int, typer.Option("--frames", min=300, help="Frames to track.")] = 3000,
    as_json: options.Json = False,
) -> None:
    """Track with the attached camera and say how old a frame is at its verdict."""
    from models.loading import load_segmenter
    from pipeline.cli.progress import progress_bar
    from pipeline.config.load import load_config
    from pipeline.qa.latency import measure_latency
    from pipeline.qa.metrics_file import measured_with
    from pipeline.qa.running import setup_of
    from recordings.opening import open_source

    config = load_config(rig, plan, catalogue, site)
    segmenter = load_segmenter("onnx")
    opened = open_source(source, applicators=config.applicators)
    try:
        with progress_bar("frames") as report:
            found = measure_latency(opened, config, segmenter, time.time_ns, frames, report)
    finally:
        opened.close()
    said = measured_with(setup_of(config.rig, segmenter.model_id, ""), with_model=True)
    measured = FramesMeasured(
        "latency", f"latency of {source}", source, opened.header, said, {"frames": [float(frames)]}
    )
    show_figures(measured, found.metrics, as_json=as_json)


def end_to_end(
    source: options.Source,
    *,
    rig: options.Rig,
    plan: options.Plan,
    known: Annotated[
        Path, typer.Option("--known", help="TOML: [known.docking_gap_mm] value, sigma; and so on.")
    ],
    site: options.Site = None,
    catalogue: options.Catalogue = None,
    segmenter: options.Segmenter = options.SegmenterName.ONNX,
    frames: Annotated[
        int, typer.Option("--frames", min=10, help="Frames with the cone to average.")
    ] = 100,
    as_json: options.Json = False,
) -> None:
    """Measure a docked phantom of known geometry: error of every quantity."""
    from calibration.qa.end_to_end import parse_known
    from calibration.text_file import read_text_file
    from models.loading import load_segmenter
    from pipeline.cli.progress import progress_bar
    from pipeline.config.load import load_config
    from pipeline.qa.end_to_end import measure_end_to_end
    from pipeline.qa.metrics_file import measured_with
    from pipeline.qa.running import setup_of
    from recordings.opening import open_source

    geometry = parse_known(read_text_file(known, "known geometry"), str(known))
    config = load_config(rig, plan, catalogue, site)
    network = load_segmenter(segmenter.kind)
    opened = open_source(source, applicators=config.applicators)
    try:
        with progress_bar("frames with the cone") as report:
            metrics = measure_end_to_end(opened, config, network, geometry, frames, report)
    finally:
        opened.close()
    said = measured_with(setup_of(config.rig, network.model_id, ""), with_model=True)
    measured = FramesMeasured(
        "end-to-end",
        f"end-to-end of {source}",
        source,
        opened.header,
        said,
        {"frames": [float(frames)]},
    )
    show_figures(measured, metrics, as_json=as_json)
