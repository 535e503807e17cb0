"""Commands that write recordings: record, simulate."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import options
from pipeline.cli.ending import ended_by_sigterm
from pipeline.cli.progress import progress_bar
from pipeline.privacy.names import Colour
from tracking.errors import UsageError

if TYPE_CHECKING:
    from recordings.source import SourceHeader
    from tracking.frame import SourceFrame

Frames = Annotated[int | None, typer.Option("--frames", min=1, help="Stop after this many frames.")]


def record(
    source: options.Source,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The .mcap file to write.")],
    *,
    frames: Frames = None,
    colour: options.RecordColour = Colour.KEEP,
    pseudonym_key: options.PseudonymKey = None,
    part_mb: options.PartMb = options.LARGEST_PART_MB,
    catalogue: options.Catalogue = None,
) -> None:
    """Record a source as an .mcap session; Ctrl-C or SIGTERM ends a live recording."""
    if out.suffix != ".mcap":
        raise UsageError(
            "OUT must name an .mcap file.", actual=str(out), remedy=f"Write {out.stem}.mcap."
        )
    from pipeline.config.catalogue_file import read_catalogue
    from pipeline.privacy.header import private_header
    from pipeline.privacy.pseudonyms import pseudonyms_of
    from recordings.opening import open_source
    from recordings.recorder import record_session

    names = None if pseudonym_key is None else pseudonyms_of(pseudonym_key, out)
    opened = open_source(source, applicators=read_catalogue(catalogue).applicators)
    try:
        with progress_bar(f"recording {out.name}") as report, ended_by_sigterm() as has_to_end:
            done = record_session(
                opened,
                out,
                limit_frames=frames,
                progress=report,
                changed=_change(colour),
                limit_bytes=part_mb * options.BYTES_PER_MB,
                header=private_header(_carrying(opened.header, catalogue), colour, names),
                has_to_end=has_to_end,
            )
    finally:
        opened.close()
    parts = f" in {done.n_parts} parts" if done.n_parts > 1 else ""
    typer.echo(f"{out}: {done.n_frames} frames{parts}", err=True)


def simulate(
    scenario: Annotated[
        str, typer.Argument(metavar="SCENARIO", help="Such as docking-small, or qa.")
    ],
    out: Annotated[
        Path, typer.Argument(metavar="OUT", help=".mcap or .db3 file, or a new BOP folder.")
    ],
    *,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Same seed, same bytes.")] = 0,
    frames: Frames = None,
    bound: Annotated[
        bool, typer.Option("--bound", help="Add the noise bound to each frame's truth (slow).")
    ] = False,
    catalogue: options.Catalogue = None,
) -> None:
    """Simulate a scenario; its rig and plan are written beside it.

    `qa` is a phantom in its jig, for `qa baseline` and `qa run`; `qa-moved`, `qa-turned`,
    `qa-warm`, `qa-other` and `qa-unit` are what a QA has to find.
    """
    from pipeline.config.catalogue_file import read_catalogue
    from recordings.simulation.simulate import simulate as run_simulation

    applicators = read_catalogue(catalogue).applicators
    with progress_bar(f"simulating {out.name}") as report:
        written = run_simulation(
            scenario,
            seed,
            out,
            applicators,
            n_frames=frames,
            with_bound=bound,
            progress=report,
            catalogue=None if catalogue is None else _catalogue_text(catalogue),
        )
    beside = ", ".join(path.name for path in written.companions)
    typer.echo(f"{written.session}: {written.n_frames} frames; beside it: {beside}", err=True)


def _carrying(header: SourceHeader, catalogue: Path | None) -> SourceHeader:
    """The header with the catalogue that was named: the recording is replayed with it."""
    if catalogue is None:
        return header
    from recordings.source import CATALOGUE_TEXT

    return header.carrying(CATALOGUE_TEXT, _catalogue_text(catalogue))


def _catalogue_text(catalogue: Path) -> str:
    from calibration.text_file import read_text_file

    return read_text_file(catalogue, "catalogue")


def _change(colour: Colour) -> Callable[[SourceFrame], SourceFrame] | None:
    """What is done to a frame before it is written."""
    if colour is Colour.KEEP:
        return None
    from models.loading import load_segmenter
    from pipeline.privacy.colour import with_colour

    if colour is Colour.OFF:
        return lambda frame: with_colour(frame, colour)
    segmenter = load_segmenter("onnx")
    return lambda frame: with_colour(frame, colour, lambda f: segmenter.segment(f).labels)
