"""`session report`: the record of one session for the file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import options
from tracking.errors import SourceError, UsageError

if TYPE_CHECKING:
    from pipeline.session_report.facts import SessionFacts
    from pipeline.session_report.facts_file import Picture


def report(
    *,
    session: Annotated[
        Path | None,
        typer.Option("--session", metavar="DIR", help="Folder of a session that has ended."),
    ] = None,
    recording: Annotated[
        str | None,
        typer.Option(
            "--recording",
            metavar="SOURCE",
            help="A recording instead: replayed, and reported as far as it tells. Needs --out.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for the report; default: the session's.")
    ] = None,
    dicom: Annotated[
        bool, typer.Option("--dicom", help="Write the PDF as a DICOM object, too.")
    ] = False,
    rig: options.SessionRig = None,
    plan: options.SessionPlan = None,
    catalogue: options.SessionCatalogue = None,
    site: options.Site = None,
    segmenter: options.Segmenter = options.SegmenterName.ONNX,
) -> None:
    """Write session_report.html and .pdf (and .dcm): what was measured, confirmed and decided."""
    if (session is None) == (recording is None):
        raise UsageError(
            "Name what to report.",
            expected="either --session DIR or --recording SOURCE",
            actual="neither" if session is None else "both",
        )
    from pipeline.session_report.write import write_report

    if session is not None:
        refused = {"--rig": rig, "--plan": plan, "--catalogue": catalogue, "--site": site}
        given = [name for name, value in refused.items() if value is not None]
        if given:
            raise UsageError(
                f"{', '.join(given)}: a session's facts hold what it ran with.",
                remedy=f"Leave out {', '.join(given)}.",
            )
        folder, (facts, pictures) = out or session, _of_session(session)
    else:
        if out is None or recording is None:
            raise UsageError("A recording's report needs --out.")
        request = (recording, rig, plan, out, catalogue, site, segmenter)
        folder, (facts, pictures) = out, _of_recording(*request)
    for path in write_report(folder, facts, pictures, with_dicom=dicom):
        typer.echo(str(path))
    if facts.damage:  # reported to its last whole frame
        raise typer.Exit(SourceError.exit_code)


def _of_session(folder: Path) -> tuple[SessionFacts, tuple[Picture, ...]]:
    from pipeline.session_report.facts_file import read_facts, read_pictures

    facts = read_facts(folder)
    return facts, read_pictures(folder, facts)


def _of_recording(
    source: str,
    rig: Path | None,
    plan: Path | None,
    out: Path,
    catalogue: Path | None,
    site: Path | None,
    segmenter: options.SegmenterName,
) -> tuple[SessionFacts, tuple[Picture, ...]]:
    from pipeline.cli.progress import progress_bar
    from pipeline.request import RunRequest
    from pipeline.session_report.from_recording import facts_of_recording

    request = RunRequest(
        source=source,
        rig_path=rig,
        plan_path=plan,
        out_dir=out,
        catalogue_path=catalogue,
        site_path=site,
        segmenter=segmenter.kind,
    )
    with progress_bar(f"replaying {source}") as progress:
        return facts_of_recording(request, progress)
