"""`bench`: prints the machine, what was measured and the figures; writes them where asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from models.loading import SegmenterKind
from pipeline.benchmarks.findings import Findings
from pipeline.benchmarks.printing import FindingsPrinter
from recordings.progress import Report

EXIT_FAILED = 1  # what a benchmark compares is not equal

DEFAULT_SIZES = {
    "registration": 300,
    "consistency": 2000,
    "identity": 1000,
    "alignment": 30,
    "display": 10,
    "robustness": 10,
    "labels": 900,
    "audit": 200,
    "supervisor": 1000,
    "collar": 10,
    "fiducial": 10_000,
    "depth": 2000,
    "qa": 300,
    "calibration": 2000,
    "watchdog": 100,
    "serve": 1800,
    "batch": 200,
    "recording": 100_000,
    "kills": 300,
    "replay": 20,
    "end-to-end": 1800,
    "soak": 120,
    "contour": 10,
}


@dataclass(frozen=True)
class BenchRequest:
    """What to run; None takes the benchmark's own default.

    Attributes
    ----------
    size
        Views, views or frames a cell, trials, dockings a bed, docked frames, frames of stories or
        in place, or entries of a log, by the benchmark.
    """

    what: str
    seed: int
    size: int | None = None
    has_start: bool = True
    with_rivals: bool = True
    with_network: bool = False
    json_path: Path | None = None
    plots_dir: Path | None = None


def bench(request: BenchRequest, report: Report) -> int:
    """Run one benchmark, print it on stdout, and return the exit code."""
    printer = FindingsPrinter(request.seed)
    found = _RUNS[request.what](request, report)
    printer.show(found)
    if request.plots_dir is not None and found.draw is not None:
        for path in found.draw(request.plots_dir):
            printer.say(f"wrote {path}")
    if request.json_path is not None:
        printer.write(request.what, found, request.json_path)
    return EXIT_FAILED if found.is_failed else 0


def _frames(request: BenchRequest, report: Report) -> Findings:
    from pipeline.benchmarks.frames import time_frames

    return time_frames(request.seed, report)


def _registration(request: BenchRequest, report: Report) -> Findings:
    from pipeline.benchmarks.registration import compare

    return compare(_size(request), request.seed, report, with_rivals=request.with_rivals)


def _consistency(request: BenchRequest, report: Report) -> Findings:
    from pipeline.benchmarks.consistency import consistency

    return consistency(_size(request), request.seed, report)


def _identity(request: BenchRequest, report: Report) -> Findings:
    from pipeline.benchmarks.identity import identity

    return identity(_size(request), request.seed, report, has_start=request.has_start)


def _alignment(request: BenchRequest, report: Report) -> Findings:
    from pipeline.benchmarks.alignment import run_alignment_bench

    return run_alignment_bench(_size(request), request.seed, report)


def _display(request: BenchRequest, report: Report) -> Findings:
    from pipeline.benchmarks.display import display

    return display(_size(request), request.seed, report)


def _robustness(request: BenchRequest, report: Report) -> Findings:
    from pipeline.benchmarks.robustness import run_robustness

    return run_robustness(_size(request), request.seed, report)


def _labels(request: BenchRequest, report: Report) -> Findings:
    from pipeline.benchmarks.labels import run_labels_bench

    return run_labels_bench(_size(request), request.seed, report)


def _audit(request: BenchRequest, report: Report) -> Findings:
    from pipeline.benchmarks.audit import run_audit_bench

    return run_audit_bench(_size(request), request.seed, report)


def _threads(request: BenchRequest, report: Report) -> Findings:
    from pipeline.benchmarks.threads import compare_threads

    return compare_threads(request.seed, report)


def _supervisor(request: BenchRequest, report: Report) -> Findings:
    from pipeline.benchmarks.supervisor import run_supervisor_bench

    return run_supervisor_bench(_size(request), request.seed, report)


def _collar(request: BenchRequest, report: Report) -> Findings:
    from pipeline.benchmarks.collar import collar_bench

    return collar_bench(_size(request), request.seed, report)


def _fiducial(request: BenchRequest, report: Report) -> Findings:
    from pipeline.benchmarks.fiducial import fiducial_bench

    return fiducial_bench(_size(request), request.seed, report)


def _depth(request: BenchRequest, report: Report) -> Findings:
    from pipeline.benchmarks.depth import depth_bench

    return depth_bench(_size(request), request.seed, report)


def _qa(request: BenchRequest, report: Report) -> Findings:
    from pipeline.benchmarks.qa import qa_bench

    return qa_bench(_size(request), request.seed, report)


def _calibration(request: BenchRequest, report: Report) -> Findings:
    from pipeline.benchmarks.calibration import calibration_bench

    return calibration_bench(_size(request), request.seed, report)


def _watchdog(request: BenchRequest, report: Report) -> Findings:
    from pipeline.benchmarks.watchdog import watchdog_bench

    return watchdog_bench(_size(request), report)


def _serve(request: BenchRequest, report: Report) -> Findings:
    from pipeline.benchmarks.serve import run_serve_bench

    return run_serve_bench(_size(request), request.seed, report)


def _batch(request: BenchRequest, report: Report) -> Findings:
    from pipeline.benchmarks.batch import batch_bench

    return batch_bench(_size(request), request.seed, report)


def _recording(request: BenchRequest, report: Report) -> Findings:
    from pipeline.benchmarks.recording import recording_bench

    return recording_bench(_size(request), request.seed, report)


def _kills(request: BenchRequest, report: Report) -> Findings:
    from pipeline.benchmarks.kills import kills_bench

    return kills_bench(_size(request), request.seed, report)


def _replay(request: BenchRequest, report: Report) -> Findings:
    from pipeline.benchmarks.replays import replay_bench

    return replay_bench(_size(request), request.seed, report)


def _end_to_end(request: BenchRequest, report: Report) -> Findings:
    from pipeline.benchmarks.end_to_end import end_to_end_bench

    return end_to_end_bench(_size(request), request.seed, report)


def _soak(request: BenchRequest, report: Report) -> Findings:
    from pipeline.benchmarks.soak import soak_bench

    return soak_bench(_size(request), request.seed, report)


def _contour(request: BenchRequest, report: Report) -> Findings:
    from pipeline.benchmarks.contour import contour_bench

    segmenter: SegmenterKind = "onnx" if request.with_network else "masks"
    return contour_bench(_size(request), request.seed, report, segmenter=segmenter)


_RUNS: dict[str, Callable[[BenchRequest, Report], Findings]] = {
    "frames": _frames,
    "registration": _registration,
    "consistency": _consistency,
    "identity": _identity,
    "alignment": _alignment,
    "display": _display,
    "robustness": _robustness,
    "labels": _labels,
    "threads": _threads,
    "audit": _audit,
    "supervisor": _supervisor,
    "collar": _collar,
    "fiducial": _fiducial,
    "depth": _depth,
    "qa": _qa,
    "calibration": _calibration,
    "watchdog": _watchdog,
    "serve": _serve,
    "batch": _batch,
    "recording": _recording,
    "kills": _kills,
    "replay": _replay,
    "end-to-end": _end_to_end,
    "soak": _soak,
    "contour": _contour,
}


def _size(request: BenchRequest) -> int:
    return request.size or DEFAULT_SIZES[request.what]
