"""A whole session on a simulated docking, with persons, PINs and everything but a patient.

Simulation, and said so wherever it is shown. What stands around the kernel is real: command socket,
supervisor process (output none), audit log, display, report. What a simulation cannot have (QA, a
wall clock's calibration, a second estimate) is assumed, as in any replay of one.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from calibration.rig_check import expires_at
from models.loading import load_segmenter
from pipeline.announcer import Announcer
from pipeline.audit.naming import log_name
from pipeline.config.catalogue_file import read_catalogue
from pipeline.config.load import RunConfig, load_config
from pipeline.config.pin import new_verifier
from pipeline.display.opening import display_of_session
from pipeline.evidence import SessionStart, evidence_for
from pipeline.live import nobody, track
from pipeline.qa.told import ASSUMED, QaTold
from pipeline.replay import run_context
from pipeline.say import Say
from pipeline.session.opening import SessionFolders, new_session_id, open_shell
from pipeline.session_report.facts import StateFacts
from pipeline.session_report.in_force import InForce
from pipeline.session_report.on_demand import ReportOnDemand
from pipeline.session_report.reporter import LiveSession, SessionReporter
from pipeline.sinks.sink import Sink
from pipeline.workflow.beside import follower_of, open_store
from pipeline.workflow.desk import WorkflowDesk
from pipeline.workflow.follower import Around
from pipeline.workflow.training_frames import training_frames
from pipeline.workflow.training_source import TrainingSource
from recordings.progress import Report, unheard
from recordings.source import SourceHeader
from tracking.frame import SourceFrame
from tracking.snapshot import Evidence

ROLES = {
    "surgeon": "surgeon",
    "oncologist": "radiation_oncologist",
    "physicist": "physicist",
}
PERSONS = tuple(ROLES)
PIN_DIGITS = 6
PLAN_LIMITS = """[limits]
coverage_fraction = {minimum = 0.8}
intrusion_mm = {maximum = 10.0}
"""
SITE = """schema = 1
site_id = "training"
applicator_pattern = '[A-Z]+-D(?P<diameter>\\d+)-B(?P<bevel>\\d+)'
[caps]
docking_tilt_deg = 1.0
docking_lateral_mm = 2.0
docking_gap_mm = 3.0
incidence_deg = 5.0
air_gap_mm = 3.0
ssd_error_mm = 3.0
[machine.mobetron]
angle_convention = "iec61217"
"""
QA_ASSUMED = QaTold(ASSUMED)


def train(
    out: Path,
    say: Say,
    *,
    session_dir: Path | None = None,
    serve: bool = True,
    is_over: Callable[[], bool] = lambda: False,
    pins: dict[str, str] | None = None,
    report: Report | None = None,
) -> int:
    """Run the session until Ctrl-C, or until `is_over`; return the exit code.

    Parameters
    ----------
    out
        Keeps the frames, the archive of logs and, where no folder is named for it, the session.
    session_dir : Path, optional
        Of an earlier process of the same session: goes on where that ended.
    pins : dict, optional
        Of `PERSONS`; drawn anew and said where none are given.
    report : callable, optional
        Told of the frames that are rendered at the first start.

    Raises
    ------
    TrackerError
        The folder or the display cannot be used.
    """
    now = datetime.now(UTC)
    session_id = new_session_id(now)
    folders = SessionFolders(session_dir or out / "session", out / "archive")
    folders.session.mkdir(parents=True, exist_ok=True)
    known = pins or {person: _pin() for person in PERSONS}
    catalogue = read_catalogue(None)
    header, frames = training_frames(out, catalogue.applicators, report or unheard)
    config = _config(dict(header.embedded), folders.session, known)
    segmenter = load_segmenter("onnx")
    start = evidence_for(header, config.rig, now=None)
    with ExitStack() as stack:
        enter = stack.enter_context
        store = enter(open_store(config, folders.session))
        reporter = enter(_reporter(session_id, folders, config, start, header, say))
        on_demand = ReportOnDemand(reporter, folders.session, say)
        stack.callback(on_demand.close)
        desk = WorkflowDesk(config, header.intrinsics, store, on_demand.begin)
        camera = TrainingSource(header, frames, lambda: desk.state.step, is_over)
        shell = enter(
            open_shell(
                session_id,
                folders,
                config,
                start.evidence,
                segmenter.model_id,
                desk,
                origin="simulated",
            )
        )

        def around() -> Around:
            return Around(
                qa=Evidence.ASSUMED,
                qa_told=QA_ASSUMED,
                has_calibration=start.evidence.rig_validity.holds,
                calibration_until=f"{expires_at(config.rig):%Y-%m-%d %H:%M} UTC",
                report_html=on_demand.path("html"),
                report_pdf=on_demand.path("pdf"),
                has_report_failed=on_demand.has_failed,
            )

        follower = follower_of(session_id, config, header, desk, shell, around, reporter)
        for listener in (reporter.note, on_demand.note, follower.note):
            shell.listen(listener)
        say("Training session: simulated. No patient, no camera, no beam.")
        say("  PINs: " + ", ".join(f"{person} {pin}" for person, pin in known.items()))
        sinks: list[Sink] = [reporter, follower]
        ahead: Callable[[SourceFrame], None] = nobody
        if serve:
            context = run_context(header, config, start)
            display = enter(
                display_of_session(config, context, shell, folders.session, say, view=follower.view)
            )
            sinks.append(display)
            ahead = display.ahead
        track(
            camera,
            config,
            segmenter,
            Announcer(say),
            shell=shell,
            now_ns=time.time_ns,
            sinks=sinks,
            before_frame=follower.before_frame,
            ahead=ahead,
            stands_ahead=False,  # a training's browser shares its cores
        )
    return 0


def _pin() -> str:
    return "".join(secrets.choice("0123456789") for _ in range(PIN_DIGITS))


def _config(texts: Mapping[str, str], folder: Path, pins: dict[str, str]) -> RunConfig:
    """The story's rig and plan, with limits for what is drawn and a site with its persons."""
    rig, planned = folder / "rig.toml", folder / "plan.toml"
    rig.write_text(texts["rig.toml"], encoding="utf-8")
    text = texts["plan.toml"].replace("[limits]\n", PLAN_LIMITS)
    planned.write_text(text, encoding="utf-8")
    persons = "".join(
        f'[person.{person}]\nname = "{person} (training)"\nrole = "{ROLES[person]}"\n'
        f'pin = "{new_verifier(pin).text}"\n'
        for person, pin in pins.items()
    )
    site = folder / "site.toml"
    site.write_text(SITE + persons, encoding="utf-8")
    return load_config(rig, planned, None, site)


def _reporter(
    session_id: str,
    folders: SessionFolders,
    config: RunConfig,
    start: SessionStart,
    header: SourceHeader,
    say: Say,
) -> SessionReporter:
    session = LiveSession(
        session_id=session_id,
        folder=folders.session,
        log_path=folders.archive / log_name(session_id),
        recorded_at=datetime.now(UTC).isoformat(timespec="seconds"),
        camera_serial=header.device_serial,
        in_force=InForce(config, run_context(header, config, start)),
    )
    states = (StateFacts(name="QA", holds=None, sentence=QA_ASSUMED.sentence),)
    return SessionReporter(session, lambda: states, say)
