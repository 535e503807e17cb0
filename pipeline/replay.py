"""Run a recording through everything and write its artefacts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path
from time import monotonic_ns, sleep

from models.loading import load_segmenter
from models.segmenter import Segmenter
from pipeline.config.effective_config import write_effective_config
from pipeline.config.load import RunConfig
from pipeline.display.opening import display_of_recording
from pipeline.evidence import SessionStart, evidence_for
from pipeline.recorder.comparison import LiveComparison
from pipeline.recorder.recorded_tracker import RecordedTracker
from pipeline.recorder.recording_notes import notes_of
from pipeline.request import RunRequest
from pipeline.run import run
from pipeline.run_opening import open_run
from pipeline.sinks.console import print_lines
from pipeline.sinks.factory import build_sinks
from pipeline.sinks.output_dir import OutputDir
from pipeline.sinks.sink import RunContext
from pipeline.version import SOFTWARE_ID
from recordings.naming import source_name
from recordings.ranged import RangedSource
from recordings.session.chained import ChainedSource
from recordings.source import CATALOGUE_TEXT, Source, SourceHeader
from tracking.errors import SourceError
from tracking.marks import check_outlines

COMPARISON_NAME = "live_comparison.json"  # of live recordings: the records then, and now


def replay(request: RunRequest) -> int:
    """Process a recording into `request.out_dir`; return the exit code (0, or 5 if cut short).

    Raises
    ------
    TrackerError
        Configuration, calibration or source cannot be used; nothing has been written.
    """
    source, config = open_run(request)
    try:
        segmenter = load_segmenter(request.segmenter)
        part = _part(request, source)
    except BaseException:
        source.close()
        raise
    return replay_source(request, config, segmenter, part)


def _part(request: RunRequest, source: Source) -> Source:
    if request.first == 0 and request.last is None:
        return source
    return RangedSource(source, request.first, request.last, with_earlier=not request.cold)


def replay_source(
    request: RunRequest, config: RunConfig, segmenter: Segmenter, source: Source
) -> int:
    """The same with an open source, which is closed; `request` only names it and its files."""
    try:
        start = evidence_for(source.header, config.rig, now=None)
        check_outlines(config.plan, source.header.intrinsics)
        tracker = RecordedTracker(
            source.header,
            config,
            segmenter,
            start.evidence,
            is_independent=request.independent,
            begins_within=request.cold and request.first > 0,
        )
        return _run_into_folder(request, config, source, tracker, start)
    finally:
        source.close()


def run_context(header: SourceHeader, config: RunConfig, start: SessionStart) -> RunContext:
    """What the sinks need to know of a run."""
    return RunContext(
        source_uri=source_name(header.uri),
        origin=header.origin,
        frame_rate_hz=header.frame_rate_hz,
        rig=config.rig,
        plan=config.plan,
        applicator=config.applicator,
        assumed=start.assumed,
        notes=notes_of(header),
    )


def _run_into_folder(
    request: RunRequest,
    config: RunConfig,
    source: Source,
    tracker: RecordedTracker,
    start: SessionStart,
) -> int:
    context = run_context(source.header, config, start)
    n_parts = source.n_parts if isinstance(source, ChainedSource) else 1
    notes = _run_notes(request, config, source.header, n_parts)
    context = replace(context, notes=(*context.notes, *notes))
    with OutputDir(request.out_dir) as out, ExitStack() as stack:
        display = None
        if request.serve:
            display = stack.enter_context(display_of_recording(config, context))
        sinks = build_sinks(request, context, out.path, source.header.n_frames, display)
        try:
            n_frames = run(
                source,
                tracker,
                sinks,
                _pacer(request.speed) if request.realtime else None,
                0 if request.cold else request.first,
            )
        finally:
            sinks.close()
        if n_frames == 0:
            raise _nothing(request, context, source)
        write_effective_config(
            out.path,
            config,
            request,
            software_id=SOFTWARE_ID,
            model_id=tracker.segmenter.model_id,
        )
        if tracker.comparison is not None:
            _write_comparison(out.path, tracker.comparison)
        sinks.finish(source.damage, source.n_skipped)
        if tracker.comparison is not None and not request.quiet:
            print_lines(tracker.comparison.sentences())
        out.commit()
    return SourceError.exit_code if source.damage else 0


def _nothing(request: RunRequest, context: RunContext, source: Source) -> SourceError:
    if request.first:
        return SourceError(
            f"{context.source_uri} has no whole frame from {request.first} on.",
            actual=source.damage or "it ends before",
            remedy="Name an earlier --from.",
        )
    return SourceError(
        f"{context.source_uri} holds no whole frame",
        actual=source.damage or "an empty recording",
        remedy="record the session again",
    )


def _run_notes(
    request: RunRequest, config: RunConfig, header: SourceHeader, n_parts: int
) -> Iterator[str]:
    """What sets this run apart from one over the whole session with its own texts."""
    if request.first or request.last is not None:
        last = "the last" if request.last is None else str(request.last)
        told = f"Only frames {request.first} to {last} were written, counted from 0"
        memory = ", without memory of those before." if request.cold else "."
        yield told + (memory if request.first else ".")
    if request.all_parts:
        yield f"{n_parts} parts of the recording were replayed as one session."
    own = dict(header.embedded).get(CATALOGUE_TEXT)
    if own is not None and own != config.texts["catalogue"]:
        yield (
            f"The session carries another applicator catalogue than {config.catalogue_id}, which "
            "was used: sessions info --texts writes its own, --catalogue names it."
        )


def _write_comparison(folder: Path, found: LiveComparison) -> None:
    text = json.dumps(asdict(found), indent=2)
    (folder / COMPARISON_NAME).write_text(text + "\n", encoding="utf-8")


def _pacer(speed: float) -> Callable[[int], None]:
    """Waits until a frame's stamp is due, from the first frame on, at `speed` times its pace."""
    origin: list[int] = []

    def wait(stamp_ns: int) -> None:
        if not origin:
            origin.extend((monotonic_ns(), stamp_ns))
        ahead_ns = origin[0] + round((stamp_ns - origin[1]) / speed) - monotonic_ns()
        if ahead_ns > 0:
            sleep(ahead_ns / 1e9)

    return wait
