"""Stored histories that must not arm a session, each beside a twin that must. Numbers drawn.

What the history proves is judged by the same functions as in a live session, and handed to the
kernel with a session that is perfect otherwise (`pipeline.faults.nominal`). Simulation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from calibration.qa.outcome import Outcome
from calibration.qa.protocol import ProtocolName
from calibration.qa.run_record import RunRecord, RunResult, RunStart, Setup
from calibration.qa.standing import standing
from pipeline.faults.nominal import NominalSession
from pipeline.qa.proof import Look, QaProof
from tracking import gate
from tracking.decision import FRAMES_TO_ARM, Verdict
from tracking.snapshot import KernelState

HOUR_NS = 3600 * 10**9
VALID_NS = 12 * HOUR_NS
NOW_NS = 1_800_000_000 * 10**9
N_FRAMES = FRAMES_TO_ARM + 5
OURS = Setup("CAM-1", "rig@1", "software@1", "model@1", "reference@1")


@dataclass(frozen=True)
class History:
    """Runs, the set-up in use, and the moment at which a session begins."""

    runs: tuple[RunRecord, ...]
    setup: Setup = OURS
    now_ns: int = NOW_NS
    looked_ns: int = NOW_NS


def run_at(
    number: int,
    at_ns: int,
    outcome: Outcome | None,
    protocol: ProtocolName = ProtocolName.DAILY,
    setup: Setup = OURS,
) -> RunRecord:
    """A run as it is stored; no outcome: never finished."""
    start = RunStart(
        protocol, f"{protocol}@1", setup, "live", "realsense", "p", at_ns, at_ns, VALID_NS
    )
    result = None if outcome is None else RunResult(at_ns + 60 * 10**9, outcome, (), ())
    return RunRecord(number, start, result)


def good(rng: np.random.Generator) -> History:
    """The full protocol some days ago, days of passed QA, and one of this morning."""
    days = int(rng.integers(1, 8))
    accepted = (Outcome.PASS, Outcome.NOTE, Outcome.ALERT)
    runs = [run_at(1, NOW_NS - days * 24 * HOUR_NS, Outcome.PASS, ProtocolName.AFTER_CHANGE)]
    for day in range(days - 1, 0, -1):
        at_ns = NOW_NS - day * 24 * HOUR_NS + int(rng.integers(0, HOUR_NS))
        outcome = accepted[int(rng.integers(0, 3))] if rng.random() < 0.9 else Outcome.FAILURE
        runs.append(run_at(len(runs) + 1, at_ns, outcome))
        if outcome is Outcome.FAILURE:  # repeated, and passed
            runs.append(run_at(len(runs) + 1, at_ns + HOUR_NS // 4, Outcome.PASS))
    age_ns = int(rng.uniform(0.05, 0.95) * VALID_NS)
    runs.append(run_at(len(runs) + 1, NOW_NS - age_ns, accepted[int(rng.integers(0, 3))]))
    return History(tuple(runs))


def _more(history: History, *outcomes: Outcome | None, setup: Setup = OURS) -> History:
    """Further runs in the minutes before now."""
    runs = list(history.runs)
    for k, outcome in enumerate(outcomes):
        at_ns = NOW_NS - (len(outcomes) - k) * 2 * 60 * 10**9
        runs.append(
            run_at(len(runs) + 1, max(at_ns, runs[-1].start.started_ns + 1), outcome, setup=setup)
        )
    return replace(history, runs=tuple(runs))


def _locked(history: History, rng: np.random.Generator) -> History:
    """Three failures or more, and often a daily QA that passes after them."""
    n = int(rng.integers(3, 6))
    after = (Outcome.PASS,) * int(rng.integers(0, 3))
    return _more(history, *(Outcome.FAILURE,) * n, *after)


def _expired(history: History, rng: np.random.Generator) -> History:
    newest = history.runs[-1].start.measured_ns
    now_ns = newest + VALID_NS + int(rng.integers(0, 30 * HOUR_NS))
    return replace(history, now_ns=now_ns, looked_ns=now_ns)


def _other_serial(history: History, rng: np.random.Generator) -> History:
    serial = f"CAM-{int(rng.integers(2, 1000))}"
    return replace(history, setup=replace(OURS, camera_serial=serial))


def _changed(history: History, rng: np.random.Generator) -> History:
    name = ("rig", "software", "model", "baseline")[int(rng.integers(0, 4))]
    setup = replace(OURS, **{name: "other@2"})
    return replace(
        _more(history, *(Outcome.PASS,) * int(rng.integers(0, 2)), setup=setup), setup=setup
    )


def _clock_back(history: History, rng: np.random.Generator) -> History:
    newest = history.runs[-1].start.started_ns
    now_ns = newest - int(rng.integers(1, 48 * HOUR_NS))
    return replace(history, now_ns=now_ns, looked_ns=now_ns)


def _silent_store(history: History, rng: np.random.Generator) -> History:
    """The store has not answered for longer than half a minute."""
    return replace(history, looked_ns=NOW_NS - int(rng.integers(31 * 10**9, HOUR_NS)))


Spoil = Callable[[History, np.random.Generator], History]
SPOILT: dict[str, Spoil] = {
    "locked out": _locked,
    "expired": _expired,
    "other serial": _other_serial,
    "missing": lambda history, _: replace(history, runs=()),
    "failed": lambda history, _: _more(history, Outcome.FAILURE),
    "begun, not finished": lambda history, _: _more(history, None),
    "rig, software, model or reference changed": _changed,
    "clock went back": _clock_back,
    "store silent": _silent_store,
}


@dataclass(frozen=True)
class HistoryResult:
    """Whether the spoilt history armed, whether its valid twin did, and what was told first."""

    name: str
    ready: bool
    twin_ready: bool
    reason: str


@dataclass(frozen=True)
class HistoryPiece:
    """One draw, run for every class."""

    seed: int
    index: int


def run_histories(piece: HistoryPiece) -> list[HistoryResult]:
    """Every class of one draw; the twin is the same for all."""
    session = NominalSession(2_000_003 * (piece.seed + 1) + piece.index)
    twin = good(np.random.default_rng([piece.seed, 71, piece.index]))
    twin_ready, _ = _armed(session, twin)
    results = []
    for k, (name, spoil) in enumerate(SPOILT.items()):
        rng = np.random.default_rng([piece.seed, 72, piece.index, k])
        ready, reason = _armed(session, spoil(twin, rng))
        results.append(HistoryResult(name, ready, twin_ready, reason))
    return results


def _armed(session: NominalSession, history: History) -> tuple[bool, str]:
    """Whether any frame is READY, and the first reason of the last frame."""
    found = standing(history.runs, history.setup, history.looked_ns)
    proof = QaProof(Look(found, history.looked_ns))
    state, is_ready, reason = KernelState(), False, ""
    for index in range(N_FRAMES):
        frame = session.moment(index).frame
        qa = proof.evidence(history.now_ns + index * 33_333_333)
        decision, state = gate.decide(
            replace(frame, evidence=replace(frame.evidence, qa=qa)), state
        )
        is_ready |= decision.verdict is Verdict.READY
        reason = str(next(iter(decision.reasons), ""))
    return is_ready, reason
