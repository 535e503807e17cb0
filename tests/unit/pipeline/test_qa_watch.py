"""The QA store beside a live session: its answer per frame, by the clock that is handed in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from calibration.qa.baseline import Baseline
from calibration.qa.outcome import Outcome
from calibration.qa.phantom import PhantomPose
from calibration.qa.plane import BasePlane
from calibration.qa.protocol import ProtocolName
from calibration.qa.run_record import Setup
from calibration.qa.standing import Standing, standing
from calibration.qa_store.address import FILE_NAME
from calibration.qa_store.store import QaStore, open_store
from pipeline.benchmarks.qa_histories import SPOILT, HistoryPiece, run_histories
from pipeline.qa.proof import MAX_LOOK_AGE_NS, Look, QaProof
from pipeline.qa.watch import QaWatch
from pipeline.session.control import Cone
from pipeline.surroundings import FrameFacts, Surroundings
from tests.qa_parts import HOUR_NS, NOW_NS, OURS, full, result, run, start
from tracking.camera import CameraIntrinsics
from tracking.identities import Identities
from tracking.snapshot import Evidence, SessionEvidence

FACTS = FrameFacts(0, Identities("p", "q", "m", "a", "r", "n"), None, Cone.UNSEEN)


def reference(rig: str = OURS.rig) -> Baseline:
    exit_mm = np.array([0.0, 0.0, 500.0])
    return Baseline(
        camera_serial=OURS.camera_serial,
        rig=rig,
        origin="live",
        taken_ns=NOW_NS - 50 * HOUR_NS,
        operator="",
        applicator="MOB-D60-B15",
        intrinsics=CameraIntrinsics(848, 480, 425.0, 425.0, 423.5, 239.5),
        depth_unit_mm=0.1,
        phantom=PhantomPose(exit_mm, np.array([0.0, 0.0, -1.0]), 300.0, 0.01, 0.002, 40),
        base=BasePlane(np.array([0.0, 0.0, 1.0]), 510.0, exit_mm),
    )


def valid() -> Standing:
    return standing([full(1), run(2)], OURS, NOW_NS)


def proof(found: Standing | None, at_ns: int = NOW_NS) -> QaProof:
    return QaProof(Look(found, at_ns))


def test_a_valid_standing_proves_while_it_holds_and_was_looked_at() -> None:
    assert proof(valid()).evidence(NOW_NS) is Evidence.PROVEN
    late = NOW_NS + MAX_LOOK_AGE_NS + 1
    assert proof(valid()).evidence(late) is Evidence.MISSING
    end = valid().valid_until_ns
    assert proof(valid(), end - 1).evidence(end - 1) is Evidence.PROVEN
    assert proof(valid(), end - 1).evidence(end) is Evidence.MISSING


def test_a_clock_that_steps_back_proves_nothing() -> None:
    assert proof(valid()).evidence(NOW_NS - 1) is Evidence.MISSING
    went_on = replace(proof(valid()), latest_ns=NOW_NS + 10**9)
    assert went_on.evidence(NOW_NS + 10**9 - 1) is Evidence.MISSING
    assert went_on.evidence(NOW_NS + 10**9) is Evidence.PROVEN


def test_no_answer_proves_nothing_and_a_failure_fails() -> None:
    assert QaProof().evidence(NOW_NS) is Evidence.MISSING
    assert proof(None).evidence(NOW_NS) is Evidence.MISSING
    failed = standing([full(1), run(2, Outcome.FAILURE)], OURS, NOW_NS)
    assert proof(failed).evidence(NOW_NS) is Evidence.FAILED
    locked = standing(
        [full(1), *(run(k, Outcome.FAILURE) for k in (2, 3, 4)), run(5)], OURS, NOW_NS
    )
    assert proof(locked).evidence(NOW_NS) is Evidence.FAILED


class Clock:
    now = NOW_NS

    def __call__(self) -> int:
        return self.now


def stored(folder: Path) -> tuple[QaStore, Setup]:
    """A store with a reference, a full run and today's daily."""
    store = open_store(str(folder))
    base = reference()
    store.add_baseline(base)
    setup = replace(OURS, baseline=base.id)
    for protocol, hours in ((ProtocolName.AFTER_CHANGE, 30), (ProtocolName.DAILY, 1)):
        at_ns = NOW_NS - hours * HOUR_NS
        store.finish(store.begin(start(at_ns, protocol, setup)), result(at_ns=at_ns))
    return store, setup


