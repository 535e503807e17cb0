"""A live session with everything around its kernel: real supervisor process, socket, audit log.

Simulated frames handed over as a camera would. Fiducial and second estimate are taken as proven
here, QA too but where a session is given a store, because these tests are about the rest.
"""

from __future__ import annotations

import json
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from models.mask_segmenter import MaskSegmenter
from pipeline.announcer import Announcer
from pipeline.audit.archive import load_ledger, verify_archive
from pipeline.audit.head import parse_head_text
from pipeline.audit.naming import LEDGER_NAME, log_name
from pipeline.config.catalogue_file import read_catalogue
from pipeline.config.load import RunConfig, load_config
from pipeline.evidence import evidence_for
from pipeline.live import track
from pipeline.qa.watch import QaWatch
from pipeline.recorder.client import LiveRecorder, recording_to
from pipeline.recorder.recorder_status import RecorderStatus
from pipeline.recorder.texts import header_of_session
from pipeline.recorder.veil import Veil
from pipeline.replay import run_context
from pipeline.session.client import ask
from pipeline.session.commands import (
    BeamMessage,
    ReadBackMessage,
    StatusMessage,
    TimeOutMessage,
)
from pipeline.session.control_socket import socket_path
from pipeline.session.opening import SessionFolders, open_shell
from pipeline.session.shell import SessionShell
from pipeline.session_report.facts import Moment
from pipeline.session_report.facts_file import read_facts, read_pictures
from pipeline.session_report.in_force import InForce
from pipeline.session_report.of_live import fiducial_state
from pipeline.session_report.reporter import LiveSession, SessionReporter
from pipeline.sinks.sink import FrameResult, Sink
from recordings.simulation.source import SimulatedSource, open_simulation
from tests.config_texts import PINS, SIGNING_SITE
from tracking.decision import Verdict
from tracking.errors import SourceError
from tracking.frame import SourceFrame
from tracking.snapshot import Evidence

START_NS = 1_767_258_000_000_000_000  # 2026-01-01T09:00:00Z, an hour after the rig's calibration
PERIOD_NS = 33_333_333
AGE_NS = 40_000_000
SESSION_ID = "test-session"
N_FRAMES = 2000
PATIENCE_S = 120.0
PERSONS = ("physicist-1", "surgeon-1")


class CameraSource(SimulatedSource):
    """Twelve docked frames for ever, with rising stamps, fresh noise in one pixel, origin live."""

    n_handed_over = 0
    ends_at = N_FRAMES
    fails_at = -1

    def read(self) -> SourceFrame | None:
        index = self.n_handed_over
        if index == self.fails_at:
            raise SourceError("the camera stopped")
        if index >= self.ends_at:
            return None
        self.n_handed_over += 1
        kept = _frames(self)[index % self.scenario.n_frames]
        depth_raw = kept.frame.depth_raw.copy()
        depth_raw[0, 0] = index + 1
        stamp_ns = START_NS + index * PERIOD_NS
        frame = replace(
            kept.frame,
            frame_index=index,
            stamp_ns=stamp_ns,
            arrival_ns=stamp_ns + AGE_NS // 2,
            depth_raw=depth_raw,
        )
        return replace(kept, frame=frame)

    def now_ns(self) -> int:
        """The session's wall clock: a little after the last exposure."""
        return START_NS + max(0, self.n_handed_over - 1) * PERIOD_NS + AGE_NS


_KEPT: list[SourceFrame] = []


def _frames(source: SimulatedSource) -> list[SourceFrame]:
    if not _KEPT:
        _KEPT.extend(source.frame(i) for i in range(source.scenario.n_frames))
    return _KEPT


@pytest.fixture
def source() -> CameraSource:
    made = open_simulation("sim:bench", read_catalogue(None).applicators)
    return CameraSource(
        made.scenario, made.seed, made.story, made.stage, replace(made.header, origin="live")
    )


@pytest.fixture
def config(source: CameraSource, tmp_path: Path) -> RunConfig:
    for name, text in source.header.embedded:
        (tmp_path / name).write_text(text)
    (tmp_path / "site.toml").write_text(SIGNING_SITE)
    return load_config(tmp_path / "rig.toml", tmp_path / "plan.toml", None, tmp_path / "site.toml")


