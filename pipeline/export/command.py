"""`sessions export`: one pass over a source, into as many forms as are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from models.loading import load_segmenter
from pipeline.config.catalogue_file import read_catalogue
from pipeline.config.session_config import GivenTexts, session_config
from pipeline.evidence import evidence_for
from pipeline.export.exporter import refuse_existing
from pipeline.export.outputs import Outputs, outputs
from pipeline.export.ply import PlyExport
from pipeline.export.png import PngExport
from pipeline.export.table import TableExport
from pipeline.export.viewer import ViewerExport
from pipeline.recorder.recorded_tracker import RecordedTracker
from pipeline.replay import run_context
from pipeline.sinks.sink import RunContext
from pipeline.sinks.video import VideoSink
from recordings.bop.writer import BopWriter
from recordings.opening import open_source
from recordings.progress import Report
from recordings.source import Source
from tracking.errors import SourceError, UsageError
from tracking.frame import SourceFrame

FORMS = ("png", "ply", "bop", "viewer", "csv", "mp4", "rrd")


@dataclass(frozen=True)
class ExportRequest:
    """What to read, which frames of it, and every form asked for.

    Attributes
    ----------
    first, last : int or None
        Frame indices, both included.
    rig, plan, catalogue : Path or None
        Only for what needs results; None: as the session was recorded with.
    """

    source: str
    png: Path | None = None
    ply: Path | None = None
    bop: Path | None = None
    viewer: Path | None = None
    csv: Path | None = None
    mp4: Path | None = None
    rrd: Path | None = None
    first: int | None = None
    last: int | None = None
    rig: Path | None = None
    plan: Path | None = None
    catalogue: Path | None = None
    segmenter: Literal["onnx", "masks"] = "onnx"

    @property
    def needs_results(self) -> bool:
        """Whether the tracker has to run."""
        asked = (self.csv, self.mp4, self.rrd)
        given = (self.rig, self.plan, self.catalogue)
        return any(path is not None for path in (*asked, *given))


def export(request: ExportRequest, report: Report) -> int:
    """Write every form; return the number of frames.

    Raises
    ------
    UsageError
        Nothing is asked for, something exists already, or no frame is in the range.
    SourceError
        The source ends early: what was whole is exported.
    """
    if all(getattr(request, option) is None for option in FORMS):
        raise UsageError(
            "Nothing to export.",
            expected="one or more of --png, --ply, --bop, --viewer, --csv, --mp4, --rrd",
        )
    _check_places(request)
    applicators = read_catalogue(request.catalogue).applicators
    source = open_source(request.source, applicators=applicators)
    try:
        n_frames = _exported(request, source, report)
    except BaseException:  # Ctrl-C, too; all of them are closed by now
        _remove_files(request)
        raise
    finally:
        source.close()
    if source.damage is not None:
        raise SourceError(
            f"{request.source} was exported up to its damage only.", actual=source.damage
        )
    return n_frames


def _check_places(request: ExportRequest) -> None:
    """Every form has a new place of its own, in a folder that is there."""
    places: set[Path] = set()
    for option in FORMS:
        path: Path | None = getattr(request, option)
        if path is None:
            continue
        if path.exists():
            raise refuse_existing(f"--{option}", str(path))
        if not path.parent.is_dir():
            raise UsageError(f"--{option}: there is no folder {path.parent}.")
        if path.resolve() in places:
            raise UsageError(f"--{option}: another form is written there.", actual=str(path))
        places.add(path.resolve())


def _remove_files(request: ExportRequest) -> None:
    """Half a file looks like a whole one; none of them was there before."""
    for option in FORMS:
        path: Path | None = getattr(request, option)
        if path is not None and path.is_file():
            path.unlink()


def _exported(request: ExportRequest, source: Source, report: Report) -> int:
    tracker, context = None, None
    if request.needs_results:
        tracker, context = session_tracker(request, source)
    n_done = 0
    with outputs() as opened:
        _open_for_frames(opened, request, source, has_results=tracker is not None)
        if context is not None:
            _open_for_results(opened, request, context)
        for source_frame in _up_to(source, request.last):
            # frames before the first are tracked all the same: what comes later hangs on them
            result = None if tracker is None else tracker.process(source_frame)
            if request.first is None or source_frame.frame.frame_index >= request.first:
                opened.take(source_frame, result)
                n_done += 1
                report(n_done, source.header.n_frames)
        if n_done == 0:
            raise UsageError("No frame lies in the range.", remedy="Widen --from and --to.")
    return n_done


def _up_to(source: Source, last: int | None) -> Iterator[SourceFrame]:
    while (source_frame := source.read()) is not None:
        if last is not None and source_frame.frame.frame_index > last:
            return
        yield source_frame


def _open_for_frames(
    opened: Outputs, request: ExportRequest, source: Source, *, has_results: bool
) -> None:
    if request.png is not None:
        opened.add_frames(PngExport(request.png))
    if request.ply is not None:
        opened.add_frames(PlyExport(request.ply))
    if request.bop is not None:
        header = source.header
        opened.add_frames(BopWriter(request.bop, header.intrinsics, header.depth_unit_mm))
    if request.viewer is not None and not has_results:
        opened.add_frames(ViewerExport(request.viewer))


def _open_for_results(opened: Outputs, request: ExportRequest, context: RunContext) -> None:
    if request.viewer is not None:
        opened.add_results(ViewerExport(request.viewer))
    if request.csv is not None:
        opened.add_results(TableExport(request.csv))
    if request.mp4 is not None:
        opened.add_results(VideoSink(request.mp4, context))
    if request.rrd is not None:
        from pipeline.export.rerun_file import RerunExport

        opened.add_results(RerunExport(request.rrd, context))


def session_tracker(request: ExportRequest, source: Source) -> tuple[RecordedTracker, RunContext]:
    """With the files given, or with those that the session carries."""
    given = GivenTexts.read(request.rig, request.plan, request.catalogue)
    config = session_config(source.header, given)
    start = evidence_for(source.header, config.rig, now=None)
    segmenter = load_segmenter(request.segmenter)
    tracker = RecordedTracker(source.header, config, segmenter, start.evidence)
    return tracker, run_context(source.header, config, start)
