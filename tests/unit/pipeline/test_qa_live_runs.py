"""Runs of a live camera: what a person has to say, and what a run leaves that never ended."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from calibration.qa.baseline import Baseline
from calibration.qa.figure_sources import OWN
from calibration.qa.outcome import Outcome
from calibration.qa.protocol import Protocol, ProtocolName
from calibration.qa.protocol_file import read_protocol
from calibration.qa.run_record import RunRecord
from calibration.qa_metric import Metric
from calibration.qa_store.store import QaStore, open_store
from calibration.rig_file import parse_rig
from models.mask_segmenter import MaskSegmenter
from pipeline.benchmarks.qa_trials import shortened
from pipeline.cli.output import print_table
from pipeline.config.catalogue_file import read_catalogue
from pipeline.qa.asking import history_rows
from pipeline.qa.running import QaBench, run_protocol, take_reference
from recordings.progress import Report, unheard
from recordings.simulation.qa_setup import APPLICATOR_ID, Fault, QaSetup, qa_setup
from tests.qa_parts import run as stored_run
from tracking.errors import ConfigurationError, SourceError
from tracking.frame import SourceFrame

CONE = read_catalogue(None).applicators[APPLICATOR_ID]
NOW = datetime(2026, 1, 2, 7, tzinfo=UTC)
BY_HAND = (Metric("warm_up_minutes", 35.0, "min"), Metric("obstruction_reported", 1.0, ""))


def camera(seed: int = 1) -> QaSetup:
    """The simulated set-up, handed over as a camera's."""
    made = qa_setup(CONE, Fault(), seed, "sim:qa", with_color=False)
    made.header = replace(made.header, origin="live", kind="realsense-live", recorded_at="")
    return made


def covered(share: float) -> QaSetup:
    """The same with a card over the left `share` of the view, at 300 mm."""
    made = camera(3)
    depth = made.rendering.depth_mm.copy()
    depth[:, : int(share * depth.shape[1])] = 300.0
    made.rendering = replace(made.rendering, depth_mm=depth, depth_behind_mm=depth)
    return made


class Desk:
    """A rig, its store and reference, and a daily protocol of ten frames."""

    def __init__(self, folder: Path) -> None:
        self.store: QaStore = open_store(str(folder))
        self.now = NOW
        rig = parse_rig(dict(camera().header.embedded)["rig.toml"], "rig.toml")
        self.bench = QaBench(self.store, rig, MaskSegmenter(), "p", self._clock)
        self.protocol: Protocol = shortened(read_protocol(ProtocolName.DAILY))
        self.baseline: Baseline = take_reference(self.bench, camera(), CONE, 10, unheard)

    def _clock(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def run(
        self,
        source: QaSetup,
        handed: tuple[Metric, ...] = BY_HAND,
        report: Report | None = None,
        n_confirmed: int = 4,
    ) -> RunRecord:
        return run_protocol(
            *(self.bench, source, self.protocol, self.baseline, CONE),
            report or unheard,
            handed,
            n_confirmed,
        )


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "qa")


def outcomes(record: RunRecord) -> dict[str, Outcome]:
    assert record.result is not None
    return {check.check_id: check.outcome for check in record.result.checks}


@pytest.mark.slow
def test_a_live_run_passes_with_its_person_and_is_a_note_where_nobody_confirmed(desk: Desk) -> None:
    assert desk.run(camera(2)).outcome is Outcome.PASS
    alone = desk.run(camera(2), n_confirmed=0)
    assert alone.outcome is Outcome.NOTE
    assert outcomes(alone)["steps"] is Outcome.NOTE
    assert alone.result is not None
    assert {m.name: m.value for m in alone.result.metrics}["steps_unconfirmed"] == 4.0
    silent = desk.run(camera(2), handed=())
    assert silent.outcome is Outcome.FAILURE
    assert outcomes(silent)["warm_up"] is outcomes(silent)["obstruction_test"] is Outcome.FAILURE


def test_a_covered_part_of_the_view_is_said(desk: Desk) -> None:
    found = outcomes(desk.run(covered(0.35)))
    assert found["obstruction"] is Outcome.FAILURE
    assert outcomes(desk.run(camera(3)))["obstruction"] is Outcome.PASS


def test_the_run_measures_only_what_is_known_to_be_its_own(desk: Desk) -> None:
    record = desk.run(camera(2), handed=())
    assert record.result is not None
    assert {metric.name for metric in record.result.metrics} == OWN


def test_figures_that_meet_each_other_are_refused_before_anything_is_stored(desk: Desk) -> None:
    twice = (Metric("base_rms", 0.1, "mm"), Metric("base_rms", 0.2, "mm"))
    for handed in (twice, (Metric("plane_tilt", 0.1, "mm"),)):
        with pytest.raises(ConfigurationError, match="handed over twice"):
            desk.run(camera(2), handed=handed)
    assert desk.store.runs() == ()


class BrokenCamera(QaSetup):
    """One that gives no frame."""

    def read(self) -> SourceFrame | None:
        raise SourceError("the camera is silent")


def test_a_run_that_is_stopped_after_its_first_frame_counts_and_one_without_a_frame_does_not(
    desk: Desk,
) -> None:
    made = camera(2)
    silent = BrokenCamera(made.applicator, made.fault, 1, made.header, made.rendering)
    with pytest.raises(SourceError):
        desk.run(silent)
    assert desk.store.runs() == ()

    def stop(_done: int, _total: int | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        desk.run(camera(2), report=stop)
    (aborted,) = desk.store.runs()
    assert aborted.result is None
    assert aborted.is_failure


def test_a_long_list_of_failures_pushes_no_column_out(capsys: pytest.CaptureFixture[str]) -> None:
    record = stored_run(1, Outcome.FAILURE)
    assert record.result is not None
    long = tuple(
        replace(check, check_id=str(k), title=f"a check with a long name {k}")
        for check in record.result.checks
        for k in range(12)
    )
    header, rows = history_rows([replace(record, result=replace(record.result, checks=long))], None)
    print_table("QA runs", header, rows, width=150, folds_last=True)
    shown = capsys.readouterr().out
    for words in ("run", "daily", "Failure", "physicist-1", "long name 11"):
        assert words in shown.replace("\n", " ")