@dataclass(eq=False)
class Shown(Sink):
    """Stands where the display does: notes verdict and lease of what it is handed."""

    shell: SessionShell
    seen: list[tuple[Verdict, bool]]

    def emit(self, result: FrameResult) -> None:
        self.seen.append((result.record.decision.verdict, self.shell.holds_lease))

    def close(self) -> None:
        """Nothing to finish."""


class Session:
    """Runs a live session to its end and keeps what it said."""

    def __init__(self, source: CameraSource, config: RunConfig, folder: Path) -> None:
        self.source, self.config = source, config
        self.folders = SessionFolders(folder / "s", folder / "archive")
        self.said: list[str] = []
        self.shown: list[tuple[Verdict, bool]] = []
        self.qa: QaWatch | None = None
        self.record_to: Path | None = None
        self.veil: Veil | None = None
        self.recorded = RecorderStatus()

    def run(self) -> None:
        segmenter = MaskSegmenter()
        start = evidence_for(self.source.header, self.config.rig, now=None).evidence
        evidence = replace(
            start,
            rig_validity=Evidence.PROVEN,
            qa=Evidence.PROVEN if self.qa is None else Evidence.MISSING,
            fiducial=Evidence.PROVEN,
            second_estimate=Evidence.ASSUMED,
        )
        with (
            ExitStack() as stack,
            self._reporter() as reporter,
            open_shell(
                SESSION_ID, self.folders, self.config, evidence, segmenter.model_id
            ) as shell,
        ):
            shell.listen(reporter.note)
            recorder = self._recorder(stack, segmenter.model_id)
            track(
                self.source,
                self.config,
                segmenter,
                Announcer(self.said.append),
                shell=shell,
                recorder=recorder,
                veil=self.veil,
                now_ns=self.source.now_ns,
                qa=self.qa,
                sinks=(reporter, Shown(shell, self.shown)),
            )
            if recorder is not None:
                self.recorded = recorder.close()

    def _recorder(self, stack: ExitStack, model_id: str) -> LiveRecorder | None:
        if self.record_to is None:
            return None
        told = header_of_session(self.source.header, self.config, SESSION_ID, model_id)
        return stack.enter_context(recording_to(self.record_to, told, max_waiting=N_FRAMES))

    def _reporter(self) -> SessionReporter:
        header = self.source.header
        start = evidence_for(header, self.config.rig, now=None)
        session = LiveSession(
            session_id=SESSION_ID,
            folder=self.folders.session,
            log_path=self.folders.archive / log_name(SESSION_ID),
            recorded_at="2026-01-01T09:00:00+00:00",
            camera_serial=header.device_serial,
            in_force=InForce(self.config, run_context(header, self.config, start)),
        )
        return SessionReporter(
            session, lambda: (fiducial_state(self.config.rig),), self.said.append
        )

    def entries(self) -> list[dict[str, Any]]:
        path = self.folders.archive / log_name(SESSION_ID)
        return [json.loads(line) for line in path.read_text().splitlines()]

    def kinds(self) -> list[str]:
        return [entry["kind"] for entry in self.entries()]

    def is_ready(self) -> bool:
        return any("GEOMETRY READY" in line for line in self.said)

    def is_verified(self) -> bool:
        ledger = load_ledger(self.folders.archive / LEDGER_NAME)
        report = verify_archive(self.folders.archive, ledger)
        return len(report.verified) == 1 and not report.faults


@pytest.fixture
def session(source: CameraSource, config: RunConfig, tmp_path: Path) -> Session:
    return Session(source, config, tmp_path)


def confirm_when_docked(session: Session, person: str) -> bool:
    """Wait for the session, read back what it runs, and confirm; whether it was accepted."""
    folder = session.folders.session
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and not socket_path(folder).exists():
        time.sleep(0.02)
    while time.monotonic() < deadline:
        status = ask(folder, StatusMessage()).status
        if status is not None and status.cone == "docked":
            running = status.identities
            read_back = ReadBackMessage(
                plan=running.plan,
                patient=running.patient,
                machine=running.machine,
                applicator=running.applicator,
            )
            pin = SecretStr(PINS[person])
            message = TimeOutMessage(person=person, pin=pin, read_back=read_back)
            return ask(folder, message).accepted
        time.sleep(0.02)
    return False


