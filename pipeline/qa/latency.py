"""`qa latency`: exposure to verdict of an attached camera, through the whole tracker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from calibration.qa_metric import Metric
from models.segmenter import Segmenter
from pipeline.config.load import RunConfig
from pipeline.evidence import evidence_for
from pipeline.tracker import Tracker
from recordings.progress import Report
from recordings.source import Source
from tracking.errors import CalibrationError, UsageError

MIN_FRAMES = 300  # a 99th percentile of fewer hangs on two frames
NAMES = (("latency_p50", 50), ("latency_p95", 95), ("latency_p99", 99), ("latency_max", 100))

NowNs = Callable[[], int]


@dataclass(frozen=True)
class Latency:
    """Ages at the verdict, ms, frame by frame, and how many frames were passed over."""

    ages_ms: tuple[float, ...]
    n_skipped: int

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """The figures by name."""
        ages = np.array(self.ages_ms)
        shares = [Metric(name, float(np.percentile(ages, at)), "ms") for name, at in NAMES]
        of_all = self.n_skipped / (self.n_skipped + len(ages))
        return (*shares, Metric("frames_skipped", 100 * of_all, "%"))


def measure_latency(
    source: Source,
    config: RunConfig,
    segmenter: Segmenter,
    now_ns: NowNs,
    n_frames: int,
    report: Report,
) -> Latency:
    """Track `n_frames` and take each one's age when its record is made.

    Parameters
    ----------
    now_ns : callable
        The clock that the camera's stamps are in, UTC ns.

    Raises
    ------
    UsageError
        The source is no attached camera, whose stamps alone are moments of this clock.
    CalibrationError
        Too few frames came, or an age is none.
    """
    if source.header.origin != "live":
        raise UsageError(
            "The latency of a recording is not that of this machine.",
            expected="an attached camera",
            actual=f"{source.header.kind}, origin {source.header.origin}",
            remedy="Name realsense or realsense:SERIAL.",
        )
    now = datetime.fromtimestamp(now_ns() / 1e9, UTC)
    start = evidence_for(source.header, config.rig, now=now)
    tracker = Tracker(
        config, segmenter, start.evidence, age_ms=lambda frame: (now_ns() - frame.stamp_ns) / 1e6
    )
    ages: list[float] = []
    while len(ages) < n_frames and (read := source.read()) is not None:
        tracker.process(read)
        ages.append(_age_ms(now_ns() - read.frame.stamp_ns))
        report(len(ages), n_frames)
    if len(ages) < MIN_FRAMES:
        raise CalibrationError(
            "Too few frames came to tell the latency.",
            expected=f"at least {MIN_FRAMES}",
            actual=f"{len(ages)}",
            remedy="Check the camera's connection and repeat.",
        )
    return Latency(tuple(ages), source.n_skipped)


def _age_ms(age_ns: int) -> float:
    if age_ns < 0:
        raise CalibrationError(
            "The camera's stamps lie in the future of this machine's clock.",
            expected="exposure before the verdict",
            actual=f"{age_ns / 1e6:.1f} ms",
            remedy="Let the clock settle (time service), reconnect the camera and repeat.",
        )
    return age_ns / 1e6
