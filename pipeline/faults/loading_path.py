"""The way of a set-up from its files to READY: loading, time-out, kernel; where it ends, and why.

Files are written and read as in a session. The two persons read back what the right set-up's own
papers say. Frames are drawn (`nominal`); what the rig file makes of the true pose is computed.
Simulation.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from pipeline.config.catalogue_file import read_catalogue
from pipeline.config.load import RunConfig, load_config
from pipeline.config.rtplan.import_plan import import_plan
from pipeline.config.site_file import read_site
from pipeline.faults.made_dicom import DicomData, dicom_bytes
from pipeline.faults.nominal import NominalSession
from pipeline.faults.set_up import SetUp, cone_id
from pipeline.session.answers import Answer
from pipeline.session.commands import Command, TimeOutCommand
from pipeline.session.control import Cone, ControlState, SessionControl
from pipeline.session.persons import PinCheck
from pipeline.session.running import running_identities
from pipeline.session.time_out import ReadBack
from tracking import gate
from tracking.alignment import Alignment, ApplicatorIdentity
from tracking.decision import FRAMES_TO_ARM, Verdict
from tracking.errors import FaultError, TrackerError
from tracking.identities import Identities
from tracking.measurement import Measurement, measured
from tracking.snapshot import KernelState, Snapshot
from tracking.toml_text import toml_text

MODEL = "model@1"
PERSONS = ("physicist-1", "surgeon-1")
N_FRAMES = FRAMES_TO_ARM + 6


@dataclass(frozen=True)
class Outcome:
    """How far a set-up came.

    Attributes
    ----------
    is_ready : bool
        Any frame was READY (after a change: any frame since).
    stage : str
        "load", "time-out" or "kernel": where it ended.
    first : str
        What a person is told first; empty where it is READY.
    """

    is_ready: bool
    stage: str
    first: str = ""


@dataclass(frozen=True)
class Loaded:
    """A set-up whose files agree with each other."""

    set_up: SetUp
    config: RunConfig
    running: Identities


@dataclass(eq=False)
class _Typed:
    """Commands of persons whose PINs were right."""

    queued: list[Command] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)

    def drain(self) -> list[Command]:
        taken, self.queued = self.queued, []
        return taken

    def reply(self, _ticket: int, answer: Answer) -> None:
        self.answers.append(answer)


def load(set_up: SetUp) -> Loaded:
    """Write and read the files. Raises TrackerError where they are refused."""
    with TemporaryDirectory(prefix="inputs-") as name:
        folder = Path(name)
        for kind in ("rig", "site", "catalogue"):
            text = toml_text(getattr(set_up, kind))
            (folder / f"{kind}.toml").write_text(text, encoding="utf-8")
        plan = toml_text(set_up.plan)
        if set_up.dicom is not None:
            plan = _imported(set_up.dicom, set_up, folder)
        (folder / "plan.toml").write_text(plan, encoding="utf-8")
        paths = (folder / f"{kind}.toml" for kind in ("rig", "plan", "catalogue", "site"))
        config = load_config(*paths)
    return Loaded(set_up, config, running_identities(config, MODEL))


def run(set_up: SetUp, papers: Identities) -> Outcome:
    """Load, hold the time-out with what the `papers` say, and decide frames."""
    try:
        loaded = load(set_up)
    except TrackerError as error:
        return Outcome(is_ready=False, stage="load", first=_told(error))
    return _treated(_Room(), loaded, papers)


def run_unnoticed(set_up: SetUp) -> Outcome:
    """As `run`, with papers that are as wrong as the set-up: no person can notice."""
    try:
        loaded = load(set_up)
    except TrackerError as error:
        return Outcome(is_ready=False, stage="load", first=_told(error))
    return run_loaded(loaded)


def run_loaded(loaded: Loaded) -> Outcome:
    """Hold the time-out for what is loaded, and decide frames."""
    return _treated(_Room(), loaded, loaded.running)


def run_changed(before: Loaded, wrong: SetUp) -> Outcome:
    """Reach READY with what is loaded, then go on with the wrong set-up.

    Raises
    ------
    FaultError
        READY was not reached: the case does not count.
    """
    room = _Room()
    reached = _treated(room, before, before.running)
    if not reached.is_ready:
        raise FaultError("The set-up before the change was not READY.", actual=reached.first)
    try:
        after = load(wrong)
    except TrackerError as error:
        return Outcome(is_ready=False, stage="load", first=_told(error))
    return room.decided(after)


def _imported(dicom: DicomData, set_up: SetUp, folder: Path) -> str:
    (folder / "plan.dcm").write_bytes(dicom_bytes(dicom))
    structures = folder / "structures.dcm"
    if set_up.structures is not None:
        structures.write_bytes(dicom_bytes(set_up.structures))
    return import_plan(
        folder / "plan.dcm",
        read_site(folder / "site.toml"),
        read_catalogue(folder / "catalogue.toml"),
        structure_set_path=None if set_up.structures is None else structures,
        position=set_up.position,
    ).text


def _told(error: TrackerError) -> str:
    return f"{error.what} {error.actual}".strip()


@dataclass(eq=False)
class _Room:
    """One session: its commands, its kernel, and the frames it has seen."""

    typed: _Typed = field(default_factory=_Typed)
    state: KernelState = field(default_factory=KernelState)
    n_frames: int = 0
    control: SessionControl = field(init=False)

    def __post_init__(self) -> None:
        self.control = SessionControl(self.typed)

    def stepped(self, loaded: Loaded) -> ControlState:
        """Decide the commands that wait, before the next frame."""
        diameter_mm, bevel_deg = loaded.set_up.cone
        is_planned = cone_id(diameter_mm, bevel_deg) == loaded.config.plan.applicator_id
        return self.control.step(
            loaded.running,
            self.state.fault_frame,
            frame_index=self.n_frames,
            cone=Cone.DOCKED if is_planned else Cone.OTHER,
        )

    def decided(self, loaded: Loaded) -> Outcome:
        """Decide frames; tell the first reason of the first that is not READY or arming."""
        session = NominalSession(loaded.set_up.seed)
        first, is_ready = "", False
        for _ in range(N_FRAMES):
            around = self.stepped(loaded)
            moment = session.moment(self.n_frames)
            frame = _frame(moment.frame, session, loaded, around)
            decision, self.state = gate.decide(frame, self.state)
            self.n_frames += 1
            is_ready = is_ready or decision.verdict is Verdict.READY
            if not first and not decision.checks_passed:
                first = str(decision.reasons[0])
        return Outcome(is_ready, "kernel", first)


def _treated(room: _Room, loaded: Loaded, papers: Identities) -> Outcome:
    """Two persons confirm what the papers say, then frames are decided."""
    for ticket, person in enumerate(PERSONS):
        items = {name: getattr(papers, name) for name in ReadBack.__dataclass_fields__}
        if person == PERSONS[-1] and loaded.set_up.denied:
            items[loaded.set_up.denied] = None
        room.typed.queued.append(TimeOutCommand(ticket, person, PinCheck.RIGHT, ReadBack(**items)))
    around = room.stepped(loaded)
    refused = [answer for answer in room.typed.answers if not answer.accepted]
    room.typed.answers.clear()
    if refused:
        if room.decided(loaded).is_ready:
            return Outcome(is_ready=True, stage="kernel")
        return Outcome(
            is_ready=False, stage="time-out", first=f"{refused[0].code}: {refused[0].why}"
        )
    if around.confirmed != loaded.running:
        raise FaultError("Two persons confirmed, and nothing is confirmed.")
    return room.decided(loaded)


def _frame(
    drawn: Snapshot, session: NominalSession, loaded: Loaded, around: ControlState
) -> Snapshot:
    """The drawn frame as this set-up would measure it."""
    diameter_mm, bevel_deg = loaded.set_up.cone
    seen = cone_id(diameter_mm, bevel_deg)
    identity = ApplicatorIdentity(seen, diameter_mm, bevel_deg, decided=True)
    alignment = _measured_with(loaded, session, replace(drawn.alignment, applicator_id=identity))
    return replace(
        drawn,
        plan=loaded.config.plan,
        running=loaded.running,
        confirmed=around.confirmed,
        evidence=replace(drawn.evidence, time_out=around.time_out),
        alignment=alignment,
        second=replace(drawn.second, applicator_ids=(seen,)),
        acknowledged_frame=around.acknowledged_frame,
    )


def _measured_with(loaded: Loaded, session: NominalSession, drawn: Alignment) -> Alignment:
    """What the rig file makes of the ring's true place: docking as it would be measured.

    The true tilt and lateral point in a direction of their own; the drawn measurement's error is
    kept.
    """
    truth = session.truth
    turn = np.random.default_rng([session.seed, 223]).uniform(0.0, 2.0 * np.pi, 2)
    tilt = np.radians(truth["docking_tilt_deg"])
    axis = np.array([np.sin(tilt) * np.cos(turn[0]), np.sin(tilt) * np.sin(turn[0]), np.cos(tilt)])
    lateral = truth["docking_lateral_mm"] * np.array([np.cos(turn[1]), np.sin(turn[1])])
    ring = np.array([*lateral, -truth["docking_gap_mm"], 1.0])
    measured_from_true = loaded.config.rig.head_from_camera @ loaded.set_up.camera_from_head
    x, y, z, _ = measured_from_true @ ring
    seen_axis = measured_from_true[:3, :3] @ axis
    tilt_deg = float(np.degrees(np.arccos(np.clip(seen_axis[2], -1.0, 1.0))))
    lateral_mm, gap_mm = float(np.hypot(x, y)), float(-z)
    planned_mm = loaded.config.plan.limits.docking_gap_mm.planned
    ssd_mm = gap_mm - planned_mm + truth["air_gap_mm"]
    return replace(
        drawn,
        docking_tilt_deg=_moved(drawn.docking_tilt_deg, tilt_deg - truth["docking_tilt_deg"]),
        docking_lateral_mm=_moved(
            drawn.docking_lateral_mm, lateral_mm - truth["docking_lateral_mm"]
        ),
        docking_gap_mm=_moved(drawn.docking_gap_mm, gap_mm - truth["docking_gap_mm"]),
        ssd_error_mm=_moved(drawn.ssd_error_mm, ssd_mm - truth["ssd_error_mm"]),
    )


def _moved(drawn: Measurement, by: float) -> Measurement:
    if drawn.value is None or drawn.sigma is None:
        return drawn
    return measured(drawn.value + by, drawn.sigma)
