"""From the first reference to READY: QA runs of a live camera, its store, and a live session.

Simulated frames handed over as a camera's. The figures of targets and of the whole chain are handed
over by number, as `--metrics` files hand them over.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from calibration.qa.outcome import Outcome
from calibration.qa.protocol import ProtocolName
from calibration.qa.protocol_file import read_protocol
from calibration.qa.run_record import RunRecord
from calibration.qa_metric import Metric
from calibration.qa_store.store import QaStore, open_store
from models.mask_segmenter import MaskSegmenter
from pipeline.config.catalogue_file import read_catalogue
from pipeline.config.load import RunConfig, load_config
from pipeline.qa.running import QaBench, run_protocol, setup_of, take_reference
from pipeline.qa.watch import QaWatch
from recordings.progress import unheard
from recordings.simulation.qa_setup import APPLICATOR_ID, Fault, QaSetup, qa_setup
from recordings.simulation.source import open_simulation
from tests.config_texts import SIGNING_SITE
from tests.integration.test_live_session import (
    PERSONS,
    START_NS,
    CameraSource,
    Session,
    confirm_when_docked,
)

PHANTOM = read_catalogue(None).applicators[APPLICATOR_ID]
BEFORE = timedelta(hours=1)
HANDED = (
    ("sphere_probing_size", 0.05, "mm"),
    ("sphere_probing_form", 1.5, "mm"),
    ("sphere_spacing_error", 0.1, "mm"),
    ("angle_block_error", 0.1, "deg"),
    ("standoff_block_error", 0.1, "mm"),
    ("warm_up_drift", 0.2, "mm"),
    ("latency_p99", 60.0, "ms"),
    ("end_to_end_error", 0.2, "mm"),
    ("end_to_end_angle_error", 0.1, "deg"),
    ("dynamic_localisation_error", 0.3, "mm"),
)
BY_HAND = (("warm_up_minutes", 35.0, "min"), ("obstruction_reported", 1.0, ""))


def _camera(fault: Fault, seed: int) -> QaSetup:
    made = qa_setup(PHANTOM, fault, seed, "sim:qa", with_color=False)
    made.header = replace(made.header, origin="live", kind="realsense-live", recorded_at="")
    return made


class Morning:
    """What is done before a session, at a clock of its own."""

    def __init__(self, store: QaStore, config: RunConfig) -> None:
        self.now = datetime.fromtimestamp(START_NS / 1e9, UTC) - BEFORE
        self.bench = QaBench(store, config.rig, MaskSegmenter(), "physicist-1", lambda: self.now)
        self.baseline = take_reference(self.bench, _camera(Fault(), 1), PHANTOM, 60, unheard)

    def run(self, name: ProtocolName, fault: Fault | None = None, seed: int = 2) -> RunRecord:
        self.now += timedelta(minutes=5)
        more = HANDED if name is ProtocolName.AFTER_CHANGE else ()
        handed = [Metric(*row) for row in (*BY_HAND, *more)]
        protocol, camera = read_protocol(name), _camera(fault or Fault(), seed)
        return run_protocol(
            self.bench,
            camera,
            protocol,
            self.baseline,
            PHANTOM,
            unheard,
            handed,
            protocol.n_person_steps,
        )


@pytest.fixture
def source() -> CameraSource:
    made = open_simulation("sim:bench", read_catalogue(None).applicators)
    header = replace(made.header, origin="live")
    return CameraSource(made.scenario, made.seed, made.story, made.stage, header)


@pytest.fixture
def config(source: CameraSource, tmp_path: Path) -> RunConfig:
    for name, text in source.header.embedded:
        (tmp_path / name).write_text(text)
    (tmp_path / "site.toml").write_text(SIGNING_SITE)
    return load_config(tmp_path / "rig.toml", tmp_path / "plan.toml", None, tmp_path / "site.toml")


def _verdicts(source: CameraSource, config: RunConfig, folder: Path, store: Path) -> set[str]:
    """Run a session whose QA is the store's, with both persons confirming; every verdict."""
    session = Session(source, config, folder)
    setup = setup_of(config.rig, MaskSegmenter().model_id, "")

    def confirm() -> None:
        for person in PERSONS:
            assert confirm_when_docked(session, person)
        source.ends_at = source.n_handed_over + 40

    persons = threading.Thread(target=confirm)
    with QaWatch(str(store), setup, source.now_ns) as session.qa:
        persons.start()
        session.run()
        persons.join()
    return {e["body"]["to"] for e in session.entries() if e["kind"] == "verdict"}


@pytest.mark.slow
def test_a_rig_that_was_proven_this_morning_arms_and_one_that_failed_since_does_not(
    source: CameraSource, config: RunConfig, tmp_path: Path
) -> None:
    folder = tmp_path / "qa"
    store = open_store(str(folder))
    morning = Morning(store, config)
    assert morning.run(ProtocolName.DAILY).outcome is Outcome.PASS
    assert "READY" not in _verdicts(source, config, tmp_path / "unproven", folder)

    assert morning.run(ProtocolName.AFTER_CHANGE, seed=3).outcome is Outcome.PASS
    assert morning.run(ProtocolName.DAILY, seed=4).outcome is Outcome.PASS
    source.n_handed_over, source.ends_at = 0, 2000
    assert "READY" in _verdicts(source, config, tmp_path / "proven", folder)

    moved = Fault(shift_mm=(0.6, -0.5, 0.62))
    assert morning.run(ProtocolName.DAILY, moved, seed=5).outcome is Outcome.FAILURE
    source.n_handed_over, source.ends_at = 0, 2000
    assert "READY" not in _verdicts(source, config, tmp_path / "failed", folder)
    store.close()
