"""Trials of the daily QA on the simulated set-up: a wrong camera is said, a right one left be.

Simulation: the phantom and its base are rendered, the sensor's noise is drawn, and the labels are
the true ones. Fewer frames are averaged than the protocol asks for: the harder case.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache

import numpy as np

from calibration.qa.baseline import Baseline
from calibration.qa.frame_figures import figures, reference
from calibration.qa.grade import grade, overall
from calibration.qa.protocol import Protocol, ProtocolName
from calibration.qa.protocol_file import read_protocol
from calibration.rig_file import parse_rig
from models.loading import load_segmenter
from pipeline.config.catalogue_file import read_catalogue
from pipeline.qa.measuring import PhantomMeasurer
from recordings.progress import unheard
from recordings.simulation.qa_setup import APPLICATOR_ID, Fault, qa_setup
from tracking.applicator import Applicator
from tracking.rig import Rig

N_FRAMES, N_REFERENCE = 10, 60
AT = datetime(2026, 1, 2, 6, 30, tzinfo=UTC)
SHIFT_MM, TURN_DEG, DRIFT_MM = 1.0, 0.2, 0.5
CLASSES = (
    "unchanged",
    "moved 1 mm",
    "turned 0.2 deg",
    "drift 0.5 mm",
    "other camera",
    "depth unit",
)
UNITS = (10.0, 0.1, 2.5, 1.25)  # other units that cameras of this family count depth in
FRAME_CHECK = "frames_used"


@dataclass(frozen=True)
class Trial:
    """One trial: what is wrong, and which draw."""

    name: str
    seed: int
    index: int


@dataclass(frozen=True)
class TrialResult:
    """Overall outcome, and the checks that failed."""

    name: str
    outcome: str
    failed: tuple[str, ...]


def fault_of(trial: Trial) -> Fault:
    """Draw the fault: any direction, any axis, either sign."""
    rng = np.random.default_rng([trial.seed, 61, CLASSES.index(trial.name), trial.index])
    direction = rng.normal(size=3)
    x, y, z = (direction / np.linalg.norm(direction)).tolist()
    if trial.name == "moved 1 mm":
        return Fault(shift_mm=(SHIFT_MM * x, SHIFT_MM * y, SHIFT_MM * z))
    if trial.name == "turned 0.2 deg":
        return Fault(turn_deg=(TURN_DEG * x, TURN_DEG * y, TURN_DEG * z))
    if trial.name == "drift 0.5 mm":
        return Fault(drift_mm=DRIFT_MM if x > 0 else -DRIFT_MM)
    if trial.name == "other camera":
        return Fault(serial=f"SIM{int(rng.integers(500, 10_000)):07d}")
    if trial.name == "depth unit":
        return Fault(unit_factor=UNITS[trial.index % len(UNITS)])
    return Fault()


def run_trial(trial: Trial) -> TrialResult:
    """Measure the set-up once and grade it by the daily protocol."""
    kit = _kit(trial.seed)
    seed = 1_000_003 * (trial.seed + 1) + 1000 * CLASSES.index(trial.name) + trial.index
    setup = qa_setup(kit.phantom, fault_of(trial), seed, "sim:qa", with_color=False)
    measured = kit.measurer.measure(setup, N_FRAMES, kit.baseline, unheard)
    found = figures(measured.gathered, kit.baseline, kit.rig, AT)
    checks = grade(kit.protocol, found, kit.protocol.personal_metrics)
    failed = tuple(c.check_id for c in checks if not c.outcome.is_accepted)
    return TrialResult(trial.name, str(overall(checks)), failed)


@dataclass(frozen=True, eq=False)
class _Kit:
    rig: Rig
    phantom: Applicator
    measurer: PhantomMeasurer
    protocol: Protocol
    baseline: Baseline


@lru_cache(maxsize=1)
def _kit(seed: int) -> _Kit:
    """Rig, protocol and reference, made once a process."""
    phantom = read_catalogue(None).applicators[APPLICATOR_ID]
    setup = qa_setup(phantom, Fault(), 7 + 1_000_003 * seed, "sim:qa", with_color=False)
    rig = parse_rig(dict(setup.header.embedded)["rig.toml"], "rig.toml")
    measurer = PhantomMeasurer(phantom, rig, load_segmenter("masks"))
    measured = measurer.measure(setup, N_REFERENCE, None, unheard)
    baseline = reference(
        measured.gathered,
        rig,
        phantom.length_mm,
        applicator=phantom.id,
        origin="simulated",
        operator="bench",
        taken_ns=0,
    )
    return _Kit(rig, phantom, measurer, shortened(read_protocol(ProtocolName.DAILY)), baseline)


def shortened(protocol: Protocol) -> Protocol:
    """The protocol with as many frames as a trial has; every other limit as it is shipped."""
    share = N_FRAMES / protocol.n_frames
    checks = []
    for check in protocol.checks:
        limits = check.limits
        if check.metric == FRAME_CHECK:
            note, alert = limits.note or 0.0, limits.alert or 0.0
            limits = replace(
                limits, note=share * note, alert=share * alert, failure=share * limits.failure
            )
        checks.append(replace(check, limits=limits))
    return replace(protocol, n_frames=N_FRAMES, checks=tuple(checks))
