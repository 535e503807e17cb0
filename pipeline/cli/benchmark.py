"""`bench`: time and accuracy on simulated frames."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tracking.errors import UsageError


class BenchName(StrEnum):
    """What is measured."""

    FRAMES = "frames"
    REGISTRATION = "registration"
    CONSISTENCY = "consistency"
    IDENTITY = "identity"
    ALIGNMENT = "alignment"
    DISPLAY = "display"
    ROBUSTNESS = "robustness"
    LABELS = "labels"
    THREADS = "threads"
    AUDIT = "audit"
    SUPERVISOR = "supervisor"
    COLLAR = "collar"
    FIDUCIAL = "fiducial"
    DEPTH = "depth"
    QA = "qa"
    CALIBRATION = "calibration"
    WATCHDOG = "watchdog"
    SERVE = "serve"
    BATCH = "batch"
    RECORDING = "recording"
    KILLS = "kills"
    REPLAY = "replay"
    END_TO_END = "end-to-end"
    SOAK = "soak"
    CONTOUR = "contour"


SIZE_OPTIONS = {
    BenchName.REGISTRATION: "--views",
    BenchName.CONSISTENCY: "--frames",
    BenchName.IDENTITY: "--trials",
    BenchName.DISPLAY: "--views",
    BenchName.ROBUSTNESS: "--frames",
    BenchName.LABELS: "--frames",
    BenchName.ALIGNMENT: "--dockings",
    BenchName.AUDIT: "--entries",
    BenchName.SUPERVISOR: "--trials",
    BenchName.COLLAR: "--views",
    BenchName.FIDUCIAL: "--frames",
    BenchName.DEPTH: "--trials",
    BenchName.QA: "--trials",
    BenchName.CALIBRATION: "--trials",
    BenchName.WATCHDOG: "--trials",
    BenchName.SERVE: "--frames",
    BenchName.BATCH: "--sessions",
    BenchName.RECORDING: "--trials",
    BenchName.KILLS: "--trials",
    BenchName.REPLAY: "--trials",
    BenchName.END_TO_END: "--frames",
    BenchName.SOAK: "--minutes",
    BenchName.CONTOUR: "--trials",
}


def bench(
    what: Annotated[BenchName, typer.Argument(help="What to measure.")] = BenchName.FRAMES,
    *,
    views: Annotated[
        int | None,
        typer.Option(
            "--views",
            min=1,
            help="registration: views, 300; display: views, 10; collar: views a cell, 10.",
        ),
    ] = None,
    frames: Annotated[
        int | None,
        typer.Option(
            "--frames",
            min=1,
            help="consistency: frames a cell, 2000; robustness: docked frames, 10; "
            "labels: frames of whole stories, 900; fiducial: frames in place, 10000; "
            "serve, end-to-end: frames of each part, 1800.",
        ),
    ] = None,
    trials: Annotated[
        int | None,
        typer.Option(
            "--trials",
            min=1,
            help="identity, supervisor: trials of each kind, 1000; depth, calibration: 2000; "
            "qa, kills: 300; watchdog: 100; recording: flipped bits, 100000; replay: runs, 20; "
            "contour: visits of each bed and way of breathing, 10.",
        ),
    ] = None,
    dockings: Annotated[
        int | None, typer.Option("--dockings", min=1, help="alignment: dockings a bed; 30.")
    ] = None,
    entries: Annotated[
        int | None,
        typer.Option("--entries", min=20, help="audit: entries of the log tampered with; 200."),
    ] = None,
    sessions: Annotated[
        int | None, typer.Option("--sessions", min=4, help="batch: sessions of the archive; 200.")
    ] = None,
    minutes: Annotated[
        int | None, typer.Option("--minutes", min=1, help="soak: how long; 120.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Chooses the random views.")] = 0,
    without_prior: Annotated[
        bool, typer.Option("--without-prior", help="identity: register without a start.")
    ] = False,
    network: Annotated[
        bool,
        typer.Option("--network", help="contour: with the network's labels, not with true ones."),
    ] = False,
    ours: Annotated[
        bool, typer.Option("--ours", help="registration: this project alone, two processes.")
    ] = False,
    json_path: Annotated[
        Path | None, typer.Option("--json", help="Write all figures to this file.")
    ] = None,
    plots: Annotated[
        Path | None, typer.Option("--plots", help="registration: write plots into this folder.")
    ] = None,
) -> None:
    """Measure time or accuracy on simulated frames; prints machine, figures and goals.

    frames: time per stage. registration: errors beside other methods and the noise bound.
    consistency: do the covariances tell the truth. identity: is the right cone recognised.
    alignment: every quantity over flat and curved beds, with and without a survey.
    display: jitter and lag of the drawn cone.
    robustness: smoke, blood, drape, glove, bad light, glare, smear and missing depth.
    labels: what the network's labels cost in every quantity, against true labels.
    threads: the same bytes with one thread and two (exit code 1 where not).
    audit: what tampering with an audit log is found (exit code 1 where not all is).
    supervisor: how long READY outlives a dead or stopped process, at the far end of the output.
    collar: how often a marker collar is read, and its error at ring and exit.
    calibration: do stated intervals hold the truth, is a rig found, are wrong pairs named.
    fiducial: is a bumped camera noticed, and how often one that was not is suspected.
    depth: is a camera's depth bias and noise recovered, inside the stated intervals.
    watchdog: does the display's verdict blank itself in time (exit code 1 where not always).
    serve: exposure to drawn, and what the display costs the tracker, also under attack.
    batch: an archive in an object store one by one, by one worker, and by two of which one dies.
    recording: cut and damaged sessions, is every whole frame read and none wrong (else code 1).
    replay: the same bytes with other threads, locale, time zone and folder (else exit code 1).
    kills: recordings killed at 30 fps, how many frames are lost (else code 1).
    end-to-end: frame's arrival to verdict, alone, recording, and with a viewer; and size on disk.
    soak: hours at 30 fps, recording and with a viewer: does anything grow, is every frame known.
    contour: does a drawn line stay on its tissue while camera and patient move.
    qa: does the daily QA notice a wrong camera, and does a history that proves nothing never arm.
    """
    sizes = {
        "--views": views,
        "--frames": frames,
        "--trials": trials,
        "--dockings": dockings,
        "--entries": entries,
        "--sessions": sessions,
        "--minutes": minutes,
    }
    size = _size(what, sizes)
    for option, is_given, owner in (
        ("--without-prior", without_prior, BenchName.IDENTITY),
        ("--network", network, BenchName.CONTOUR),
        ("--ours", ours, BenchName.REGISTRATION),
        ("--plots", plots is not None, BenchName.REGISTRATION),
    ):
        if is_given and what is not owner:
            raise UsageError(
                f"{option}: has no meaning for '{what}'.", remedy=f"Leave {option} out."
            )
    if json_path is not None and not json_path.parent.is_dir():
        raise UsageError(
            f"--json: there is no folder {json_path.parent}.", remedy="Make it, or name another."
        )
    from pipeline.bench import BenchRequest
    from pipeline.bench import bench as run_bench
    from pipeline.cli.progress import progress_bar

    request = BenchRequest(
        what=what.value,
        seed=seed,
        size=size,
        has_start=not without_prior,
        with_rivals=not ours,
        with_network=network,
        json_path=json_path,
        plots_dir=plots,
    )
    with progress_bar(f"bench {what}") as report:
        code = run_bench(request, report)
    raise typer.Exit(code)


def _size(what: BenchName, given: dict[str, int | None]) -> int | None:
    """Return the one size that was given.

    Raises
    ------
    UsageError
        A size of another benchmark.
    """
    own = SIZE_OPTIONS.get(what)
    for option, value in given.items():
        if value is not None and option != own:
            raise UsageError(
                f"{option}: has no meaning for '{what}'.",
                remedy=f"Use {own}." if own else f"Leave {option} out.",
            )
    return given[own] if own else None
