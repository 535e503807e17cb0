"""Commands that write recordings: record, simulate."""

from __future__ import annotations

import signal
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli import options
from pipeline.cli.ending import ended_by
from pipeline.cli.progress import progress_bar
from pipeline.privacy.names import Colour

Frames = Annotated[int | None, typer.Option("--frames", min=1, help="Stop after this many frames.")]


def record(
    source: options.Source,
    out: Annotated[
        Path, typer.Argument(metavar="OUT", help="The .mcap file, or RealSense .db3, to write.")
    ],
    *,
    rig: Annotated[
        Path | None, typer.Option("--rig", help="Carried by the recording: its replay needs one.")
    ] = None,
    plan: Annotated[
        Path | None, typer.Option("--plan", help="Carried by the recording: its replay needs one.")
    ] = None,
    frames: Frames = None,
    colour: options.RecordColour = Colour.KEEP,
    pseudonym_key: options.PseudonymKey = None,
    identified: options.Identified = False,
    part_mb: options.PartMb = options.LARGEST_PART_MB,
    catalogue: options.Catalogue = None,
    archive: Annotated[
        Path,
        typer.Option(
            "--archive", metavar="DIR", help="Whose key names the patient; made where new."
        ),
    ] = options.ARCHIVE_DIR,
) -> None:
    """Record a source as an .mcap session; Ctrl-C or SIGTERM ends a live recording.

    A .db3 is written by the vendor's own recorder: images, stamps and serial, no texts.
    """
    from pipeline.record import RecordRequest
    from pipeline.record import record as run_record

    request = RecordRequest(
        source=source,
        out=out,
        rig=rig,
        plan=plan,
        catalogue=catalogue,
        colour=colour,
        pseudonym_key=pseudonym_key,
        is_identified=identified,
        archive=archive,
        limit_frames=frames,
        limit_bytes=part_mb * options.BYTES_PER_MB,
    )
    asked = ended_by(signal.SIGTERM, signal.SIGINT)
    with progress_bar(f"recording {out.name}") as report, asked as has_to_end:
        done = run_record(request, report, has_to_end, partial(typer.echo, err=True))
    parts = f" in {done.n_parts} parts" if done.n_parts > 1 else ""
    skipped = f"; {done.n_skipped} passed over" if done.n_skipped else ""
    typer.echo(f"{out}: {done.n_frames} frames{parts}{skipped}", err=True)


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


def _catalogue_text(catalogue: Path) -> str:
    from calibration.text_file import read_text_file

    return read_text_file(catalogue, "catalogue")
