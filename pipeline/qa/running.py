"""One QA run from its begin to its stored end, and the taking of a reference."""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version

from calibration.qa.baseline import Baseline
from calibration.qa.figure_sources import OWN, STEPS_UNCONFIRMED
from calibration.qa.frame_figures import Gathered, figures, reference
from calibration.qa.grade import grade, overall
from calibration.qa.phantom import mean_pose
from calibration.qa.protocol import Protocol
from calibration.qa.run_record import Picture, RunRecord, RunResult, RunStart, Setup
from calibration.qa_metric import Metric
from calibration.qa_report.pictures import run_pictures
from calibration.qa_store.store import QaStore
from models.segmenter import Segmenter
from pipeline.qa.measuring import Measured, PhantomMeasurer, first_frame
from pipeline.qa.moment import measured_at, ns_of
from pipeline.version import SOFTWARE_ID
from recordings.naming import source_name
from recordings.progress import Report
from recordings.source import Source
from tracking.applicator import Applicator
from tracking.errors import CalibrationError, ConfigurationError
from tracking.rig import Rig

LIBRARIES = ("numpy", "open3d-cpu", "open3d", "onnxruntime", "opencv-python", "pyrealsense2")

Now = Callable[[], datetime]


@dataclass(frozen=True, eq=False)
class QaBench:
    """What every QA run of a rig needs. `now` is the computer's clock, aware of its zone."""

    store: QaStore
    rig: Rig
    segmenter: Segmenter
    operator: str
    now: Now


def setup_of(rig: Rig, model_id: str, baseline: str) -> Setup:
    """The set-up that runs of this software have."""
    return Setup(rig.camera_serial, rig.id, SOFTWARE_ID, model_id, baseline)


def take_reference(
    bench: QaBench, source: Source, phantom: Applicator, n_frames: int, report: Report
) -> Baseline:
    """Measure phantom and base, and store them as what later runs are compared with.

    Raises
    ------
    CalibrationError
        Another camera than the rig's, or phantom or base are not seen well enough.
    """
    rig, header = bench.rig, source.header
    if header.device_serial != rig.camera_serial:
        raise CalibrationError(
            "A reference is taken with the rig's own camera.",
            expected=f"camera {rig.camera_serial}",
            actual=f"camera {header.device_serial or 'without a serial number'}",
            remedy="Use the rig file of this camera, or the camera of this rig.",
        )
    taken_ns = ns_of(measured_at(header, bench.now()))
    measurer = PhantomMeasurer(phantom, rig, bench.segmenter)
    measured = measurer.measure(source, n_frames, None, report)
    baseline = reference(
        measured.gathered,
        rig,
        phantom.length_mm,
        applicator=phantom.id,
        origin=header.origin,
        operator=bench.operator,
        taken_ns=taken_ns,
    )
    bench.store.add_baseline(baseline)
    return baseline


def run_protocol(
    bench: QaBench,
    source: Source,
    protocol: Protocol,
    baseline: Baseline,
    phantom: Applicator,
    report: Report,
    handed_over: Sequence[Metric] = (),
    n_confirmed: int = 0,
) -> RunRecord:
    """Run a protocol over a source; it is stored whatever comes out, and if nothing does.

    It begins with the first frame: one that is stored as begun and never ended was aborted.

    Parameters
    ----------
    handed_over : sequence of Metric
        Figures that were measured elsewhere.
    n_confirmed : int
        Of the steps that need a person: how many one has confirmed.

    Raises
    ------
    ConfigurationError
        Two figures of one name, or one that the run measures itself: nothing is begun.
    SourceError
        Not one frame can be read: nothing is begun.
    TrackerError
        The store cannot be written: the run stays unfinished.
    """
    _refuse_doubles(handed_over)
    first = first_frame(source)
    at = measured_at(source.header, bench.now())
    start = RunStart(
        protocol=protocol.name,
        protocol_id=protocol.id,
        setup=setup_of(bench.rig, bench.segmenter.model_id, baseline.id),
        origin=source.header.origin,
        source=source_name(source.header.uri),
        operator=bench.operator,
        measured_ns=ns_of(at),
        started_ns=ns_of(bench.now()),
        valid_ns=ns_of_span(protocol),
    )
    run_id = bench.store.begin(start)
    measurer = PhantomMeasurer(phantom, bench.rig, bench.segmenter)
    measured = measurer.measure(source, protocol.n_frames, baseline, report, first)
    own = figures(measured.gathered, baseline, bench.rig, at)
    metrics = (*own, *_confirmations(protocol, start, n_confirmed), *handed_over)
    assumed = frozenset() if start.origin == "live" else protocol.personal_metrics
    checks = grade(protocol, metrics, assumed)
    result = RunResult(
        finished_ns=ns_of(bench.now()),
        outcome=overall(checks),
        metrics=metrics,
        checks=checks,
        pictures=_pictures(measured, baseline),
        versions=versions(bench.segmenter.model_id),
    )
    bench.store.finish(run_id, result)
    return RunRecord(run_id, start, result)


def versions(model_id: str) -> tuple[tuple[str, str], ...]:
    """What a run was measured with, by name."""
    found = [("software", SOFTWARE_ID), ("model", model_id), ("python", platform.python_version())]
    for name in LIBRARIES:
        try:
            found.append((name, version(name)))
        except PackageNotFoundError:
            continue
    return tuple(found)


def ns_of_span(protocol: Protocol) -> int:
    """How long a run of the protocol holds, ns."""
    return round(protocol.valid_for.total_seconds()) * 10**9


def _confirmations(protocol: Protocol, start: RunStart, n_confirmed: int) -> tuple[Metric, ...]:
    """How many steps nobody confirmed. A simulation has none: no person stands at its camera."""
    if start.origin != "live" and not n_confirmed:
        return ()
    return (Metric(STEPS_UNCONFIRMED, float(protocol.n_person_steps - n_confirmed), ""),)


def _refuse_doubles(handed: Sequence[Metric]) -> None:
    names = [metric.name for metric in handed]
    doubles = sorted({name for name in names if name in OWN or names.count(name) > 1})
    if doubles:
        raise ConfigurationError(
            "A figure is handed over twice, or one that the run measures itself.",
            actual=", ".join(doubles),
            remedy="Take it out of the metrics file.",
        )


def _pictures(measured: Measured, baseline: Baseline) -> tuple[Picture, ...]:
    gathered: Gathered = measured.gathered
    now = mean_pose(gathered.registrations, baseline.phantom.length_mm)
    return run_pictures(gathered, baseline, now)
