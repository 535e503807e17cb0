"""Commands that run the tracker: demo, live, replay."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli import options
from pipeline.privacy.names import Colour
from recordings.naming import SESSION_SUFFIX
from tracking.errors import UsageError

DEMO_DIR = Path("runs/demo")


def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder for the artefacts.")] = DEMO_DIR,
    *,
    serve: options.Serve = False,
) -> None:
    """Run the sample session through everything.

    --serve: a training session on the OR display instead, by clicks, until Ctrl-C.
    """
    from pipeline.demo import demo as run_demo

    if not serve:
        raise typer.Exit(run_demo(out))
    from pipeline.cli.progress import progress_bar

    with progress_bar("rendering the training session") as report:
        raise typer.Exit(run_demo(out, report, serve=True))


def live(
    rig: options.Rig,
    plan: options.Plan,
    *,
    site: options.Site = None,
    catalogue: options.Catalogue = None,
    serial: Annotated[
        str | None, typer.Option("--serial", help="Camera; default: the only one attached.")
    ] = None,
    record: Annotated[
        Path | None, typer.Option("--record", help="Record the session to this .mcap file.")
    ] = None,
    colour: options.RecordColour = Colour.KEEP,
    pseudonym_key: options.PseudonymKey = None,
    identified: options.Identified = False,
    part_mb: options.PartMb = options.LARGEST_PART_MB,
    session: Annotated[
        Path | None,
        typer.Option(
            "--session", metavar="DIR", help="Folder for commands; default: a new one in runs/live."
        ),
    ] = None,
    archive: Annotated[
        Path,
        typer.Option(
            "--archive", metavar="DIR", help="Audit logs, their ledger and key; made where new."
        ),
    ] = options.ARCHIVE_DIR,
    qa_store: options.QaStore = None,
    serve: options.Serve = False,
) -> None:
    """Track with the attached camera; the lease goes to the site's supervisor output."""
    from pipeline.live import live as run_live
    from pipeline.privacy.of_recording import names_for
    from pipeline.qa.address import store_address
    from pipeline.recorder.recording_options import RecordingOptions
    from pipeline.recorder.veil import Veil

    recording = None
    if record is not None:
        if record.suffix != SESSION_SUFFIX:
            raise UsageError(
                f"--record must name an {SESSION_SUFFIX} file.",
                actual=str(record),
                remedy=f"Write {record.name}{SESSION_SUFFIX}.",
            )
        names = names_for(record, pseudonym_key, archive, is_identified=identified)
        limit_bytes = part_mb * options.BYTES_PER_MB
        recording = RecordingOptions(record, limit_bytes, Veil(colour, names))
    elif colour is not Colour.KEEP or pseudonym_key is not None or identified:
        raise UsageError(
            "--colour, --pseudonym-key and --identified are of a recording.", expected="--record"
        )
    code = run_live(
        rig_path=rig,
        plan_path=plan,
        site_path=site,
        catalogue_path=catalogue,
        serial=serial,
        recording=recording,
        session_dir=session,
        archive_dir=archive,
        qa_store=store_address(qa_store, site),
        serve=serve,
    )
    raise typer.Exit(code)


def replay(
    source: options.Source,
    *,
    rig: options.SessionRig = None,
    plan: options.SessionPlan = None,
    out: Annotated[Path, typer.Option("--out", help="Folder for records, summary and report.")],
    catalogue: options.SessionCatalogue = None,
    site: options.Site = None,
    segmenter: options.Segmenter = options.SegmenterName.ONNX,
    independent: Annotated[
        bool, typer.Option("--independent", help="Unrelated pictures: no memory between frames.")
    ] = False,
    save_masks: Annotated[
        bool, typer.Option("--save-masks", help="Write masks/%06d.png in the depth grid.")
    ] = False,
    no_video: Annotated[bool, typer.Option("--no-video", help="Write no overlay.mp4.")] = False,
    realtime: Annotated[
        bool, typer.Option("--realtime", help="Play at the recording's own pace.")
    ] = False,
    first: Annotated[
        int,
        typer.Option(
            "--from",
            min=0,
            metavar="N",
            help="First frame that is written, counted from 0; those before are tracked all the "
            "same, so that records are those of a whole replay.",
        ),
    ] = 0,
    last: Annotated[
        int | None, typer.Option("--to", min=0, metavar="N", help="Last frame, counted from 0.")
    ] = None,
    cold: Annotated[
        bool,
        typer.Option("--cold", help="Begin at --from, without those before: quick, other records."),
    ] = False,
    all_parts: Annotated[
        bool,
        typer.Option(
            "--all-parts", help="SOURCE is a recording's first part: go on through those beside it."
        ),
    ] = False,
    speed: Annotated[
        float | None,
        typer.Option("--speed", min=0.01, max=100.0, help="Multiple of the recording's pace."),
    ] = None,
    serve: options.Serve = False,
) -> None:
    """Run a recording through everything and write what came out.

    A session carries its rig, plan and catalogue: one file replays alone.
    """
    if cold and first == 0:
        raise UsageError("--cold: there is nothing before the first frame.", expected="--from N")
    from pipeline.replay import replay as run_replay
    from pipeline.request import RunRequest

    request = RunRequest(
        source=source,
        rig_path=rig,
        plan_path=plan,
        out_dir=out,
        catalogue_path=catalogue,
        site_path=site,
        segmenter=segmenter.kind,
        independent=independent,
        save_masks=save_masks,
        video=not no_video,
        realtime=realtime or serve or speed is not None,
        first=first,
        last=last,
        cold=cold,
        all_parts=all_parts,
        speed=1.0 if speed is None else speed,
        serve=serve,
    )
    raise typer.Exit(run_replay(request))