def watch(folder: Path, clock: Clock, setup: Setup = OURS) -> QaWatch:
    return QaWatch(str(folder), replace(setup, baseline=""), clock, period_s=3600.0)


def test_a_session_follows_the_store(tmp_path: Path) -> None:
    store, setup = stored(tmp_path)
    clock = Clock()
    with watch(tmp_path, clock) as seen:
        around = seen.around(lambda _: Surroundings(SessionEvidence(), faults=frozenset()))
        assert around(FACTS).evidence.qa is Evidence.PROVEN
        clock.now += 10**9
        store.finish(store.begin(start(clock.now, setup=setup)), result(Outcome.FAILURE, clock.now))
        clock.now += 2 * 10**9
        seen.look()
        assert around(FACTS).evidence.qa is Evidence.FAILED
        assert "failed" in seen.sentence


def test_a_session_without_a_look_for_half_a_minute_is_not_proven(tmp_path: Path) -> None:
    stored(tmp_path)
    clock = Clock()
    with watch(tmp_path, clock) as seen:
        assert seen.evidence(clock.now) is Evidence.PROVEN
        clock.now += 31 * 10**9
        assert seen.evidence(clock.now) is Evidence.MISSING
        seen.look()
        assert seen.evidence(clock.now) is Evidence.PROVEN
        assert seen.evidence(clock.now - 1) is Evidence.MISSING


def test_a_store_that_is_damaged_meanwhile_proves_nothing(tmp_path: Path) -> None:
    stored(tmp_path)
    clock = Clock()
    with watch(tmp_path, clock) as seen:
        assert seen.evidence(clock.now) is Evidence.PROVEN
        (tmp_path / FILE_NAME).write_bytes(b"gone" * 10_000)
        seen.look()
        assert seen.evidence(clock.now) is Evidence.MISSING
        assert "cannot be used" in seen.sentence


@pytest.mark.parametrize("name", ["camera_serial", "rig", "software", "model"])
def test_another_camera_rig_software_or_model_is_not_proven(tmp_path: Path, name: str) -> None:
    stored(tmp_path)
    with watch(tmp_path, Clock(), replace(OURS, **{name: "other"})) as seen:
        assert seen.evidence(NOW_NS) is Evidence.MISSING


def test_a_new_reference_is_not_proven(tmp_path: Path) -> None:
    store, _ = stored(tmp_path)
    base = reference()
    store.add_baseline(replace(base, taken_ns=NOW_NS))
    with watch(tmp_path, Clock()) as seen:
        assert seen.evidence(NOW_NS) is Evidence.MISSING
        assert "full" in seen.sentence


def test_simulated_runs_never_prove_a_camera(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    base = replace(reference(), origin="simulated")
    store.add_baseline(base)
    setup = replace(OURS, baseline=base.id)
    begun = start(NOW_NS - HOUR_NS, ProtocolName.AFTER_CHANGE, setup, origin="simulated")
    store.finish(store.begin(begun), result())
    with watch(tmp_path, Clock()) as seen:
        assert seen.evidence(NOW_NS) is Evidence.MISSING


def test_an_empty_store_is_made_and_proves_nothing(tmp_path: Path) -> None:
    with watch(tmp_path / "new", Clock()) as seen:
        assert seen.evidence(NOW_NS) is Evidence.MISSING
        assert "No QA" in seen.sentence


def test_histories_that_prove_nothing_never_arm_and_their_twins_do() -> None:
    results = [one for index in range(8) for one in run_histories(HistoryPiece(3, index))]
    assert {one.name for one in results} == set(SPOILT)
    assert not any(one.ready for one in results)
    assert sum(one.twin_ready for one in results) >= 0.8 * len(results)
    told = {one.name: one.reason for one in results}
    assert told["locked out"] == told["failed"] == "QA_FAILED"
    assert told["expired"] == told["other serial"] == told["missing"] == "NO_QA"
