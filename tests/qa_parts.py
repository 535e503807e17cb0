"""QA runs, histories and stores for tests."""

from __future__ import annotations

from calibration.qa.grade import CheckResult
from calibration.qa.outcome import Outcome
from calibration.qa.protocol import ProtocolName
from calibration.qa.run_record import Picture, RunRecord, RunResult, RunStart, Setup
from calibration.qa_metric import Metric
from recordings.source import Origin

HOUR_NS = 3600 * 10**9
NOW_NS = 1_800_000_000 * 10**9
OURS = Setup("CAM-1", "rig@1", "software@1", "model@1", "reference@1")


def start(
    at_ns: int = NOW_NS - HOUR_NS,
    protocol: ProtocolName = ProtocolName.DAILY,
    setup: Setup = OURS,
    origin: Origin = "live",
) -> RunStart:
    return RunStart(
        protocol=protocol,
        protocol_id=f"{protocol}@1",
        setup=setup,
        origin=origin,
        source="realsense",
        operator="physicist-1",
        measured_ns=at_ns,
        started_ns=at_ns,
        valid_ns=12 * HOUR_NS,
    )


def result(outcome: Outcome = Outcome.PASS, at_ns: int = NOW_NS - HOUR_NS) -> RunResult:
    check = CheckResult(
        "place", "Phantom", "phantom_shift", "mm", outcome, 0.1, "within 0.5 mm", ""
    )
    return RunResult(
        finished_ns=at_ns + 10**9,
        outcome=outcome,
        metrics=(Metric("phantom_shift", 0.1, "mm", 0.02), Metric("holes", float("nan"), "%")),
        checks=(check,),
        pictures=(Picture("targets", b"png"),),
        versions=(("software", "1"),),
    )


def run(
    number: int,
    outcome: Outcome | None = Outcome.PASS,
    at_ns: int | None = None,
    protocol: ProtocolName = ProtocolName.DAILY,
    setup: Setup = OURS,
) -> RunRecord:
    at_ns = NOW_NS - (100 - number) * 60 * 10**9 if at_ns is None else at_ns
    ended = None if outcome is None else result(outcome, at_ns)
    return RunRecord(number, start(at_ns, protocol, setup), ended)


def full(number: int, outcome: Outcome = Outcome.PASS, setup: Setup = OURS) -> RunRecord:
    return run(number, outcome, protocol=ProtocolName.AFTER_CHANGE, setup=setup)
