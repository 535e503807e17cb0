"""Track with the attached camera, and say on the terminal what the gate decides.

Unless the QA store proves the rig today, a live session can say HOLD and what to move, but never
READY: the gate holds it to that.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from calibration.temperature import check_temperature
from models.loading import load_segmenter
from models.segmenter import Segmenter
from pipeline.announcer import Announcer
from pipeline.config.load import RunConfig, load_config
from pipeline.display.opening import display_of_session
from pipeline.evidence import evidence_for
from pipeline.garbage import collected_between_frames
from pipeline.precedence import ahead_of_others
from pipeline.qa.running import setup_of
from pipeline.qa.watch import QaWatch
from pipeline.recorder.client import LiveRecorder, recording_to
from pipeline.recorder.noting import SessionNotes
from pipeline.recorder.recorder_status import RecorderStatus
from pipeline.recorder.recording_options import RecordingOptions
from pipeline.recorder.texts import header_of_session
from pipeline.recorder.veil import Veil
from pipeline.replay import run_context
from pipeline.say import Say
from pipeline.session.opening import SessionFolders, new_session_id, open_shell
from pipeline.session.shell import SessionShell
from pipeline.session.storage_sink import StorageSink
from pipeline.session_report.of_live import reporting
from pipeline.session_report.on_demand import ReportOnDemand
from pipeline.sinks.sink import Sink
from pipeline.sinks.steadier import PoseSteadier
from pipeline.supervisor.client import lease_clock_ns
from pipeline.tracker import AgeMs, Tracker
from pipeline.workflow.beside import follower_of, open_store
from pipeline.workflow.desk import WorkflowDesk
from pipeline.workflow.live_around import LiveAround
from recordings.opening import open_source
from recordings.source import Source, SourceHeader, source_temperature_c
from tracking.errors import SourceError
from tracking.frame import RgbdFrame, SourceFrame
from tracking.marks import check_outlines
from tracking.reasons import Reason
from tracking.rig import ANY_SERIAL

SESSIONS_DIR = Path("runs") / "live"


def nobody(_frame: SourceFrame) -> None:
    """Nobody looks at the frames that come."""


def live(
    *,
    rig_path: Path,
    plan_path: Path,
    site_path: Path | None,
    catalogue_path: Path | None,
    serial: str | None,
    recording: RecordingOptions | None,
    session_dir: Path | None,
    archive_dir: Path,
    qa_store: str,
    serve: bool = False,
) -> int:
    """Track until Ctrl-C; return the exit code.

    Parameters
    ----------
    recording : RecordingOptions or None
        Where the session is recorded to, and what of it.
    qa_store : str
        Address of the QA store that has to prove the rig.

    Raises
    ------
    TrackerError
        Configuration, calibration or camera cannot be used, or the camera stopped.
    """
    config = load_config(rig_path, plan_path, catalogue_path, site_path)
    segmenter = load_segmenter("onnx")
    announcer = Announcer(Console(stderr=True, highlight=False).print)
    wanted = serial or config.rig.camera_serial
    uri = "realsense" if wanted == ANY_SERIAL else f"realsense:{wanted}"
    source = open_source(uri, applicators=config.applicators)
    session_id = new_session_id(datetime.now(UTC))
    folders = SessionFolders(session_dir or SESSIONS_DIR / session_id, archive_dir)
    try:
        start = evidence_for(source.header, config.rig, now=datetime.now(UTC))
        setup = setup_of(config.rig, segmenter.model_id, "")
        required = () if config.site is None else config.site.qa.required
        with ExitStack() as stack:
            enter = stack.enter_context
            store = enter(open_store(config, folders.session))
            qa = enter(QaWatch(qa_store, setup, time.time_ns, required))
            recorder = None
            if recording is not None:
                told = header_of_session(
                    recorded_now(source.header),
                    config,
                    session_id,
                    segmenter.model_id,
                    recording.veil,
                )
                limit = recording.limit_bytes
                recorder = enter(recording_to(recording.path, told, limit_bytes=limit))
            reporter = enter(
                reporting(
                    session_id, folders, config, source.header, start, qa, announcer, recorder
                )
            )
            report = ReportOnDemand(reporter, folders.session, announcer.say)
            stack.callback(report.close)
            desk = WorkflowDesk(config, source.header.intrinsics, store, report.begin)
            shell = enter(
                open_shell(session_id, folders, config, start.evidence, segmenter.model_id, desk)
            )
            announcer.begin(config, has_qa=qa.evidence(time.time_ns()).holds)
            announcer.say(f"  QA: {qa.sentence}")
            warmth = check_temperature(config.rig.depth_calibration, source_temperature_c(source))
            announcer.say(f"  temperature: {warmth.sentence}")
            announcer.say(f"  commands: run_tracker.py session status --session {folders.session}")
            around = LiveAround(config.rig, qa, report, recorder)
            follower = follower_of(session_id, config, source.header, desk, shell, around, reporter)
            for listener in (reporter.note, report.note, follower.note):
                shell.listen(listener)
            sinks: list[Sink] = [reporter, follower]
            ahead: Callable[[SourceFrame], None] = nobody
            if recorder is not None:
                sinks.append(StorageSink(recorder, shell))
            if serve:
                context = run_context(source.header, config, start)
                display = enter(
                    display_of_session(
                        config, context, shell, folders.session, announcer.say, view=follower.view
                    )
                )
                sinks.append(display)
                ahead = display.ahead
            if recorder is not None and recording is not None:
                # last in, first out: what is told at the end stands in log and report
                stack.callback(_end_recording, recorder, recording.path, shell, announcer.say)
            track(
                source,
                config,
                segmenter,
                announcer,
                shell=shell,
                recorder=recorder,
                veil=Veil() if recording is None else recording.veil,
                qa=qa,
                sinks=sinks,
                before_frame=follower.before_frame,
                ahead=ahead,
            )
    finally:
        source.close()
    return 0


def track(
    source: Source,
    config: RunConfig,
    segmenter: Segmenter,
    announcer: Announcer,
    *,
    shell: SessionShell | None = None,
    recorder: LiveRecorder | None = None,
    veil: Veil | None = None,
    now_ns: Callable[[], int] = time.time_ns,
    qa: QaWatch | None = None,
    sinks: Sequence[Sink] = (),
    before_frame: Callable[[Tracker], None] | None = None,
    ahead: Callable[[SourceFrame], None] = nobody,
    stands_ahead: bool = True,
) -> int:
    """Process frames as they come until the source ends; return their number.

    The supervisor hears first, then people and their display, then the recording: a slow disk
    cannot delay a verdict. Without a shell nothing holds a lease, nobody can confirm, and nothing
    is READY. Without `qa` the evidence of the session's start stands, which for a camera is none.
    A recorder that fails is a fault of the frames that follow. `veil`: what of colour and patient
    is recorded; default: all. `ahead` is told of each frame before it is processed.
    `stands_ahead` of other programs (`pipeline.precedence`).
    """
    started = datetime.fromtimestamp(now_ns() / 1e9, UTC)
    start = evidence_for(source.header, config.rig, now=started)
    check_outlines(config.plan, source.header.intrinsics)

    def age_ms(frame: RgbdFrame) -> float:
        return (now_ns() - frame.stamp_ns) / 1e6

    asking = None if shell is None else shell.ask
    ask = asking if asking is None or qa is None else qa.around(asking)
    notes = None if recorder is None else SessionNotes(recorder, veil or Veil())
    aged: AgeMs = age_ms
    if notes is not None:
        aged, ask = notes.aged(age_ms), None if ask is None else notes.around(ask)
    tracker = Tracker(config, segmenter, start.evidence, age_ms=aged, ask=ask)
    steadier = PoseSteadier()
    n_frames = 0
    standing = ahead_of_others(announcer.say) if stands_ahead else nullcontext()
    with standing, collected_between_frames() as collect:
        while (source_frame := _read(source, announcer, shell)) is not None:
            ahead(source_frame)
            if before_frame is not None:
                before_frame(tracker)
            if notes is not None:
                notes.begin(tracker)
            issued_ns = lease_clock_ns()
            result = tracker.process(source_frame, None if notes is None else notes.as_recorded)
            if shell is not None:
                shell.tell(result.record, issued_ns)
            announcer.tell(result, holds_lease=shell is not None and shell.holds_lease)
            if notes is not None:
                notes.decided(result)
            if sinks:
                steadied = steadier.steadied(result)
                for sink in sinks:
                    sink.emit(steadied)
            collect()
            n_frames += 1
    return n_frames


def _end_recording(recorder: LiveRecorder, path: Path, shell: SessionShell, say: Say) -> None:
    """Let what waits be written, however the session ends, and tell log and people how it went."""
    status = recorder.close()
    shell.recorded(status)
    say(_recorded(status, path))


def _recorded(status: RecorderStatus, path: Path) -> str:
    parts = f" in {status.n_parts} parts" if status.n_parts > 1 else ""
    lost = f"; {status.n_dropped} NOT recorded" if status.n_dropped else ""
    why = f"; {status.failure}" if status.failure else ""
    return f"  {path}: {status.n_written} frames{parts}{lost}{why}"


def recorded_now(header: SourceHeader) -> SourceHeader:
    """The header with the moment at which its recording begins, where it has none."""
    if header.recorded_at:
        return header
    return replace(header, recorded_at=datetime.now(UTC).isoformat(timespec="seconds"))


def _read(source: Source, announcer: Announcer, shell: SessionShell | None) -> SourceFrame | None:
    try:
        return source.read()
    except SourceError:
        if shell is not None:
            shell.source_failed()
        announcer.fault(Reason.SOURCE_FAILED)
        raise