def test_two_persons_make_it_ready_and_the_supervisor_holds_the_lease(session: Session) -> None:
    answers: list[bool] = []

    def confirm() -> None:
        answers.extend(confirm_when_docked(session, person) for person in PERSONS)
        session.source.ends_at = session.source.n_handed_over + 60

    persons = threading.Thread(target=confirm)
    persons.start()
    session.run()
    persons.join()
    assert answers == [True, True]
    verdicts = [e["body"]["to"] for e in session.entries() if e["kind"] == "verdict"]
    assert verdicts[0] == "UNSURE"
    assert verdicts[-1] == "READY"
    assert session.is_ready()
    leases = [e["body"] for e in session.entries() if e["body"].get("event") == "lease"]
    assert any(body["held"] is True for body in leases)
    assert session.kinds().count("time_out") == 2
    assert session.is_verified()
    assert len(session.shown) == session.source.n_handed_over
    assert {verdict for verdict, is_held in session.shown if is_held} == {Verdict.READY}


def test_a_beam_that_a_person_tells_of_is_in_the_audit_log_after_ready(session: Session) -> None:
    answers: list[bool] = []

    def tell() -> None:
        answers.extend(confirm_when_docked(session, person) for person in PERSONS)
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline and not session.is_ready():
            time.sleep(0.02)
        for is_on in (True, False):
            pin = SecretStr(PINS[PERSONS[1]])
            message = BeamMessage(person=PERSONS[1], pin=pin, is_on=is_on)
            answers.append(ask(session.folders.session, message).accepted)
        session.source.ends_at = session.source.n_handed_over + 60

    person = threading.Thread(target=tell)
    person.start()
    session.run()
    person.join()
    assert answers == [True] * 4
    entries = session.entries()
    beams = [e for e in entries if e["kind"] == "beam"]
    assert [(e["body"]["is_on"], e["body"]["source"]) for e in beams] == [
        (True, "key"),
        (False, "key"),
    ]
    [said, taken_back] = [e for e in entries if e["body"].get("person") == PERSONS[1]][-2:]
    assert (said["body"]["event"], said["body"]["sent"]) == ("BEAM_ON", True)
    assert (taken_back["body"]["event"], taken_back["body"]["sent"]) == ("BEAM_OFF", True)
    ready = next(e for e in entries if e["body"].get("to") == "READY")
    assert ready["sequence"] < said["sequence"] < beams[0]["sequence"] < beams[1]["sequence"]
    assert session.is_verified()
    check_facts(session, said["body"]["frame_index"], taken_back["body"]["frame_index"])


def check_facts(session: Session, on_frame: int, off_frame: int) -> None:
    """The facts tell the same session as the audit log."""
    facts = read_facts(session.folders.session)
    assert len(read_pictures(session.folders.session, facts)) == 2
    assert (facts.origin, facts.session_id) == ("live", SESSION_ID)
    assert (facts.frame.moment, facts.frame.frame_index) == (Moment.BEAM_ON, on_frame)
    assert [c.person for c in facts.confirmations] == [PERSONS[0], ", ".join(PERSONS)]
    assert (facts.beam[0].from_frame, facts.beam[0].told_by) == (on_frame, PERSONS[1])
    assert facts.beam[0].to_ns == START_NS + (off_frame - 1) * PERIOD_NS
    assert facts.n_frames == session.source.n_handed_over
    claim = parse_head_text(facts.audit_head)
    assert claim.is_last
    assert claim.head == session.entries()[-1]["hash"]
    assert any("session report" in line for line in session.said)


def test_one_person_is_not_enough(session: Session) -> None:
    def confirm() -> None:
        confirm_when_docked(session, PERSONS[0])
        session.source.ends_at = session.source.n_handed_over + 60

    person = threading.Thread(target=confirm)
    person.start()
    session.run()
    person.join()
    verdicts = {e["body"]["to"] for e in session.entries() if e["kind"] == "verdict"}
    assert "READY" not in verdicts
    assert session.is_verified()


def test_a_camera_that_stops_drops_the_lease_and_is_written_down(session: Session) -> None:
    session.source.fails_at = 5
    with pytest.raises(SourceError):
        session.run()
    assert "source failed" in [e["body"].get("why") for e in session.entries()]
    assert read_facts(session.folders.session).n_frames == 5
    assert session.entries()[-1]["kind"] == "checkpoint"
    assert session.is_verified()
