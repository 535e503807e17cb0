"""`sessions deidentify|retention`: what of a person an archive holds."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import options
from pipeline.cli.output import print_json, print_table
from pipeline.cli.progress import progress_bar
from pipeline.privacy.names import Colour
from recordings.naming import SESSION_SUFFIX
from tracking.errors import UsageError

if TYPE_CHECKING:
    from pipeline.privacy.colour import LabelsOf
    from pipeline.privacy.retention import Kept

WIDTH = 120
_SPAN = re.compile(r"(\d{1,5})(d|y)")
DAYS = {"d": 1, "y": 365}


def deidentify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An .mcap session.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The copy, a new .mcap file.")],
    *,
    key: Annotated[
        Path,
        typer.Option("--key", help="pseudonym_key.hex of `sessions audit key`; keep it apart."),
    ],
    colour: Annotated[
        Colour, typer.Option("--colour", help="Keep it, crop it to the cone, or leave it out.")
    ] = Colour.OFF,
    keep_serial: Annotated[
        bool, typer.Option("--keep-serial", help="Keep the camera's serial number.")
    ] = False,
    without_date: Annotated[
        bool,
        typer.Option(
            "--without-date",
            help="Leave out when it was recorded: all times count from the first frame, that of "
            "part 1 where it lies beside a later part. The days of the rig's calibrations stay.",
        ),
    ] = False,
) -> None:
    """Copy a session without what names a person: patient as pseudonym, comments and colour gone.

    The same patient has the same pseudonym under the same key. A damaged session is refused:
    recover it first. What a session says beyond the known texts is refused, too: it may name
    anybody. Depth stays bit for bit, and shows the form of a body; judge yourself who may see it.
    """
    if out.suffix != SESSION_SUFFIX:
        raise UsageError(f"OUT must name an {SESSION_SUFFIX} file.", actual=str(out))
    from pipeline.privacy.deidentify import deidentify as run
    from pipeline.privacy.pseudonyms import pseudonyms_of

    secret = pseudonyms_of(key, out).key
    with progress_bar("frames") as report:
        done = run(
            file,
            out,
            secret,
            report,
            colour=colour,
            keep_serial=keep_serial,
            keep_date=not without_date,
            labels_of=_labeller() if colour is Colour.CONE else None,
        )
    typer.echo(f"{out}: {done.n_frames} frames, colour {done.colour}", err=True)


def retention(
    archive: Annotated[Path, typer.Argument(metavar="ARCHIVE", help="Folder of .mcap sessions.")],
    *,
    older_than: Annotated[
        str, typer.Option("--older-than", metavar="SPAN", help="Such as 90d or 10y.")
    ],
    delete: Annotated[
        bool, typer.Option("--delete", help="Delete them; without it nothing is.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Show, and only with --delete remove, sessions that are older than a span.

    A session is held by NAME.hold beside it, or by a file .hold in a folder above it; a symbolic
    link is never deleted. What goes is written into ARCHIVE/retention.jsonl first, with its hash.
    """
    from pipeline.privacy.retention import delete as run_delete
    from pipeline.privacy.retention import review

    now = datetime.now(UTC)
    found = review(archive, _span(older_than), now)
    gone = run_delete(archive, found, now) if delete else []
    if as_json:
        rows = [{**vars(kept), "goes": kept.goes} for kept in found]
        print_json({"deleted": len(gone), "sessions": rows})
        return
    table = [
        (
            kept.name,
            kept.recorded_at[:10],
            f"{kept.age_days:.0f}",
            f"{kept.n_bytes / 1e6:.1f}",
            _fate(kept),
        )
        for kept in found
    ]
    print_table(
        f"Sessions of {archive}", ("session", "recorded", "days", "MB", ""), table, width=WIDTH
    )
    counted = gone if delete else [kept for kept in found if kept.goes]
    size = f"{sum(kept.n_bytes for kept in counted) / 1e6:.1f} MB"
    if delete:
        typer.echo(f"{len(counted)} sessions deleted, {size}")
    else:
        typer.echo(f"{len(counted)} sessions would go, {size}; --delete removes them")


def _fate(kept: Kept) -> str:
    """What becomes of a session, and why it is kept."""
    if kept.hold:
        return f"held by {kept.hold}"
    if kept.is_link:
        return "kept: a link is never deleted"
    return "goes" if kept.goes else "stays"


def _span(text: str) -> timedelta:
    found = _SPAN.fullmatch(text)
    if found is None or int(found[1]) == 0:
        raise UsageError(
            "--older-than: this is no span.", expected="such as 90d or 10y", actual=text
        )
    return timedelta(days=int(found[1]) * DAYS[found[2]])


def _labeller() -> LabelsOf:
    from models.loading import load_segmenter

    segmenter = load_segmenter("onnx")
    return lambda frame: segmenter.segment(frame).labels
